package tabletop

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aws/smithy-go"

	"cordon/playbooks/tabletop/account"
)

// historyLength is how far back the noise goes.
const historyLength = 24 * time.Hour

// A world is the account with everyone in it, for one play of a scenario.
type world struct {
	account   *account.Account
	region    string
	seed      uint64
	stage     *stage
	keys      map[string]key // by reference, "user/NAME#KEY"
	roles     map[string]string
	responder Credentials
	adversary Credentials
}

// A key is a credential to call with.
type key struct{ id, secret string }

// A hand is as whom, from where and with what someone calls.
type hand struct {
	key       key
	ip, agent string
}

// newWorld makes the account, with nothing happened in it yet but for its
// identities, and sets everyone on the stage.
func newWorld(ctx context.Context, s *Scenario, o Options) (*world, error) {
	w := &world{
		seed:  o.Seed,
		keys:  make(map[string]key),
		stage: &stage{start: o.Now(), speed: o.Speed, now: o.Now, sleep: o.Sleep},
	}
	settings := account.Options{Clock: o.Now, Rand: w.bytesFor("account")}
	if s == nil {
		settings.Open = true
		settings.LookupsPerSecond = -1
		w.account = account.New(settings)
		w.region = emptyRegion
		w.responder = exampleKey()
		return w, nil
	}
	settings.ID, settings.Region = s.Account, s.Region
	settings.LookupsPerSecond = lookupsPerSecond * o.Speed
	w.account = account.New(settings)
	w.region = s.Region
	if err := w.populate(s); err != nil {
		return nil, err
	}
	if err := w.rehearse(s); err != nil {
		return nil, err
	}
	w.responder = w.keys[s.Responder].credentials()
	w.adversary = w.keys[s.Adversary.Stolen].credentials()
	w.cast(s)
	return w, ctx.Err()
}

// rehearse checks the input of every call, so that a mistake in one is told now
// and not in the middle of an exercise.
func (w *world) rehearse(s *Scenario) error {
	var problems []error
	check := func(who string, c Call) {
		if _, err := w.account.Input(c.service(), c.operation(), c.parameters(w.randomFor("rehearsal"))); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", who, err))
		}
	}
	for _, step := range s.Adversary.Steps {
		check("step "+step.ID, step.Call)
	}
	for _, actor := range s.Noise {
		for _, c := range actor.Routine {
			check(actor.Name, c)
		}
		for _, c := range actor.Calls {
			check(actor.Name, c.Call)
		}
	}
	return errors.Join(problems...)
}

// lookupsPerSecond is AWS's own limit on LookupEvents, in each Region.
// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
const lookupsPerSecond = 2

const emptyRegion = "us-east-1"

// exampleKey is the access key of AWS's documentation, which no account knows.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/security-creds-programmatic-access.html
func exampleKey() Credentials {
	return Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"} //nolint:gosec // it is public
}

func (k key) credentials() Credentials {
	return Credentials{AccessKeyID: k.id, SecretAccessKey: k.secret}
}

// cast gives everyone their first turn.
func (w *world) cast(s *Scenario) {
	for _, a := range s.Noise {
		p := newWorker(w, a)
		w.stage.enter(p, p.first(historyLength))
	}
	p := newIntruder(w, s.Adversary, w.keys[s.Adversary.Stolen])
	w.stage.enter(p, p.first())
}

// randomFor is the sequence of random numbers that belongs to a name.
func (w *world) randomFor(name string) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, hashOf(name))) //nolint:gosec // an exercise has to be repeatable
}

// bytesFor is a sequence of random bytes that belongs to a name.
func (w *world) bytesFor(name string) *rand.ChaCha8 {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], w.seed)
	binary.LittleEndian.PutUint64(seed[8:], hashOf(name))
	return rand.NewChaCha8(seed)
}

func hashOf(name string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // which never fails
	return h.Sum64()
}

// opening moves a point of the scenario's time to the next one within hours.
func (w *world) opening(h Hours, offset time.Duration) time.Duration {
	clock := w.stage.clockAt(offset)
	if h.open(clock) {
		return offset
	}
	return w.stage.offsetAt(h.next(clock))
}

