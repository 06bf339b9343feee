package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// note is the message above the footer. News goes away by itself; an error
// stays until Esc.
type note struct {
	text  safe
	style style
	id    int
}

// noteStays is how long news is shown.
const noteStays = 6 * time.Second

// noteOverMsg says that a note has been shown long enough.
type noteOverMsg struct{ id int }

// failedMsg says that something done in passing did not work.
type failedMsg struct {
	doing safe
	err   error
}

// tell shows news.
func (m *model) tell(s safe) tea.Cmd {
	m.noteID++
	id := m.noteID
	m.note = note{text: s, style: good, id: id}
	return tea.Tick(noteStays, func(time.Time) tea.Msg { return noteOverMsg{id} })
}

// warn shows something that went wrong, or cannot be done.
func (m *model) warn(s safe) {
	m.noteID++
	m.note = note{text: s, style: bad, id: m.noteID}
}
