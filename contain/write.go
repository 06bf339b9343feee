package contain

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// tick is the time between two readings.
	tick = time.Second
	// patience is how many readings a write is given to show: IAM is
	// eventually consistent ("Changes that I make are not always immediately
	// visible", IAM User Guide).
	patience = 10
	// lostPatience is the same for a write whose answer was lost.
	lostPatience = 5
)

// contain writes the deny, reads it back, and watches it.
func (r *run) contain(ctx context.Context) error {
	p, err := r.checkTarget(ctx)
	if err == nil {
		err = r.a.guard(p)
	}
	if err != nil {
		return err
	}
	r.reach(Planned, time.Time{}, fmt.Sprintf("the caller is %s, and %s is the one planned", r.s.caller.ARN, r.s.target))
	if stands, at := r.findStanding(ctx); stands != nil {
		r.s.deny = *stands
		r.undo = undoOf(r.s.target, stands.name)
		r.note = fmt.Sprintf("nothing was written: %s is contained already, by the policy %s", r.s.target, stands.name)
		r.reach(InPlace, at, r.note)
		r.keep(*stands)
		return r.hold(ctx)
	}
	if err := ctx.Err(); err != nil {
		return r.a.explain(err, "nothing was written")
	}
	if err := r.begin(ctx, r.a.putCall(r.s.target, r.s.deny)); err != nil {
		return err
	}
	if err := r.put(ctx); err != nil || r.state != InPlace {
		return err
	}
	return r.hold(ctx)
}

// findStanding looks, immediately before the write, for a policy of cordon's
// that stands already, and whether the name is free: Put*Policy overwrites in
// silence, and one reading that shows nothing may be out of date. If the name
// is not free, or that cannot be told, the deny goes in beside, under a name
// that nobody can have taken.
func (r *run) findStanding(ctx context.Context) (*policy, time.Time) {
	var names []string
	var unlisted error
	listing := make(chan struct{})
	go func() {
		defer close(listing)
		names, unlisted = r.a.listInline(ctx, r.s.target)
	}()
	named, ans, err := r.a.getInline(ctx, r.s.target, r.a.o.PolicyName)
	<-listing
	free := isGone(err) && unlisted == nil && !slices.Contains(names, r.a.o.PolicyName)
	switch {
	case err == nil && classify(named.doc).ours():
		return &named, ans.at
	case free:
		r.s.deny.name = r.a.o.PolicyName
	default:
		r.s.deny.name = r.a.fallbackName(r.s.opID)
	}
	if err == nil {
		before := map[string]string{policyKey(named.name): named.doc}
		maps.Copy(before, r.s.before)
		r.s.before = before
	}
	if r.s.stands == nil || r.s.stands.name == r.a.o.PolicyName {
		return nil, time.Time{}
	}
	p, ans, err := r.a.getInline(ctx, r.s.target, r.s.stands.name)
	if err != nil || !classify(p.doc).ours() {
		return nil, time.Time{}
	}
	return &p, ans.at
}

// put makes the write and reads it back. It is not cut short when the caller
// gives up: half a write is the one thing that nobody can tell afterwards.
func (r *run) put(ctx context.Context) error {
	r.undo = undoOf(r.s.target, r.s.deny.name)
	wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.a.o.CallTime)
	ans, err := r.a.putInline(wctx, r.s.target, r.s.deny, mark(r.s.opID, r.intent.Hash))
	cancel()
	r.calls[0].RequestID = ans.requestID
	if err != nil {
		r.calls[0].Error = Explain(err).Message
	} else {
		r.reach(Requested, ans.at, "AWS accepted "+r.calls[0].API)
	}
	return r.settle(ctx, err)
}

// settle reads until it is certain what became of the write.
func (r *run) settle(ctx context.Context, put error) error {
	tries := patience
	switch {
	case isDefinite(put):
		tries = 1
	case put != nil:
		tries = lostPatience
	}
	var last reading
	for i := range tries {
		if i > 0 && r.a.o.Sleep(ctx, tick) != nil {
			break
		}
		last = r.read(ctx, r.s.deny)
		if !isDefinite(put) {
			r.overtake(&last)
		}
		switch last.seen {
		case present:
			r.confirm(put, last)
			return nil
		case replaced:
			r.revert(ctx, last)
			return nil
		}
	}
	return r.conclude(ctx, put, last)
}

