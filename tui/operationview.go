package tui

import (
	"fmt"

	"cordon/contain"
)

// The states that an operation goes through when all goes well.
var (
	containSteps = []contain.State{contain.Planned, contain.Requested, contain.InPlace, contain.Held}
	releaseSteps = []contain.State{contain.Planned, contain.Requested, contain.Released}
)

// meaning says each state in plain words: what was seen, and no more.
var meaning = map[contain.State]string{
	contain.Planned:        "nothing was changed yet",
	contain.Requested:      "AWS accepted the change",
	contain.InPlace:        "read back equal; AWS may need seconds more to enforce it",
	contain.Held:           "still there at every reading of the hold",
	contain.ObservedDenied: "a call of the target was denied since",
	contain.Partial:        "only some of it is in force",
	contain.Reverted:       "somebody removed or replaced it",
	contain.Refused:        "a guard forbade it",
	contain.Failed:         "it is not in force, and nothing was changed",
	contain.Unknown:        "what the account holds could not be found out",
	contain.Released:       "what cordon put is gone, read back",
}

// view is the operation as far as it has come: each state when it was reached
// and by what reading, then the evidence, then what is left to do.
func (op *operation) view(m *model, w int) []line {
	p := &op.plan
	account := p.Account
	if p.Alias != "" {
		account += " (" + p.Alias + ")"
	}
	out := labelled("Account", account, w)
	out = append(out, labelled("Target", p.Target.ARN, w)...)
	out = append(out, nil)
	out = append(out, op.steps(m, w)...)
	if op.done {
		out = append(out, op.complaints(m, w)...)
	}
	out = append(out, op.callsView(m, w)...)
	if op.done {
		out = append(out, op.stillOpen(m, w)...)
	}
	return append(out, nil, in(dim, "operation "+say(p.OpID)))
}

// steps are the states, reached and to come.
func (op *operation) steps(m *model, w int) []line {
	plan := containSteps
	if op.plan.Op == contain.Release {
		plan = releaseSteps
	}
	first := map[contain.State]contain.Progress{}
	for _, p := range op.seen {
		if _, seen := first[p.State]; !seen {
			first[p.State] = p
		}
	}
	if _, told := first[contain.Planned]; !told {
		first[contain.Planned] = contain.Progress{State: contain.Planned, At: op.plan.Made}
	}
	var out []line
	for _, s := range plan {
		p, reached := first[s]
		switch {
		case reached:
			out = append(out, step(m.th.check, good, s, p, w)...)
		case s == contain.Held && op.plan.Op == contain.Contain && m.opt.Hold == 0:
		case op.done:
			out = append(out, in(dim, "  "+safe(s)))
		case s == contain.Held && op.left(m.opt.Now()) > 0:
			left := int(op.left(m.opt.Now()).Seconds() + 0.999)
			out = append(out, in(caution, m.th.pending+" "+pad(safe(s), 12)+safe(fmt.Sprintf("in %d s", left))).
				and(dim, ", if every reading until then finds it"))
		default:
			out = append(out, in(dim, m.th.pending+" "+safe(s)))
		}
	}
	if last := op.lastReading(); last != nil {
		st := dim
		text := "last reading " + clock(last.At, m.opt.Now()) + ": " + last.Read
		if last.Problem != nil {
			st, text = caution, text+" "+last.Problem.Message
		}
		out = append(out, nil)
		out = append(out, paragraphs(st, text, w)...)
	}
	if end := op.state(); op.done && !isStep(plan, contain.State(end)) {
		out = append(out, step(m.th.cross, bad, contain.State(end), op.endProgress(), w)...)
	}
	return out
}

func isStep(plan []contain.State, s contain.State) bool {
	for _, p := range plan {
		if p == s {
			return true
		}
	}
	return false
}

// lastReading is the newest observation, if it says more than the first of its
// state did.
func (op *operation) lastReading() *contain.Progress {
	n := len(op.seen)
	if n < 2 || op.done {
		return nil
	}
	last := &op.seen[n-1]
	if last.State != op.seen[n-2].State && last.Problem == nil {
		return nil
	}
	return last
}

// endProgress is when and how the end was seen.
func (op *operation) endProgress() contain.Progress {
	if n := len(op.seen); n > 0 && op.seen[n-1].State == contain.State(op.state()) {
		return op.seen[n-1]
	}
	return contain.Progress{}
}

// step is one state that was reached.
func step(mark safe, st style, s contain.State, p contain.Progress, w int) []line {
	at := spaces(9)
	if !p.At.IsZero() {
		at = safe(p.At.UTC().Format("15:04:05Z"))
	}
	head := in(st, mark+" "+pad(safe(s), 12)).and(normal, at+"  ")
	text := p.Read
	if text == "" {
		text = meaning[s]
	}
	var out []line
	for i, l := range wrap(text, max(20, w-head.width())) {
		if i == 0 {
			out = append(out, append(head, span{text: l}))
			continue
		}
		out = append(out, plain(spaces(head.width())+l))
	}
	return out
}

func pad(s safe, w int) safe { return s + spaces(w-s.width()) }

// complaints are why it did not end as it should, each with the next step.
func (op *operation) complaints(m *model, w int) []line {
	var out []line
	tell := func(message, next string) {
		out = append(out, nil)
		out = append(out, paragraphs(normal, message, w)...)
		out = append(out, paragraphs(strong, next, w)...)
	}
	told := ""
	for _, t := range op.result.Targets {
		if t.Error != nil {
			told = t.Error.Message
			tell(t.Error.Message, t.Error.Next)
		}
		for _, s := range t.Warnings {
			out = append(out, item(m.th.warn, caution, s, w)...)
		}
	}
	if op.err != nil {
		if _, message, next := problem(op.err); message != told {
			tell(message, next)
		}
	}
	return out
}

// stillOpen is what is left to do.
func (op *operation) stillOpen(m *model, w int) []line {
	var out []line
	for _, t := range op.result.Targets {
		if len(t.StillOpen) == 0 {
			continue
		}
		out = append(out, nil, in(strong, openTitle(op.plan.Op)))
		for _, o := range t.StillOpen {
			out = append(out, item(m.th.bullet, normal, o.Text, w)...)
		}
	}
	return out
}

// states are all of them, in the order in which they are met.
var states = []contain.State{
	contain.Planned, contain.Requested, contain.InPlace, contain.Held, contain.ObservedDenied,
	contain.Partial, contain.Reverted, contain.Refused, contain.Failed, contain.Unknown, contain.Released,
}
