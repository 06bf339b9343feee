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

// refTo names a principal for contain.
func refTo(p event.Principal) contain.Ref {
	return contain.Ref{Account: p.Account, Kind: contain.Kind(p.Kind), Name: p.Name}
}
