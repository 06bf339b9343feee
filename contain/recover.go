package contain

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cordon/contain/audit"
)

// A Recovered is an operation that was cut off between its intent and its
// outcome, and what the account shows of it.
type Recovered struct {
	Intent audit.Record `json:"intent"`
	// State is what was found and recorded; unknown if the account could not be
	// read, and then nothing was recorded.
	State State `json:"state"`
	// Found is a sentence.
	Found   string   `json:"found"`
	Problem *Problem `json:"problem"`
}

// Unfinished returns the intents in the log that have no outcome and are not
// at work in a living process: what they did is unknown until CheckUnfinished.
func (a *Account) Unfinished() ([]audit.Record, error) {
	if a.o.Log == nil {
		return nil, nil
	}
	records, _, err := readLog(a.o.Log.Path())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(audit.Unfinished(records), func(r audit.Record) bool {
		return audit.Running(a.o.Log.Path(), r.OpID)
	}), nil
}

// CheckUnfinished looks at the account for what became of each unfinished
// intent of this account, and adds the outcome to the log. It changes nothing
// in the account. The error is not nil if the log could not be used.
func (a *Account) CheckUnfinished(ctx context.Context) ([]Recovered, error) {
	open, err := a.Unfinished()
	if err != nil {
		return nil, err
	}
	var done []Recovered
	for _, intent := range open {
		if intent.Target.Account != a.caller.Account {
			continue
		}
		rec, err := a.checkOne(ctx, intent)
		if err != nil {
			return done, err
		}
		if rec.State != "" {
			done = append(done, rec)
		}
	}
	return done, nil
}

// checkOne holds the operation's mark, so that two processes that start at
// once do not both record its outcome.
func (a *Account) checkOne(ctx context.Context, intent audit.Record) (rec Recovered, err error) {
	release, err := a.o.Log.Begin(intent.OpID)
	if err != nil {
		return Recovered{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	still, _, err := readLog(a.o.Log.Path())
	if err != nil {
		return Recovered{}, err
	}
	if !slices.ContainsFunc(audit.Unfinished(still), func(r audit.Record) bool { return r.Hash == intent.Hash }) {
		return Recovered{}, nil
	}
	rec = Recovered{Intent: intent}
	after, err := a.inspect(ctx, &rec)
	if err != nil {
		rec.State, rec.Problem = Unknown, a.explain(err, "checking operation "+intent.OpID)
		rec.Found = rec.Problem.Message
		return rec, nil
	}
	out := intent
	out.Kind, out.Time, out.After, out.Outcome, out.Note = audit.Outcome, a.o.Now(), after, string(rec.State), "found at a later start: "+rec.Found
	out.Calls = nil
	out.Operator = audit.Operator{ARN: a.caller.ARN, Account: a.caller.Account}
	if _, err := a.o.Log.Append(ctx, out); err != nil {
		return rec, err
	}
	return rec, nil
}

// inspect reads the policies that the intent names.
func (a *Account) inspect(ctx context.Context, rec *Recovered) (map[string]string, error) {
	t := targetOfRecord(rec.Intent.Target)
	after := map[string]string{}
	p, err := a.resolve(ctx, t.Ref())
	if isGone(err) || err == nil && p.ID != t.ID {
		rec.State, rec.Found = Failed, fmt.Sprintf("%s is no longer there", t)
		if rec.Intent.Op == string(Release) {
			rec.State = Released
		}
		return after, nil
	}
	if err != nil {
		return nil, err
	}
	var same, other, none []string
	for _, c := range rec.Intent.Calls {
		name := c.Params["PolicyName"]
		want := c.Params["PolicyDocument"]
		if want == "" {
			want = rec.Intent.Before[policyKey(name)]
		}
		got, _, err := a.getInline(ctx, t, name)
		switch {
		case isGone(err):
			none = append(none, name)
			continue
		case err != nil:
			return nil, err
		case sameDocument(got.doc, want):
			same = append(same, name)
		default:
			other = append(other, name)
		}
		after[policyKey(name)] = got.doc
	}
	rec.State, rec.Found = verdict(Op(rec.Intent.Op), t, same, other, none)
	return after, nil
}

// verdict says what the policies that stand mean for the operation.
func verdict(op Op, t Target, same, other, none []string) (State, string) {
	switch {
	case op == Contain && len(same) > 0:
		return InPlace, fmt.Sprintf("the policy %s stands on %s", same[0], t)
	case op == Contain && len(other) > 0:
		return Reverted, fmt.Sprintf("another policy stands under the name %s on %s", other[0], t)
	case op == Contain:
		return Failed, fmt.Sprintf("the policy is not on %s: it was never written, or it was removed since", t)
	case len(same) == 0:
		return Released, fmt.Sprintf("what was to be removed from %s is gone", t)
	case len(none)+len(other) == 0:
		return Failed, fmt.Sprintf("what was to be removed still stands on %s", t)
	}
	return Partial, fmt.Sprintf("some of what was to be removed still stands on %s: %s", t, same[0])
}
