package contain

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cordon/contain/audit"
)

// recordTime bounds the writing of an outcome after the caller has given up.
const recordTime = 15 * time.Second

// Apply carries a plan out: it asks again who the caller is and whether the
// target is still the one planned, records the intent, writes, reads back,
// watches, and records the outcome.
//
// The result is always filled in as far as things came. The error is not nil
// if the outcome is refused (*RefusedError) or failed, or if the audit log
// could not be written; any other outcome that is not the one asked for
// (reverted, partial, unknown, a hold that was interrupted) has its reason in
// the result. If ctx ends before the write, nothing is written; after it, the
// write is still read back and the outcome recorded.
func (a *Account) Apply(ctx context.Context, plan Plan, order Order) (Result, error) {
	if plan.steps == nil {
		return Result{}, &Problem{Code: CodeUsage, Message: "there is no plan to carry out", Next: "Make a plan first."}
	}
	s := *plan.steps
	r := &run{a: a, s: &s, order: order, state: Planned, warnings: append([]string{}, plan.Warnings...), undo: plan.Undo}
	err := r.carryOut(ctx)
	return r.result(err), err
}

// A run is one Apply at work.
type run struct {
	a     *Account
	s     *steps
	order Order

	state    State
	since    time.Time
	calls    []Call
	after    map[string]string
	warnings []string
	undo     string
	note     string
	// problem is why the state is not the wanted one, where that is no error.
	problem *Problem
	// intent is the record that was written; zero until it was.
	intent audit.Record
}

func (r *run) carryOut(ctx context.Context) error {
	if strings.TrimSpace(r.order.Reason) == "" {
		r.state = Failed
		return &Problem{Code: CodeUsage, Message: "no reason was given", Next: "Say why with --reason TEXT; it goes into the audit log."}
	}
	if r.a.o.Log == nil {
		r.state = Failed
		return &Problem{Code: CodeAuditLog, Message: "there is no audit log", Next: "Name a place for it with --audit-log FILE; without a log nothing is done to the account."}
	}
	done, err := r.a.o.Log.Begin(r.s.opID)
	if err != nil {
		r.state = Failed
		return err
	}
	err = r.checkCaller(ctx)
	switch {
	case err != nil:
	case r.s.op == Release:
		err = r.release(ctx)
	default:
		err = r.contain(ctx)
	}
	err = r.record(ctx, err)
	return errors.Join(err, done())
}

// checkCaller makes sure that cordon may write, and still acts as it did when
// the plan was made.
func (r *run) checkCaller(ctx context.Context) error {
	if r.a.o.ReadOnly {
		return &RefusedError{Guard: GuardReadOnly, Target: r.s.target.Ref(), Message: "cordon is in read-only mode, and writes nothing to the account", Next: "Start it without --read-only."}
	}
	now, err := r.a.identity(ctx)
	if err != nil {
		return err
	}
	if !now.same(r.s.caller) {
		return &RefusedError{
			Guard: GuardIdentity, Target: r.s.target.Ref(),
			Message: fmt.Sprintf("the plan was made as %s, and cordon now acts as %s", r.s.caller.ARN, now.ARN),
			Next:    "Connect again and make a new plan.",
		}
	}
	return nil
}

// checkTarget makes sure that the target is still the one of the plan.
func (r *run) checkTarget(ctx context.Context) (principal, error) {
	p, err := r.a.resolve(ctx, r.s.target.Ref())
	if err != nil {
		return principal{}, err
	}
	if p.ID != r.s.target.ID {
		return principal{}, &RefusedError{
			Guard: GuardRecreated, Target: r.s.target.Ref(),
			Message: fmt.Sprintf("%s was deleted and made anew since the plan (%s is now %s)", r.s.target, r.s.target.ID, p.ID),
			Next:    "Make a new plan for the new one.",
		}
	}
	return p, nil
}

// begin writes the intent. Nothing may be sent to AWS before it returns.
func (r *run) begin(ctx context.Context, calls ...Call) error {
	rec := r.blank(audit.Intent)
	rec.Calls = auditCalls(calls)
	written, err := r.a.o.Log.Append(ctx, rec)
	if err != nil {
		return err
	}
	r.intent, r.calls = written, calls
	return nil
}

// record writes how it ended: an outcome if there was an intent, else a note.
// It does so even if the caller has given up.
func (r *run) record(ctx context.Context, err error) error {
	var refused *RefusedError
	switch {
	case errors.As(err, &refused):
		r.state = Refused
	case err != nil && r.intent.Hash == "":
		r.state = Failed
	}
	kind := audit.Note
	if r.intent.Hash != "" {
		kind = audit.Outcome
	}
	rec := r.blank(kind)
	rec.Calls, rec.After, rec.Outcome = auditCalls(r.calls), r.after, string(r.state)
	rec.Note = r.noteFor(err)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if _, failed := r.a.o.Log.Append(ctx, rec); failed != nil {
		r.warnings = append(r.warnings, "the outcome is not in the audit log: "+failed.Error())
		var log *audit.Error
		if errors.As(err, &log) {
			return err // the same has been said of the intent
		}
		return errors.Join(err, failed)
	}
	return err
}

func (r *run) noteFor(err error) string {
	var parts []string
	if r.note != "" {
		parts = append(parts, r.note)
	}
	switch {
	case err != nil:
		parts = append(parts, Explain(err).Message)
	case r.problem != nil:
		parts = append(parts, r.problem.Message)
	}
	return strings.Join(parts, "; ")
}

func (r *run) blank(kind audit.Kind) audit.Record {
	return audit.Record{
		Time: r.a.o.Now(), OpID: r.s.opID, Kind: kind, Op: string(r.s.op), Incident: r.a.o.Incident, Reason: r.order.Reason,
		Operator: audit.Operator{ARN: r.s.caller.ARN, Account: r.s.caller.Account},
		Target:   r.s.target.audit(), Measure: string(r.s.measure), Before: r.s.before,
	}
}

func auditCalls(calls []Call) []audit.Call {
	list := []audit.Call{}
	for _, c := range calls {
		list = append(list, audit.Call{API: c.API, Params: c.Params, RequestID: c.RequestID, Error: c.Error})
	}
	return list
}

// reach records that a state was seen, and tells whoever watches.
func (r *run) reach(s State, at time.Time, read string) {
	at = r.clock(at)
	if s != r.state {
		r.since = at
	}
	r.state = s
	r.tell(Progress{State: s, At: at, Read: read})
}

func (r *run) tell(p Progress) {
	p.OpID, p.Target = r.s.opID, r.s.target
	if p.State == "" {
		p.State = r.state
	}
	p.At = r.clock(p.At)
	if r.order.Observe != nil {
		r.order.Observe(p)
	}
}

// clock is AWS's time if AWS told it, else this computer's.
func (r *run) clock(at time.Time) time.Time {
	if at.IsZero() {
		return r.a.o.Now().UTC()
	}
	return at
}

func (r *run) result(err error) Result {
	t := TargetResult{
		Target:    r.s.target,
		Measures:  []MeasureResult{{Measure: r.s.measure, State: r.state, Since: r.since, Calls: append([]Call{}, r.calls...), Undo: r.undo}},
		Warnings:  r.warnings,
		StillOpen: append([]Open{}, r.s.open...),
		Note:      r.note,
		Error:     r.problem,
	}
	if err != nil {
		t.Error = Explain(err)
	}
	return Result{OpID: r.s.opID, Outcome: r.state, Targets: []TargetResult{t}}
}
