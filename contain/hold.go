package contain

import (
	"context"
	"fmt"
	"time"
)

// grace is how many readings beyond the end of the hold may fail before it
// ends without a word on whether the policy held.
const grace = 10

// hold reads the policy about every second until the time is up. Held is said
// only after a reading at or after the end; a policy is gone only after two
// readings in a row have not shown it.
func (r *run) hold(ctx context.Context) error {
	if r.order.Hold <= 0 {
		return nil
	}
	end := r.a.o.Now().Add(r.order.Hold)
	missing, failed := 0, 0
	for {
		left := end.Sub(r.a.o.Now())
		wait := tick
		if left > 0 {
			wait = min(tick, left)
		}
		if err := r.a.o.Sleep(ctx, wait); err != nil {
			r.interrupted(left)
			return nil
		}
		left = max(0, end.Sub(r.a.o.Now()))
		last := r.read(ctx, r.s.deny)
		r.overtake(&last)
		switch last.seen {
		case present:
			missing, failed = 0, 0
			r.keep(last.policy)
			if left == 0 {
				r.reach(Held, last.at, fmt.Sprintf("the policy %s still stands after %s", last.policy.name, r.order.Hold))
				return nil
			}
			r.tell(Progress{At: last.at, Left: left, Read: fmt.Sprintf("the policy %s stands", last.policy.name)})
		case replaced:
			r.revert(ctx, last)
			return nil
		case absent:
			if missing++; missing > 1 {
				r.revert(ctx, last)
				return nil
			}
			r.tell(Progress{Left: left, Read: "the policy was not there; reading again"})
		default:
			p := r.a.explain(last.err, "the policy could not be read")
			r.tell(Progress{Left: left, Read: p.Message, Problem: p})
			if left == 0 {
				failed++
			}
			if failed > grace {
				r.problem = &Problem{Code: CodeInterrupted, Message: "the end of the hold could not be read: " + p.Message, Next: p.Next, Err: last.err}
				return nil
			}
		}
	}
}

func (r *run) interrupted(left time.Duration) {
	r.problem = &Problem{
		Code:    CodeInterrupted,
		Message: fmt.Sprintf("the hold was interrupted %s before its end", max(0, left).Round(time.Second)),
		Next:    "The policy was in place at the last reading; status tells whether it still is.",
	}
	r.tell(Progress{Left: max(0, left), Read: r.problem.Message, Problem: r.problem})
}

// revert tells that the policy is no longer what was written, records what
// stands there instead, and leaves it.
func (r *run) revert(ctx context.Context, last reading) {
	r.problem = &Problem{
		Code: CodeReverted,
		Next: fmt.Sprintf("Look in CloudTrail for who called %s or %s, contain that one first, then contain %s again.",
			r.a.deleteCall(r.s.target, r.s.deny.name).API, r.a.putCall(r.s.target, r.s.deny).API, r.s.target),
	}
	if last.seen == replaced {
		r.keep(last.policy)
		r.problem.Message = fmt.Sprintf("the policy %s of %s was replaced by another document, which is left as it is", last.policy.name, r.s.target)
	} else {
		r.after = map[string]string{}
		r.problem.Message = r.whyGone(ctx)
	}
	r.reach(Reverted, last.at, r.problem.Message)
}

// whyGone tells a policy that was removed from a target that was.
func (r *run) whyGone(ctx context.Context) string {
	p, err := r.a.resolve(context.WithoutCancel(ctx), r.s.target.Ref())
	switch {
	case isGone(err):
		return fmt.Sprintf("%s itself was deleted", r.s.target)
	case err == nil && p.ID != r.s.target.ID:
		return fmt.Sprintf("%s was deleted and made anew, without the policy", r.s.target)
	case r.state == Requested:
		return fmt.Sprintf("AWS accepted the policy %s, and reading %s does not show it: it was removed at once, or IAM does not show it yet", r.s.deny.name, r.s.target)
	}
	return fmt.Sprintf("the policy %s is gone from %s: someone removed it", r.s.deny.name, r.s.target)
}
