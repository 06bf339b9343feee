package tui

import (
	"fmt"
	"io"
	"strings"

	"cordon/contain"
)

// farewell says on the normal screen, once the UI has left the terminal, what
// this program leaves behind in the account: for each target the last operation
// that changed something, how far it came, and how it is taken back. The account
// of an exercise is gone by then, and nothing is to be taken back in it.
func (o *operations) farewell(w io.Writer, exercise bool) error {
	var b strings.Builder
	for _, op := range o.all {
		op.settle()
	}
	for i, op := range o.all {
		if op.wrote() && !o.superseded(i) {
			b.WriteString(string(op.lastWord(exercise)) + "\n")
		}
	}
	if b.Len() == 0 {
		return nil
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("saying what stands in the account: %w", err)
	}
	return nil
}

// superseded reports whether a later operation wrote to the same target.
func (o *operations) superseded(i int) bool {
	for _, later := range o.all[i+1:] {
		if later.wrote() && later.plan.Target.Ref() == o.all[i].plan.Target.Ref() {
			return true
		}
	}
	return false
}

// wrote reports whether the operation may have changed the account.
func (op *operation) wrote() bool {
	switch contain.State(op.state()) {
	case contain.Planned, contain.Refused, contain.Failed:
		return !op.writtenAt().IsZero()
	}
	return true
}

// settle takes what the operation told after the UI had stopped listening. It
// may be called when the program has ended, and no sooner.
func (op *operation) settle() {
	op.hear(op.heard)
	select {
	case <-op.ended:
		op.done, op.result, op.err = true, op.outcome.result, op.outcome.err
	default:
	}
}

// lastWord is the operation in one line.
func (op *operation) lastWord(exercise bool) safe {
	text := op.plan.Target.String() + ": " + string(op.state())
	switch {
	case !op.done && op.begun.Load() == underWay:
		text += ", and it was still running: the audit log has its intent"
	default:
		for _, t := range op.result.Targets {
			if t.Error != nil && t.Error.Message != "" {
				text += ", " + t.Error.Message
			}
		}
	}
	undo := op.undo()
	switch {
	case exercise:
		text += "; the exercise has ended, and its account with it"
	case undo != "":
		text += "; undo: " + undo
	}
	return say(text)
}

// undo is the command that takes back what stands; empty if nothing does. What
// the command does, which follows it in brackets, is left to the plan.
func (op *operation) undo() string {
	if contain.State(op.state()) == contain.Reverted {
		return ""
	}
	command, _, _ := strings.Cut(op.plan.Undo, " (")
	return command
}
