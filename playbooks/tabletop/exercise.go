package tabletop

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"cordon/playbooks/tabletop/account"
)

// DefaultScenario is the one to play where none is named.
const DefaultScenario = "leaked-access-key"

// DefaultSpeed is the speed of an exercise whose Options name none.
const DefaultSpeed = 20

// ErrNotLoopback means that an exercise was asked to listen where other
// computers could reach it. Its account is no secret, but it is not hardened
// either, and a responder who reads an address that is not their own computer's
// must be right to think that the account is real.
var ErrNotLoopback = errors.New("not a loopback address")

// ErrStopped means that the exercise has ended.
var ErrStopped = errors.New("the exercise has ended")

// Options say how to play.
type Options struct {
	// Listen is the loopback address to serve the account on; empty means
	// 127.0.0.1:0, any free port.
	Listen string
	// Speed divides the waits between acts; zero means DefaultSpeed.
	Speed float64
	// Seed is where all randomness comes from: ids, keys, who does what when.
	Seed uint64
	// Now is the clock, and Sleep waits on it until a time has passed or ctx
	// ends. Nil means the real ones.
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
}

// Credentials are an access key.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
}

// An Exercise is a scenario being played, or an empty account, served on
// loopback until Stop.
type Exercise struct {
	scenario *Scenario
	options  Options
	listener net.Listener
	server   *http.Server
	served   chan struct{}

	detach   func() bool // from the context of Start
	changing sync.Mutex  // held while play is replaced or ended
	stopped  bool
	mu       sync.Mutex
	play     *play
	err      error
}

// A play is one run from the start: Reset replaces it.
type play struct {
	world *world
	stop  context.CancelFunc
	done  chan struct{}
}

// Start serves the account, writes the scenario's history and lets everyone
// act. With no scenario the account is empty, an access key that it does not
// know acts as its root, and LookupEvents is not limited. The exercise ends
// with Stop, or with ctx.
func Start(ctx context.Context, s *Scenario, o Options) (*Exercise, error) {
	if o.Speed == 0 {
		o.Speed = DefaultSpeed
	}
	if !SpeedOK(o.Speed) {
		return nil, fmt.Errorf("speed %v is not between 0 and %d", o.Speed, maxSpeed)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleepReal
	}
	listener, err := listen(ctx, o.Listen)
	if err != nil {
		return nil, err
	}
	x := &Exercise{scenario: s, options: o, listener: listener, served: make(chan struct{})}
	if x.play, err = x.begin(ctx); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	x.server = &http.Server{Handler: x, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(x.served)
		if err := x.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			x.fail(fmt.Errorf("serving the account: %w", err))
		}
	}()
	x.changing.Lock()
	defer x.changing.Unlock()
	x.detach = context.AfterFunc(ctx, x.Stop)
	return x, nil
}

// maxSpeed keeps waits far above the resolution of timers.
const maxSpeed = 10_000

// SpeedOK reports whether an exercise can be played at a speed.
func SpeedOK(speed float64) bool { return speed > 0 && speed <= maxSpeed }

func listen(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", address, err)
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listening on %q: %w", address, ErrNotLoopback)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", address, err)
	}
	return l, nil
}

// begin builds the account, writes the history and sets the players going.
func (x *Exercise) begin(ctx context.Context) (*play, error) {
	w, err := newWorld(ctx, x.scenario, x.options)
	if err != nil {
		return nil, fmt.Errorf("setting up: %w", err)
	}
	if err := w.stage.history(ctx); err != nil {
		return nil, fmt.Errorf("writing history: %w", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	p := &play{world: w, stop: stop, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := w.stage.live(ctx); err != nil && ctx.Err() == nil {
			x.fail(err)
		}
	}()
	return p, nil
}

// end stops the players and waits until the last act is done.
func (p *play) end() {
	p.stop()
	<-p.done
}

// Stop ends the exercise: nobody acts any more, and the account is gone. It is
// safe to call more than once.
func (x *Exercise) Stop() {
	x.changing.Lock()
	defer x.changing.Unlock()
	if x.stopped {
		return
	}
	x.stopped = true
	x.detach()
	x.current().end()
	if err := x.server.Close(); err != nil {
		x.fail(fmt.Errorf("closing the account: %w", err))
	}
	<-x.served
}

// Reset puts the account and everyone in it back to their start, which is now.
// Access keys stay the same.
func (x *Exercise) Reset(ctx context.Context) error {
	x.changing.Lock()
	defer x.changing.Unlock()
	if x.stopped {
		return ErrStopped
	}
	x.current().end()
	next, err := x.begin(ctx)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.play = next
	return nil
}

// ServeHTTP answers for the account, and takes POST /_cordon/reset.
func (x *Exercise) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Whether a request may reset, the account judges.
	if r.URL.Path != account.ResetPath || r.Method != http.MethodPost || r.Header.Get("Origin") != "" {
		x.Account().ServeHTTP(w, r)
		return
	}
	if err := x.Reset(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (x *Exercise) current() *play {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.play
}

func (x *Exercise) fail(err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.err = errors.Join(x.err, err)
}

// Err returns what went wrong while the exercise was played, such as a call
// that the account does not know. What AWS would answer is no such error.
func (x *Exercise) Err() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.err
}

// URL is the endpoint for every service of the account.
func (x *Exercise) URL() string { return "http://" + x.listener.Addr().String() }

// Account is the account as it is now; after a reset it is another one.
func (x *Exercise) Account() *account.Account { return x.current().world.account }

// Responder is the access key to work with. In an empty account it is one that
// the account does not know, and that acts as root.
func (x *Exercise) Responder() Credentials { return x.current().world.responder }

// Adversary is the access key that the adversary began with; in an empty
// account there is none.
func (x *Exercise) Adversary() Credentials { return x.current().world.adversary }

// Region is the account's home Region.
func (x *Exercise) Region() string { return x.current().world.region }

// Speed is what waits are divided by.
func (x *Exercise) Speed() float64 { return x.options.Speed }

// Seed is where the randomness of the exercise comes from.
func (x *Exercise) Seed() uint64 { return x.options.Seed }

// Title names the scenario for people.
func (x *Exercise) Title() string {
	if x.scenario == nil {
		return "an empty account"
	}
	return x.scenario.Title
}
