package tabletop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// An intruder plays the Adversary.
type intruder struct {
	plan  Adversary
	names map[string]int // of steps
	world *world
	rand  *rand.Rand
	waits *rand.Rand

	step     int // the one that comes next
	repeated int // how often it was taken without a break
	held     []*loot
	hand     int // in held
	retreats int // fallbacks so far
}

// A loot is a credential that the intruder holds.
type loot struct {
	name   string
	key    key
	denied int  // in a row
	spent  bool // fallen back from, and not allowed anything since
}

// waitsOf names the sequence that the intruder draws its waits from.
const waitsOf = "adversary/waits"

func newIntruder(w *world, plan Adversary, stolen key) *intruder {
	names := make(map[string]int, len(plan.Steps))
	for i, s := range plan.Steps {
		names[s.ID] = i
	}
	return &intruder{
		plan:  plan,
		names: names,
		world: w,
		rand:  w.randomFor("adversary"),
		waits: w.randomFor(waitsOf),
		held:  []*loot{{name: plan.Stolen, key: stolen}},
	}
}

// first is when the intruder takes its first step: so early that the steps
// above the one that it opens at are history, and the last of them has just
// been taken.
func (in *intruder) first() time.Duration {
	waits := in.world.randomFor(waitsOf) // a copy of in.waits, which pause draws from
	var sum time.Duration
	opens := in.names[in.plan.Opens]
	for _, s := range in.plan.Steps[:opens] {
		for range max(s.Repeat, 1) {
			sum += s.Wait.draw(waits)
		}
	}
	last := in.plan.Steps[opens].Wait.draw(waits)
	wait := in.plan.Steps[0].Wait.draw(in.waits)
	if opens == 0 {
		return wait
	}
	return wait - sum - last
}

func (in *intruder) act(ctx context.Context, at moment) (time.Duration, bool, error) {
	step := in.plan.Steps[in.step]
	loot := in.held[in.hand]
	hand := hand{
		key:   loot.key,
		ip:    in.plan.IPs[in.retreats%len(in.plan.IPs)],
		agent: in.plan.Agents[in.retreats%len(in.plan.Agents)],
	}
	answer, outcome, err := in.world.call(ctx, hand, step.Call, in.rand, at.clock)
	if err != nil {
		return 0, false, fmt.Errorf("step %s: %w", step.ID, err)
	}
	if outcome == Success {
		if err := in.keep(step, answer); err != nil {
			return 0, false, fmt.Errorf("step %s: %w", step.ID, err)
		}
	}
	loot.note(step.Call, outcome)
	if !in.advance(step, outcome) {
		return 0, false, nil
	}
	return in.pause(at), true, nil
}

// note counts the denials in a row. GetCallerIdentity needs no permission, so
// that it is answered says nothing.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func (l *loot) note(call Call, outcome Outcome) {
	switch {
	case outcome == Denied:
		l.denied++
	case call.Call == "sts GetCallerIdentity":
	default:
		l.denied, l.spent = 0, false
	}
}

// keep holds the access keys that a step saves. One that is saved again
// replaces the former.
func (in *intruder) keep(step Step, answer any) error {
	for _, name := range sortedKeys(step.Save) {
		k, err := keyIn(answer, step.Save[name])
		if err != nil {
			return err
		}
		known := slices.IndexFunc(in.held, func(l *loot) bool { return l.name == name })
		if known >= 0 {
			in.held[known] = &loot{name: name, key: k}
			continue
		}
		in.held = append(in.held, &loot{name: name, key: k})
	}
	return nil
}

// advance decides on the next step, and reports whether there is one.
func (in *intruder) advance(step Step, outcome Outcome) bool {
	branch, ok := step.On[outcome]
	if ok && in.applies(branch) {
		return in.branch(branch)
	}
	in.repeated++
	if in.repeated < step.Repeat {
		return true
	}
	return in.proceed(step.Goto)
}

// proceed goes on to the named step, or to the next one.
func (in *intruder) proceed(to string) bool {
	in.repeated = 0
	in.step++
	if to != "" {
		in.step = in.names[to]
	}
	return in.step < len(in.plan.Steps)
}

func (in *intruder) applies(b Branch) bool {
	loot := in.held[in.hand]
	return loot.spent || loot.denied >= b.After
}

func (in *intruder) branch(b Branch) bool {
	if b.GiveUp {
		return false
	}
	if b.Fallback {
		in.held[in.hand].spent = true
		in.hand = (in.hand + 1) % len(in.held)
		in.retreats++
	}
	return in.proceed(b.Goto)
}

// pause draws the wait for the next step. The one that the exercise opens at
// waits for the start, and from then on.
func (in *intruder) pause(at moment) time.Duration {
	step := in.plan.Steps[in.step]
	wait := step.Wait.draw(in.waits)
	if in.plan.Backoff > 1 && !slices.ContainsFunc(in.held, func(l *loot) bool { return !l.spent }) {
		wait = time.Duration(float64(wait) * in.plan.Backoff)
	}
	if step.ID == in.plan.Opens && at.offset < 0 {
		wait -= at.offset
	}
	return wait
}
