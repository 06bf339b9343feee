package tui

import (
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"cordon/investigate/clean"
)

// edit is one line that a person types or pastes into. The editing is that of
// Bubbles; painting is the package's own, because pasted text is as hostile as
// any.
type edit struct{ in textinput.Model }

// newEdit returns a focused line, limited to max characters.
func newEdit(max int) edit {
	m := textinput.New()
	m.SetVirtualCursor(false)
	m.CharLimit = max
	// The terminal's own paste arrives as a message; this one would start a
	// clipboard program.
	m.KeyMap.Paste.SetEnabled(false)
	m.Focus()
	return edit{m}
}

func (e *edit) value() string { return e.in.Value() }

// update takes a key press or a paste. The command of the text input only
// blinks a cursor that the terminal blinks itself.
func (e *edit) update(msg tea.Msg) { e.in, _ = e.in.Update(msg) }

// view returns the text in w cells, scrolled so that the cursor is visible,
// and the cursor's cell.
func (e *edit) view(w int, th *theme) (l line, cursor int) {
	runes := []rune(e.in.Value())
	before := safe(clean.Line(string(runes[:e.in.Position()])))
	after := safe(clean.Line(string(runes[e.in.Position():])))
	room := max(1, w-1)
	before = before.cutLeft(room, th.more)
	after = after.cut(room-before.width()+1, th.more)
	text := before + after
	return line{{text: text, style: input}, {text: spaces(w - text.width())}}, before.width()
}
