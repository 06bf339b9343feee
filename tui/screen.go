package tui

import (
	tea "charm.land/bubbletea/v2"
)

// A screen is one level of the stack: a plain struct that the model calls, not
// a program of its own. Screens change only inside calls from Update.
type screen interface {
	// crumb is the screen's part of the breadcrumb.
	crumb() safe
	// scope says which bindings work, given what is selected.
	scope(m *model) scope
	// do carries out an action of that scope.
	do(m *model, a action) tea.Cmd
	// view draws into w by h cells; fewer lines than h are padded.
	view(m *model, w, h int) []line
}

// A refresher has something to bring up to date when the evidence, or what is
// known of the account, has changed, and when it becomes the top of the stack.
type refresher interface{ refresh(m *model) tea.Cmd }

// A filterer has a filter line; refilter is called whenever its text changed.
type filterer interface {
	filtering() *filter
	refilter(m *model) tea.Cmd
}

// An aside has something to say at the right end of the rule under the header:
// how many of how many, and in which order.
type aside interface{ aside(m *model) safe }

// top is the screen that is shown.
func (m *model) top() screen { return m.stack[len(m.stack)-1] }

// push drills into a screen.
func (m *model) push(s screen) tea.Cmd {
	m.stack = append(m.stack, s)
	return m.refreshTop()
}

// pop goes back one level; at the root it does nothing.
func (m *model) pop() tea.Cmd {
	if len(m.stack) == 1 {
		return nil
	}
	m.stack = m.stack[:len(m.stack)-1]
	return m.refreshTop()
}

// turn shows another view, dropping the levels above the present one.
func (m *model) turn(by int) tea.Cmd {
	m.at = (m.at + by + len(m.views)) % len(m.views)
	m.stack = []screen{m.views[m.at]}
	return m.refreshTop()
}

func (m *model) refreshTop() tea.Cmd {
	if r, ok := m.top().(refresher); ok {
		return r.refresh(m)
	}
	return nil
}

// back is what Esc does when no dialog is open: first the filter, then the
// level.
func (m *model) back() tea.Cmd {
	if f, ok := m.top().(filterer); ok && f.filtering().active() {
		f.filtering().clear()
		return f.refilter(m)
	}
	return m.pop()
}
