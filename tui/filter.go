package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate/query"
)

// filter is the filter line of a list. While it is typed it is already in
// force, as far as it can be read; what cannot be read is told below it and
// leaves the last readable one in force.
type filter struct {
	typing bool
	line   edit
	expr   *query.Expr
	err    error
	// names are fields that this list has besides those of events.
	names []string
}

// maxFilter is enough for any expression that a person types.
const maxFilter = 2000

// active reports whether there is anything for Esc to clear.
func (f *filter) active() bool { return f.typing || f.expr != nil || f.err != nil }

// start begins typing, keeping what was there.
func (f *filter) start() {
	if f.expr == nil && f.err == nil {
		f.line = newEdit(maxFilter)
	}
	f.typing = true
}

func (f *filter) clear() { *f = filter{names: f.names} }

// text is the filter as typed.
func (f *filter) text() string {
	if !f.active() {
		return ""
	}
	return f.line.value()
}

// update takes a key press or a paste while typing; changed says whether
// another filter is in force now.
func (f *filter) update(msg tea.Msg) (changed bool) {
	was := f.line.value()
	f.line.update(msg)
	now := f.line.value()
	if now == was {
		return false
	}
	f.err = nil
	if now == "" {
		f.expr = nil
		return true
	}
	expr, err := f.parse(now)
	if err != nil {
		f.err = err
		return false
	}
	f.expr = expr
	return true
}

// parse reads a filter. The language knows the fields of events alone, so an
// expression about nothing but the list's own is read without that check.
func (f *filter) parse(src string) (*query.Expr, error) {
	expr, err := query.ParseLine(src)
	if err == nil {
		return expr, nil
	}
	own, ownErr := query.ParseFilter(src)
	if ownErr != nil || len(own.Columns()) == 0 {
		return nil, err
	}
	for _, c := range own.Columns() {
		if !slices.Contains(f.names, c) {
			return nil, err
		}
	}
	return own, nil
}

// view is the filter line and, below it, what is wrong with it, in at most most
// lines. The cursor's column is -1 unless it is being typed.
func (f *filter) view(w, most int, th *theme) (lines []line, cursor int) {
	if !f.active() {
		return nil, -1
	}
	text, at := f.line.view(w-4, th)
	lines = []line{append(in(accent, " / "), text...)}
	if f.err != nil {
		told := wrap(f.err.Error(), w-3)
		for i, s := range told[:min(len(told), most)] {
			if i == most-1 && len(told) > most {
				s = (s + th.more).cut(w-3, th.more)
			}
			lines = append(lines, in(bad, "   "+s))
		}
	}
	if !f.typing {
		return lines, -1
	}
	return lines, at + 3
}
