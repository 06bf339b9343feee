package tui

import (
	"encoding/json"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate/clean"
)

// copyARN puts an ARN on the clipboard. It is cleaned: what is pasted into a
// shell must not have a line feed in it.
func (m *model) copyARN(arn string) tea.Cmd {
	if arn == "" {
		m.warn("the record has no ARN to copy")
		return nil
	}
	return tea.Batch(tea.SetClipboard(clean.Line(arn)), m.tell("asked the terminal to copy "+say(arn)))
}

// copyJSON puts a value on the clipboard as JSON.
func (m *model) copyJSON(v any, what safe) tea.Cmd {
	raw, err := json.Marshal(v)
	if err != nil {
		m.warn("copying: " + say(err.Error()))
		return nil
	}
	return tea.Batch(tea.SetClipboard(string(clean.Record(raw))), m.tell("asked the terminal to copy "+what+" as JSON"))
}

// copyEvent puts a whole event on the clipboard, secrets redacted.
func (m *model) copyEvent(row int) tea.Cmd {
	store := m.opt.Store
	return tea.Batch(func() tea.Msg {
		e, err := store.Event(row)
		if err != nil {
			return failedMsg{"copying the event", err}
		}
		return tea.SetClipboard(string(clean.Record(e.Raw)))()
	}, m.tell("asked the terminal to copy the event as JSON"))
}