func (r *run) confirm(put error, last reading) {
	r.keep(last.policy)
	if put != nil {
		r.note = "AWS's answer to the write was lost; reading shows that it took effect"
		r.warnings = append(r.warnings, r.note)
	}
	read := fmt.Sprintf("the policy %s was read back, equal to what was written", last.policy.name)
	if op := classify(last.policy.doc).opID; op != r.s.opID {
		read = fmt.Sprintf("the policy %s was read back: the deny of operation %s", last.policy.name, op)
	}
	r.reach(InPlace, last.at, read)
}

// overtake takes a deny that another operation of cordon's wrote over this one
// for what is to be watched: two responders containing one target at once are
// not an attacker taking the deny away.
func (r *run) overtake(last *reading) {
	by := classify(last.policy.doc)
	if last.seen != replaced || !by.ours() {
		return
	}
	last.seen = present
	r.s.deny = last.policy
	text := fmt.Sprintf("operation %s of cordon's contained %s at the same time: the policy %s is that one's", by.opID, r.s.target, last.policy.name)
	r.remark(text)
	r.warnings = append(r.warnings, text)
}

// conclude says what is so when no reading showed the policy.
func (r *run) conclude(ctx context.Context, put error, last reading) error {
	switch {
	case last.seen == absent && put != nil:
		r.after = map[string]string{}
		r.reach(Failed, last.at, "the policy is not there")
		return r.a.explain(put, "containing "+r.s.target.String())
	case last.seen == absent && r.listed(ctx, r.s.deny.name):
		r.problem = &Problem{
			Code:    CodeUnread,
			Message: fmt.Sprintf("AWS accepted the policy %s and lists it, and does not show it: whether it is in place is unknown", r.s.deny.name),
			Next:    "Run status in a minute.",
		}
		r.reach(Unknown, time.Time{}, r.problem.Message)
	case last.seen == absent:
		r.revert(ctx, last)
	case isDefinite(put):
		r.reach(Failed, time.Time{}, "AWS refused the write")
		return r.a.explain(put, "containing "+r.s.target.String())
	case put != nil:
		r.problem = &Problem{
			Code:    CodeUnknown,
			Message: fmt.Sprintf("AWS's answer to the write was lost (%s), and the account could not be read since (%s)", Explain(put).Message, Explain(last.err).Message),
			Next:    "Run status when AWS answers again: the next start checks this operation against the account.",
			Err:     put,
		}
		r.reach(Unknown, time.Time{}, r.problem.Message)
	default:
		r.problem = r.a.explain(last.err, "AWS accepted the policy, but it could not be read back")
		r.problem = &Problem{Code: CodeUnread, Message: r.problem.Message, Next: r.problem.Next, Err: last.err}
		r.tell(Progress{Read: r.problem.Message, Problem: r.problem})
	}
	return nil
}

// listed tells whether AWS names the policy among the target's. It is a second
// opinion where a reading that shows nothing would decide.
func (r *run) listed(ctx context.Context, name string) bool {
	names, err := r.a.listInline(context.WithoutCancel(ctx), r.s.target)
	return err == nil && slices.Contains(names, name)
}

// keep notes what stands after the operation.
func (r *run) keep(p policy) {
	r.after = map[string]string{policyKey(p.name): p.doc}
}

// What a reading showed.
type seen int

const (
	unreadable seen = iota
	present
	absent
	replaced
)

// A reading is one look at one policy.
type reading struct {
	seen   seen
	policy policy
	at     time.Time
	err    error
}

// read looks whether the policy stands as it was written. It is bounded in
// time, and not cut short by the caller giving up.
func (r *run) read(ctx context.Context, want policy) reading {
	got, ans, err := r.a.getInline(context.WithoutCancel(ctx), r.s.target, want.name)
	switch {
	case isGone(err):
		return reading{seen: absent}
	case err != nil:
		return reading{err: err}
	case sameDocument(got.doc, want.doc):
		return reading{seen: present, policy: got, at: ans.at}
	}
	return reading{seen: replaced, policy: got, at: ans.at}
}
