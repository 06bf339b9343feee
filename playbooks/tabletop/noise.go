package tabletop

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A worker plays an Actor.
type worker struct {
	plan  Actor
	world *world
	rand  *rand.Rand
	total int // of the weights of plan.Calls

	sessions int  // begun so far
	hand     hand // of the session
	routine  int  // calls of it made in the session
	left     int  // drawn calls left in the session
	working  bool
}

func newWorker(w *world, plan Actor) *worker {
	wk := &worker{plan: plan, world: w, rand: w.randomFor("noise/" + plan.Name)}
	for _, c := range plan.Calls {
		wk.total += max(c.Weight, 1)
	}
	return wk
}

// first is when the worker's first session begins, in a history of that length.
func (wk *worker) first(history time.Duration) time.Duration {
	begin := -history + time.Duration(wk.rand.Int64N(int64(wk.plan.Every.Max)))
	return wk.world.opening(wk.plan.Hours, begin)
}

func (wk *worker) act(ctx context.Context, at moment) (time.Duration, bool, error) {
	if !wk.working {
		if err := wk.begin(ctx, at); err != nil {
			return 0, false, fmt.Errorf("%s: %w", wk.plan.Name, err)
		}
		if !wk.working {
			return wk.rest(at), true, nil
		}
	}
	if call, ok := wk.next(); ok {
		// What the answer is makes no difference to someone at work.
		if _, _, err := wk.world.call(ctx, wk.hand, call, wk.rand, at.clock); err != nil {
			return 0, false, fmt.Errorf("%s: %w", wk.plan.Name, err)
		}
	}
	if wk.routine < len(wk.plan.Routine) || wk.left > 0 {
		return wk.plan.Gap.draw(wk.rand), true, nil
	}
	wk.working = false
	return wk.rest(at), true, nil
}

// begin opens a session. Without a credential (the role cannot be assumed at
// the moment) there is none, and the worker comes back later.
func (wk *worker) begin(ctx context.Context, at moment) error {
	wk.sessions++
	name := strings.NewReplacer(
		"${n}", strconv.Itoa(wk.sessions),
		"${hex}", fmt.Sprintf("%08x", wk.rand.Uint32()),
	).Replace(wk.plan.Session)
	wk.hand = hand{
		ip:    wk.plan.IPs[wk.rand.IntN(len(wk.plan.IPs))],
		agent: wk.plan.Agents[wk.rand.IntN(len(wk.plan.Agents))],
	}
	wk.routine, wk.left = 0, wk.plan.Size.draw(wk.rand)
	k, ok, err := wk.world.credentials(ctx, wk.plan, name, wk.hand, at.clock)
	wk.hand.key = k
	wk.working = ok
	return err
}

// next is the session's next call.
func (wk *worker) next() (Call, bool) {
	if wk.routine < len(wk.plan.Routine) {
		wk.routine++
		return wk.plan.Routine[wk.routine-1], true
	}
	if wk.left == 0 {
		return Call{}, false
	}
	wk.left--
	drawn := wk.rand.IntN(wk.total)
	for _, c := range wk.plan.Calls {
		if drawn -= max(c.Weight, 1); drawn < 0 {
			return c.Call, true
		}
	}
	return Call{}, false
}

// rest is the time until the next session.
func (wk *worker) rest(at moment) time.Duration {
	begin := at.offset + wk.plan.Every.draw(wk.rand)
	return wk.world.opening(wk.plan.Hours, begin) - at.offset
}
