package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"golang.org/x/time/rate"

	"cordon/investigate/event"
)

const (
	// defaultPerSecond stays under what AWS allows: two requests a second for
	// each account and Region. Source: LookupEvents, AWS CloudTrail API
	// reference.
	defaultPerSecond = 1.8
	// DefaultLag is how late an event may be. CloudTrail delivers within about
	// five minutes on average and guarantees nothing; others say fifteen.
	// Source: "How CloudTrail works", AWS CloudTrail user guide.
	DefaultLag = 15 * time.Minute
	// defaultTimeout is how long one page is waited for.
	defaultTimeout = time.Minute
	// retention is how far back LookupEvents goes. Source: LookupEvents, AWS
	// CloudTrail API reference.
	retention = 90 * 24 * time.Hour
)

// CloudTrailOptions say what to read from CloudTrail. All but Regions may be
// left zero.
type CloudTrailOptions struct {
	// Regions are read side by side. Each keeps its own events; those of global
	// services (IAM, and sign-in and STS through their global endpoints) are in
	// us-east-1.
	Regions []string
	Window  Window
	// PerSecond is how many requests a second are made in each Region. Zero is
	// just under the two that AWS allows.
	PerSecond float64
	// Lag is how late events may come; zero is 15 minutes.
	Lag time.Duration
	// Timeout is how long one page is waited for; zero is a minute.
	Timeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// CloudTrail reads management events with LookupEvents, newest first, in pages
// of 50. It goes back 90 days and has no data events.
//
// In the coverage, files are Regions. CompleteTo is Lag before the reading
// began, and not known unless every Region was read to the end of the window.
//
// Read may be called again for what has happened since. A Region that was read
// to the end is then read only from Lag before that reading began, as events
// older than that have been seen.
func CloudTrail(cfg aws.Config, opts CloudTrailOptions) Source {
	if opts.PerSecond <= 0 {
		opts.PerSecond = defaultPerSecond
	}
	if opts.Lag <= 0 {
		opts.Lag = DefaultLag
	}
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	t := &trail{opts: opts}
	t.opts.Regions = nil
	for _, name := range opts.Regions {
		if !slices.Contains(t.opts.Regions, name) {
			t.opts.Regions = append(t.opts.Regions, name)
			t.regions = append(t.regions, newRegion(cfg, name, opts))
		}
	}
	return t
}

type trail struct {
	opts    CloudTrailOptions
	regions []*region

	mu sync.Mutex // one Read at a time
}

func (t *trail) Origin() Origin {
	return Origin{"cloudtrail", strings.Join(t.opts.Regions, ",")}
}

func newRegion(cfg aws.Config, name string, opts CloudTrailOptions) *region {
	backoff := patience{retry.NewExponentialJitterBackoff(retry.DefaultMaxBackoff), opts.PerSecond}
	return &region{
		name:    name,
		pace:    rate.NewLimiter(rate.Limit(opts.PerSecond), 1),
		backoff: backoff,
		timeout: opts.Timeout,
		client: cloudtrail.NewFromConfig(cfg, func(o *cloudtrail.Options) {
			o.Region = name
			o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
				o.Retryables = notThrottles(o.Retryables)
				o.RateLimiter = ratelimit.None
				o.MaxAttempts = 4
				o.Backoff = backoff
			})
		}),
	}
}

// A dispatch is what a Region has to tell: a page of events, or its end.
type dispatch struct {
	region *region
	events []event.Event
	gaps   []event.Gap
	done   bool
	err    error // with done: why it ended early
}

func (t *trail) Read(ctx context.Context, emit func(Batch) error) (event.Coverage, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.regions) == 0 {
		return newTally().final(true), errors.New("reading CloudTrail: no Region given; set AWS_REGION or name one with --region")
	}
	began := t.opts.Now().UTC()
	window, gap := t.withinRetention(began)

	cancelable, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	out := make(chan dispatch)
	var readers sync.WaitGroup
	for _, r := range t.regions {
		readers.Go(func() { r.read(cancelable, window, out) })
	}
	go func() {
		readers.Wait()
		close(out)
	}()

	ta := newTally()
	ta.c.Files = len(t.regions)
	ta.c.Failed = append(ta.c.Failed, gap...)
	var failures []error
	for d := range out {
		if err := ta.dispatch(d); err != nil {
			failures = append(failures, err)
		}
		if cancelable.Err() == nil {
			if err := emit(Batch{d.events, ta.soFar()}); err != nil {
				cancel(err)
			}
		}
	}
	if cancelable.Err() != nil {
		return ta.final(true), context.Cause(cancelable)
	}
	coverage := ta.final(false)
	if len(coverage.Failed) == 0 {
		coverage.CompleteTo = t.completeTo(began)
	}
	if ta.c.Read > 0 {
		t.remember(began)
	}
	if err := emit(Batch{Coverage: coverage}); err != nil {
		return coverage, err
	}
	if len(failures) == len(t.regions) {
		return coverage, &unreadError{t.failed(coverage), failures}
	}
	return coverage, nil
}

// withinRetention is the window to ask for, and a gap if that is less than was
// wanted.
func (t *trail) withinRetention(now time.Time) (Window, []event.Gap) {
	w := t.opts.Window
	oldest := now.Add(-retention)
	if w.Since.IsZero() || !w.Since.Before(oldest) {
		return w, nil
	}
	w.Since = oldest
	return w, []event.Gap{{
		Name:   "before " + oldest.Format(time.DateOnly),
		Reason: "LookupEvents goes back 90 days; read older events from a trail's files",
	}}
}

// failed are the gaps of Regions.
func (t *trail) failed(c event.Coverage) []event.Gap {
	var gaps []event.Gap
	for _, g := range c.Failed {
		if slices.Contains(t.opts.Regions, g.Name) {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

func (t *trail) completeTo(began time.Time) *time.Time {
	to := began.Add(-t.opts.Lag)
	if until := t.opts.Window.Until; !until.IsZero() && until.Before(to) {
		to = until.UTC()
	}
	return &to
}

// remember notes for each Region that was read to the end where its next reading
// may begin.
func (t *trail) remember(began time.Time) {
	for _, r := range t.regions {
		if r.complete {
			r.since = began.Add(-t.opts.Lag)
		}
	}
}

// dispatch counts what a Region tells, and returns why it failed, if it did.
func (t *tally) dispatch(d dispatch) error {
	t.count(d.events)
	t.c.Failed = append(t.c.Failed, d.gaps...)
	switch {
	case !d.done:
	case d.err == nil:
		t.c.Read++
	default:
		reason := whyUnread(d.err)
		if d.region.events > 0 {
			reason += fmt.Sprintf(", after %s", plural(d.region.events, "event"))
		}
		t.c.Failed = append(t.c.Failed, event.Gap{Name: d.region.name, Reason: reason})
		return d.err
	}
	return nil
}

// An unreadError says that no Region could be read.
type unreadError struct {
	gaps   []event.Gap // one or more
	causes []error
}

func (e *unreadError) Error() string {
	first := e.gaps[0]
	more := ""
	if n := len(e.gaps) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Sprintf("reading CloudTrail: %s: %s%s", first.Name, first.Reason, more)
}

func (e *unreadError) Unwrap() []error { return e.causes }
