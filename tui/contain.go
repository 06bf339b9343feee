package tui

import (
	tea "charm.land/bubbletea/v2"

	"cordon/contain"
	"cordon/investigate/event"
)

// contain opens the containment dialog for a principal, or says why that
// principal cannot be contained and what to do instead.
func (m *model) contain(p event.Principal) tea.Cmd {
	if ok, whyNot := p.Containable(); !ok {
		m.warn(say(who(p)) + safe(": ") + say(whyNot))
		return nil
	}
	return m.askPlan(refTo(p), false)
}

// release opens the release dialog for a principal.
func (m *model) release(p event.Principal) tea.Cmd {
	if ok, whyNot := p.Containable(); !ok {
		m.warn(say(who(p)) + safe(": ") + say(whyNot))
		return nil
	}
	return m.askPlan(refTo(p), true)
}

// isYou reports whether a principal is the one as which cordon is connected. A
// session of a role is that of the role.
func (m *model) isYou(p event.Principal) bool {
	if m.opt.Containment == nil {
		return false
	}
	c := m.opt.Containment.Caller()
	return string(p.Kind) == c.Kind && p.Name == c.Name && p.Account == c.Account
}

// The operator's own reading counts as activity, and so can raise its rank.
const (
	you      = safe(" (you)")
	aboutYou = safe("this is you: cordon reads as it, and its own calls raise its rank")
)

// refTo names a principal for contain.
func refTo(p event.Principal) contain.Ref {
	return contain.Ref{Account: p.Account, Kind: contain.Kind(p.Kind), Name: p.Name}
}
