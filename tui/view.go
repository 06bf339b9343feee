package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

const (
	// Below this nothing useful can be shown.
	minWidth, minHeight = 40, 10
	// Below this a dialog cannot be read, and so must not be answered.
	dialogWidth, dialogHeight = 60, 16
	// From this width on, details stand beside the list instead of below it.
	wideWidth = 120
)

// View draws the whole screen: header, rule with the breadcrumb, filter line,
// the screen itself with the dialog over it, note, footer.
func (m *model) View() tea.View {
	v := tea.View{AltScreen: true, WindowTitle: "cordon"}
	if m.width == 0 || m.height == 0 {
		return v
	}
	if m.unreadable() {
		v.Content = m.th.paint(m.smallView())
		return v
	}
	lines := append(m.header(), m.rule())
	cursor := -1
	var cursorRow int
	if f, ok := m.top().(filterer); ok {
		above, at := f.filtering().view(m.width, max(2, m.height/3), &m.th)
		cursor, cursorRow = at, len(lines)
		lines = append(lines, above...)
	}
	below := m.foot()
	h := m.height - len(lines) - len(below)
	body := padded(m.top().view(m, m.width, h), h)
	if m.dialog != nil {
		box, x, y := m.dialog.view(m, m.width, h)
		body = over(body, box.lines, x, y, m.width)
		cursor = -1
		if box.cursor.on {
			cursor, cursorRow = x+box.cursor.x, len(lines)+y+box.cursor.y
		}
	}
	lines = append(append(lines, body...), below...)
	for i, l := range lines {
		lines[i] = l.head(m.width, m.th.more)
	}
	v.Content = m.th.paint(lines[:min(len(lines), m.height)])
	if cursor >= 0 {
		v.Cursor = tea.NewCursor(cursor, cursorRow)
		v.Cursor.Blink = false
	}
	return v
}

// unreadable reports whether what is open does not fit the terminal. Keys are
// dropped then: nobody answers what they cannot read.
func (m *model) unreadable() bool {
	if m.dialog != nil && (m.width < dialogWidth || m.height < dialogHeight) {
		return true
	}
	return m.width < minWidth || m.height < minHeight
}

func (m *model) smallView() []line {
	w, h := minWidth, minHeight
	if m.dialog != nil {
		w, h = dialogWidth, dialogHeight
	}
	out := []line{
		in(strong, "cordon"),
		plain(safe(fmt.Sprintf("%d by %d is too small.", m.width, m.height))),
		plain(safe(fmt.Sprintf("It needs %d by %d.", w, h))),
	}
	if m.operations.running() != nil {
		out = append(out, in(caution, "A containment is running."))
	}
	for i := range out {
		out[i] = out[i].head(m.width, m.th.more)
	}
	return out[:min(len(out), m.height)]
}

// rule is the line between header and screen: the way here at its left, how
// many of how many at its right.
func (m *model) rule() line {
	crumbs := line{}
	for i, s := range m.stack {
		if i > 0 {
			crumbs = crumbs.and(dim, m.th.crumb)
		}
		st := dim
		if i == len(m.stack)-1 {
			st = accent
		}
		crumbs = crumbs.and(st, s.crumb())
	}
	var right line
	if a, ok := m.top().(aside); ok {
		if text := a.aside(m); text != "" {
			right = plain(text)
		}
	}
	return m.th.ruled(crumbs, right, m.width)
}

// padded returns exactly h lines.
func padded(lines []line, h int) []line {
	if h <= 0 {
		return nil
	}
	if len(lines) > h {
		return lines[:h]
	}
	out := make([]line, h)
	copy(out, lines)
	return out
}

// split draws a list with details: beside it on wide screens, if beside is
// asked for, and else below it.
func (m *model) split(w, h int, beside bool, title safe, main, detail func(w, h int) []line) []line {
	switch {
	case beside && w >= wideWidth:
		right := max(36, min(w*2/5, w-3-80))
		left := w - right - 3
		a := padded(main(left, h), h)
		b := padded(append([]line{in(strong, title)}, detail(right, h-1)...), h)
		for i := range a {
			row := a[i].fit(left, m.th.more).and(dim, " "+m.th.side+" ")
			a[i] = append(row, b[i]...)
		}
		return a
	case h < 10:
		return main(w, h)
	}
	low := max(4, min(h*2/5, 12))
	a := padded(main(w, h-low-1), h-low-1)
	a = append(a, m.th.ruled(in(strong, title), nil, w))
	return append(a, padded(detail(w, low), low)...)
}

// notice is what an empty list says: what was looked at, and what to do next.
func notice(w, h int, title safe, texts ...string) []line {
	out := make([]line, 0, h)
	out = append(out, nil, in(strong, "  "+title))
	for _, t := range texts {
		if t == "" {
			continue
		}
		out = append(out, nil)
		for _, s := range wrap(t, w-4) {
			out = append(out, plain("  "+s))
		}
	}
	return out
}
