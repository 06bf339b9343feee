package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/contain"
	"cordon/investigate"
	"cordon/investigate/event"
)

// callsMsg brings what the evidence has of a target's calls since the write.
type callsMsg struct {
	to      *operation
	version uint64
	answers investigate.Answers
}

// ticked asks the evidence again while a containment's dialog is open.
func (d *containDialog) ticked(m *model) tea.Cmd {
	op := d.op
	if op == nil || op.counting || op.plan.Op != contain.Contain || op.writtenAt().IsZero() {
		return nil
	}
	version := m.opt.Store.Version()
	if op.answers != nil && op.counted == version {
		return nil
	}
	op.counting = true
	store, p, since := m.opt.Store, op.principal(m), op.writtenAt()
	return func() tea.Msg {
		return callsMsg{op, version, store.AnswersAfter(p, since)}
	}
}

func (op *operation) gotCalls(msg callsMsg) {
	op.counting, op.counted, op.answers = false, msg.version, &msg.answers
}

// principal is the target as the evidence knows it. A group never acts.
func (op *operation) principal(m *model) event.Principal {
	t := op.plan.Target
	for _, r := range m.evidence.ranking.Principals {
		if refTo(r.Principal()) == t.Ref() {
			return r.Principal()
		}
	}
	return event.Principal{Kind: event.Kind(t.Kind), Name: t.Name, Account: t.Account, ARN: t.ARN}
}

// writtenAt is when AWS accepted the change; zero before that.
func (op *operation) writtenAt() time.Time {
	for _, p := range op.seen {
		if p.State == contain.Requested || p.State == contain.InPlace {
			return p.At
		}
	}
	return time.Time{}
}

// callsView is what the evidence shows of the target since the write. That
// nothing was seen is not that nothing happened: events come minutes late.
func (op *operation) callsView(m *model, w int) []line {
	a := op.answers
	if a == nil {
		return nil
	}
	out := []line{nil, in(strong, sayf("Its calls since %s, in the evidence", clock(op.writtenAt(), m.opt.Now())))}
	tally := in(normal, sayf("denied %d", a.Denied)).and(dim, m.th.dot).and(normal, sayf("succeeded %d", a.Succeeded))
	if a.Other > 0 {
		tally = tally.and(dim, m.th.dot).and(normal, sayf("failed otherwise %d", a.Other))
	}
	out = append(out, tally)
	switch {
	case a.Denied+a.Succeeded+a.Other == 0:
		return append(out, paragraphs(dim, "No attempt seen is not no attempt made: CloudTrail delivers events minutes late.", w)...)
	case a.Denied > 0:
		out = append(out, paragraphs(good, "First denied "+clock(a.FirstDenied, m.opt.Now())+
			". A denial does not say what caused it.", w)...)
	}
	if a.Succeeded > 0 {
		out = append(out, paragraphs(caution, "Last succeeded "+clock(a.LastSucceeded, m.opt.Now())+
			". A deny takes some seconds to be enforced everywhere; after that it must not.", w)...)
	}
	return out
}
