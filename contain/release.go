package contain

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// release removes exactly the policies of the plan, each only if it still is
// what the plan found.
func (r *run) release(ctx context.Context) error {
	if _, err := r.checkTarget(ctx); isGone(err) {
		return r.releaseDeleted(ctx, err)
	} else if err != nil {
		return err
	}
	r.reach(Planned, time.Time{}, fmt.Sprintf("the caller is %s", r.s.caller.ARN))
	r.undo = fmt.Sprintf("cordon contain %s --reason TEXT", quote(r.s.target.String()))
	if len(r.s.remove) == 0 {
		r.note = fmt.Sprintf("nothing was written: nothing of cordon's stands on %s", r.s.target)
		return r.lookAround(ctx, Released, r.note)
	}
	if err := ctx.Err(); err != nil {
		return r.a.explain(err, "nothing was written")
	}
	calls := make([]Call, 0, len(r.s.remove))
	for _, p := range r.s.remove {
		calls = append(calls, r.a.deleteCall(r.s.target, p.name))
	}
	if err := r.begin(ctx, calls...); err != nil {
		return err
	}
	r.calls = nil
	tally := map[State]int{}
	var problems []error
	for _, p := range r.s.remove {
		state, err := r.remove(ctx, p)
		tally[state]++
		problems = append(problems, err)
	}
	return r.lookAround(ctx, total(tally, len(r.s.remove)), "", problems...)
}

// releaseDeleted ends the release of a target that is no more: what cordon put
// on it went with it. It takes two answers to believe that.
func (r *run) releaseDeleted(ctx context.Context, gone error) error {
	if _, err := r.a.listInline(ctx, r.s.target); !isGone(err) {
		return gone
	}
	r.note = fmt.Sprintf("nothing was written: %s itself was deleted", r.s.target)
	r.after = map[string]string{}
	r.reach(Released, time.Time{}, r.note)
	return nil
}

// total is the state of several removals together.
func total(tally map[State]int, n int) State {
	for _, s := range []State{Released, Failed, Unknown} {
		if tally[s] == n {
			return s
		}
	}
	if tally[Unknown] > 0 && tally[Released] == 0 {
		return Unknown
	}
	return Partial
}

// remove deletes one policy, if it is still the one planned, and reads that it
// is gone.
func (r *run) remove(ctx context.Context, p policy) (State, error) {
	now := r.read(ctx, p)
	if now.seen == absent {
		now = r.read(ctx, p)
	}
	switch now.seen {
	case absent:
		if r.listed(ctx, p.name) {
			return Unknown, &Problem{
				Code:    CodeUnread,
				Message: fmt.Sprintf("AWS lists the policy %s of %s and does not show it, so it was left alone", p.name, r.s.target),
				Next:    "Run status in a minute, then release again.",
			}
		}
		r.remark(fmt.Sprintf("the policy %s was gone already", p.name))
		return Released, nil
	case replaced:
		return Failed, &Problem{
			Code:    CodeChanged,
			Message: fmt.Sprintf("the policy %s of %s is no longer what the plan showed, and was left alone", p.name, r.s.target),
			Next:    "Make a new plan, and look at the policy.",
		}
	case unreadable:
		return Failed, r.a.explain(now.err, fmt.Sprintf("the policy %s could not be read before removing it, and was left alone", p.name))
	}
	call := r.a.deleteCall(r.s.target, p.name)
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.a.o.CallTime)
	ans, err := r.a.deleteInline(wctx, r.s.target, p.name, mark(r.s.opID, r.intent.Hash))
	cancel()
	call.RequestID = ans.requestID
	if err != nil {
		call.Error = Explain(err).Message
	} else {
		r.reach(Requested, ans.at, "AWS accepted "+call.API)
	}
	r.calls = append(r.calls, call)
	return r.settleRemoval(ctx, p, err)
}

// settleRemoval reads until it is certain what became of the removal.
func (r *run) settleRemoval(ctx context.Context, p policy, deleted error) (State, error) {
	tries := patience
	if isDefinite(deleted) && !isGone(deleted) {
		tries = 1
	} else if deleted != nil {
		tries = lostPatience
	}
	var last reading
	for i := range tries {
		if i > 0 && r.a.o.Sleep(ctx, tick) != nil {
			break
		}
		if last = r.read(ctx, p); last.seen == absent {
			if deleted != nil {
				r.remark(fmt.Sprintf("AWS's answer to the removal of %s was an error or was lost; reading shows that it is gone", p.name))
			}
			return Released, nil
		}
	}
	switch {
	case last.seen != unreadable && deleted != nil:
		return Failed, r.a.explain(deleted, "releasing "+r.s.target.String())
	case last.seen != unreadable:
		return Failed, &Problem{
			Code:    CodeStillThere,
			Message: fmt.Sprintf("AWS accepted the removal of %s, and it still stands on %s: it was put back, or IAM does not show it yet", p.name, r.s.target),
			Next:    "Run status in a minute; if it still stands, find in CloudTrail who put it back.",
		}
	case isDefinite(deleted):
		return Failed, r.a.explain(deleted, "releasing "+r.s.target.String())
	}
	return Unknown, &Problem{
		Code:    CodeUnknown,
		Message: fmt.Sprintf("whether the policy %s is gone could not be read: %s", p.name, Explain(last.err).Message),
		Next:    "Run status when AWS answers again: the next start checks this operation against the account.",
		Err:     last.err,
	}
}

func (r *run) remark(text string) {
	if r.note != "" {
		text = r.note + "; " + text
	}
	r.note = text
}

// lookAround reads what still denies everything on the target, and ends the
// release in the state.
func (r *run) lookAround(ctx context.Context, s State, read string, problems ...error) error {
	set := r.a.readInline(context.WithoutCancel(ctx), r.s.target)
	if set.err == nil {
		r.after = map[string]string{}
		for _, standing := range set.standing() {
			r.after[policyKey(standing.Name)] = standing.Document
			r.warnings = append(r.warnings, fmt.Sprintf("the policy %s still denies everything to %s", standing.Name, r.s.target))
		}
	} else if !isGone(set.err) {
		r.warnings = append(r.warnings, "what else stands on "+r.s.target.String()+" is unknown: "+Explain(set.err).Message)
	}
	if r.note != "" && read == "" {
		read = r.note
	}
	if read == "" {
		read = map[State]string{
			Released: fmt.Sprintf("what was to be removed from %s is gone, read back", r.s.target),
			Partial:  fmt.Sprintf("some of what was to be removed from %s is gone", r.s.target),
			Unknown:  fmt.Sprintf("what stands on %s could not be read", r.s.target),
			Failed:   fmt.Sprintf("nothing was released on %s", r.s.target),
		}[s]
	}
	r.reach(s, time.Time{}, read)
	err := errors.Join(problems...)
	if s == Failed {
		return err
	}
	r.problem = Explain(err)
	return nil
}