// call makes one call. err is a call that cannot be made at all, which is the
// scenario's mistake; what AWS would answer is the outcome.
func (w *world) call(ctx context.Context, h hand, c Call, r *rand.Rand, at time.Time) (any, Outcome, error) {
	parameters := c.parameters(r)
	input, err := w.account.Input(c.service(), c.operation(), parameters)
	if err != nil {
		return nil, Failed, err
	}
	answer, err := w.account.Do(ctx, account.Call{
		AccessKeyID: h.key.id,
		Service:     c.service(),
		Operation:   c.operation(),
		Input:       input,
		Resource:    c.resource(parameters),
		SourceIP:    h.ip,
		UserAgent:   h.agent,
		Region:      c.Region,
		At:          at,
	})
	outcome, err := outcomeOf(err)
	if err != nil {
		return nil, Failed, fmt.Errorf("%s: %w", c.Call, err)
	}
	return answer, outcome, nil
}

// outcomeOf tells what AWS would answer from what it never would.
func outcomeOf(err error) (Outcome, error) {
	if err == nil {
		return Success, nil
	}
	var answer smithy.APIError
	if !errors.As(err, &answer) {
		return Failed, err
	}
	if slices.Contains(denials(), answer.ErrorCode()) {
		return Denied, nil
	}
	return Failed, nil
}

// denials are the codes of answers that mean that the credential may not do
// this, or that there is no such credential (any more).
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
func denials() []string {
	return []string{
		"AccessDenied", "AccessDeniedException", "UnauthorizedOperation",
		"AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException",
	}
}

// parameters draws the call's input.
func (c Call) parameters(r *rand.Rand) map[string]any {
	all := make(map[string]any, len(c.Input)+len(c.Vary))
	for name, value := range c.Input {
		all[name] = value
	}
	for _, name := range sortedKeys(c.Vary) {
		all[name] = c.Vary[name][r.IntN(len(c.Vary[name]))]
	}
	return all
}

// resource is what the call is authorized on, with ${NAME} replaced by the
// parameter of that name.
func (c Call) resource(parameters map[string]any) string {
	if c.Resource == "" {
		return "*"
	}
	pairs := make([]string, 0, 2*len(parameters))
	for _, name := range sortedKeys(parameters) {
		pairs = append(pairs, "${"+name+"}", fmt.Sprint(parameters[name]))
	}
	return strings.NewReplacer(pairs...).Replace(c.Resource)
}

// credentials are what an actor works with in one session: its own key, or
// that of a role session that is opened now. ok is false if AWS would not open
// it.
func (w *world) credentials(ctx context.Context, a Actor, session string, h hand, at time.Time) (k key, ok bool, err error) {
	if own, found := w.keys[a.As]; found {
		return own, true, nil
	}
	input, err := w.account.Input("sts", "AssumeRole", map[string]any{
		"RoleArn": w.roles[a.As], "RoleSessionName": session,
	})
	if err != nil {
		return key{}, false, err
	}
	answer, err := w.assume(ctx, a.By, input, h, at)
	outcome, err := outcomeOf(err)
	if err != nil || outcome != Success {
		return key{}, false, err
	}
	k, err = keyIn(answer, "Credentials")
	return k, err == nil, err
}

// assume opens a role session for whoever By is.
func (w *world) assume(ctx context.Context, by string, input any, h hand, at time.Time) (any, error) {
	if by == identityCenter {
		return w.account.Seed(at, input)
	}
	call := account.Call{Input: input, SourceIP: h.ip, UserAgent: h.agent, At: at}
	if service, found := strings.CutPrefix(by, "service/"); found {
		call.ServicePrincipal = service
		call.FromEC2 = service == "ec2.amazonaws.com"
	} else {
		call.AccessKeyID = w.keys[by].id
	}
	return w.account.Do(ctx, call)
}

// keyIn reads the access key out of a member of an answer, as CreateAccessKey
// and AssumeRole have them.
func keyIn(answer any, member string) (key, error) {
	text, err := json.Marshal(answer)
	if err != nil {
		return key{}, fmt.Errorf("reading %s: %w", member, err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return key{}, fmt.Errorf("reading %s: %w", member, err)
	}
	var k Credentials
	if err := json.Unmarshal(members[member], &k); err != nil || k.AccessKeyID == "" {
		return key{}, fmt.Errorf("there is no access key in %s of the answer", member)
	}
	return key{id: k.AccessKeyID, secret: k.SecretAccessKey}, nil
}
