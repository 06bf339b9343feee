package tui

import (
	tea "charm.land/bubbletea/v2"
)

// A dialog takes all keys while it is open; there is at most one.
type dialog interface {
	press(m *model, k tea.KeyPressMsg) tea.Cmd
	paste(m *model, p tea.PasteMsg)
	// view draws the dialog for a body of w by h cells, and says where its
	// first cell goes.
	view(m *model, w, h int) (b box, x, y int)
	hints(m *model) []hint
}

// A box is a bordered dialog as drawn; its cursor is where text is typed.
type box struct {
	lines  []line
	cursor cell
}

// cell is a place inside a box.
type cell struct {
	x, y int
	on   bool
}

// frame draws a border of w cells around lines of w-4, with a title in it.
func (th *theme) frame(title line, lines []line, w int) []line {
	head := in(dim, th.corner1+th.rule+" ")
	head = append(head, title...)
	head = head.and(dim, " ").head(w-1, th.more)
	head = head.and(dim, th.repeat(th.rule, w-1-head.width())+th.corner2)
	out := []line{head}
	for _, l := range lines {
		row := in(dim, th.side+" ")
		row = append(row, l.fit(w-4, th.more)...)
		out = append(out, row.and(dim, " "+th.side))
	}
	return append(out, in(dim, th.corner3+th.repeat(th.rule, w-2)+th.corner4))
}

// divider is a rule across a frame's inside.
func (th *theme) divider(w int) line { return in(dim, th.repeat(th.rule, w)) }

// centered is where a box of n lines and w cells goes in the middle.
func centered(w, h, boxWidth, n int) (x, y int) {
	return max(0, (w-boxWidth)/2), max(0, (h-n)/2)
}

// scroller shows a part of lines that are too many for their room.
type scroller struct{ top, rows, n int }

// window returns the lines to show in h rows, the last of which says how much
// more there is, if there is.
func (s *scroller) window(lines []line, h int, th *theme) []line {
	s.n, s.rows = len(lines), h
	if len(lines) <= h {
		s.top = 0
		return lines
	}
	s.rows = h - 1
	s.top = max(0, min(s.top, len(lines)-s.rows))
	out := append([]line(nil), lines[s.top:s.top+s.rows]...)
	if left := len(lines) - s.top - s.rows; left > 0 {
		return append(out, in(caution, th.down+" "+safe(count(left))+" more lines: PgDn or the down arrow"))
	}
	return append(out, in(dim, th.up+" the end; PgUp or the up arrow goes back"))
}

// move scrolls; ok says whether the action was a movement.
func (s *scroller) move(a action) (ok bool) {
	switch a {
	case actUp:
		s.top--
	case actDown:
		s.top++
	case actHalfUp:
		s.top -= max(1, s.rows/2)
	case actHalfDown:
		s.top += max(1, s.rows/2)
	case actPageUp:
		s.top -= max(1, s.rows-1)
	case actPageDown:
		s.top += max(1, s.rows-1)
	case actTop:
		s.top = 0
	case actBottom:
		s.top = s.n
	default:
		return false
	}
	s.top = max(0, min(s.top, s.n-s.rows))
	return true
}
