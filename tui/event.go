package tui

import (
	"fmt"
	"sort"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate/clean"
	"cordon/investigate/event"
)

// eventScreen is one event: told in plain words first, then as its fields, and
// on request as the record itself with secrets redacted.
type eventScreen struct {
	row    int
	event  *event.Event
	doc    event.Document
	record []byte
	err    error
	raw    bool
	scroll scroller
	// drawn keeps the lines: a record may have hundreds of kilobytes.
	drawn drawn
}

// drawn are lines, and what they were drawn from.
type drawn struct {
	w       int
	raw     bool
	version uint64
	lines   []line
}

func newEventScreen(row int) *eventScreen { return &eventScreen{row: row} }

// openedMsg brings an event, decompressed and decoded.
type openedMsg struct {
	to     *eventScreen
	event  event.Event
	doc    event.Document
	record []byte
	err    error
}

func (s *eventScreen) crumb() safe {
	if s.event == nil {
		return "event"
	}
	return say(s.event.Name)
}

func (s *eventScreen) scope(*model) scope {
	return onList | onEvent | onTarget | onJSON | onRelease
}

// refresh opens the event if it is not open yet; an event never changes.
func (s *eventScreen) refresh(m *model) tea.Cmd {
	if s.event != nil || s.err != nil {
		return nil
	}
	store, row := m.opt.Store, s.row
	return func() tea.Msg {
		msg := openedMsg{to: s}
		msg.event, msg.err = store.Event(row)
		if msg.err != nil {
			return msg
		}
		msg.doc, msg.err = msg.event.Document()
		msg.record = clean.Indented(msg.event.Raw)
		return msg
	}
}

func (s *eventScreen) opened(msg openedMsg) {
	s.err = msg.err
	if msg.err == nil {
		s.event, s.doc, s.record = &msg.event, msg.doc, msg.record
	}
}

func (s *eventScreen) do(m *model, a action) tea.Cmd {
	if s.scroll.move(a) {
		return nil
	}
	if a == actRaw {
		s.raw, s.scroll = !s.raw, scroller{}
		return nil
	}
	return m.doRow(s.row, a)
}

func (s *eventScreen) view(m *model, w, h int) []line {
	switch {
	case s.err != nil:
		return notice(w, h, "The event cannot be opened.", s.err.Error(), "Esc goes back.")
	case s.event == nil:
		return notice(w, h, "Opening"+m.th.more)
	}
	return s.scroll.window(s.draw(m, w), h, &m.th)
}

// draw returns the lines, drawn anew only if they would differ.
func (s *eventScreen) draw(m *model, w int) []line {
	d := &s.drawn
	if version := m.evidence.version; d.lines == nil || d.w != w || d.raw != s.raw || d.version != version {
		*d = drawn{w: w, raw: s.raw, version: version}
		if s.raw {
			d.lines = s.rawView(w)
		} else {
			d.lines = s.toldView(m, w)
		}
	}
	return d.lines
}

func (s *eventScreen) rawView(w int) []line {
	out := []line{in(dim, " the record, secrets redacted; v explains it")}
	for _, l := range wrap(string(s.record), w-2) {
		out = append(out, plain(" "+l))
	}
	return out
}

// maxMessage is how many lines of an error message are shown: some carry an
// encoded decision of hundreds of characters.
const maxMessage = 5

// toldView explains the event.
func (s *eventScreen) toldView(m *model, w int) []line {
	e := s.event
	var out []line
	add := func(ls []line) {
		for _, l := range ls {
			out = append(out, append(plain(" "), l...))
		}
	}
	w -= 2
	r := m.opt.Store.Row(s.row)
	add(paragraphs(strong, explain(e, about(r.Subject, s.doc)), w))
	mark, word, st := result(&m.th, r.Failed, r.Denied)
	verdict := in(st, mark+word)
	if !r.Failed {
		verdict = in(good, m.th.check+" it succeeded")
	}
	if e.ErrorCode != "" {
		verdict = verdict.and(st, ": "+say(e.ErrorCode))
	}
	add([]line{verdict})
	if e.ErrorMessage != "" {
		message := paragraphs(normal, clean.Secrets(e.ErrorMessage), w)
		if len(message) > maxMessage {
			message = append(message[:maxMessage-1], in(dim, "and more: v shows all of it"))
		}
		add(message)
	}
	add([]line{nil})
	for _, f := range facts(e, s.doc) {
		add(labelled(f.name, f.value, w))
	}
	out = append(out, m.findingsOf(e, w)...)
	for _, part := range []struct{ title, path string }{
		{"Asked for", "requestParameters"},
		{"Answered", "responseElements"},
	} {
		v, ok := s.doc.Lookup(part.path)
		if !ok || v == nil {
			continue
		}
		add([]line{nil, in(strong, safe(part.title))})
		add(flatten(clean.Redact(v), w))
	}
	return out
}

// findingsOf are the findings that this event is part of.
func (m *model) findingsOf(e *event.Event, w int) []line {
	var out []line
	r, ok := m.ranked(e.Principal)
	if !ok {
		return nil
	}
	for _, f := range r.Findings {
		if !has(f.EventIDs, e.ID) {
			continue
		}
		if out == nil {
			out = append(out, nil, in(strong, " Part of the findings"))
		}
		mark, word, st := m.th.level(f.Level)
		out = append(out, in(st, " "+mark+" "+pad(word, 9)).and(normal, say(f.Title)).head(w, m.th.more))
	}
	return out
}

func has(ids []string, id string) bool {
	for _, x := range ids {
		if x == id {
			return true
		}
	}
	return false
}

// flatten writes a decoded JSON value as path = value lines.
func flatten(v any, w int) []line {
	var out []line
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for k := range v {
				keys = append(keys, k)
			}
			sort.Strings(keys)
			for _, k := range keys {
				walk(join(path, k), v[k])
			}
		case []any:
			for i, x := range v {
				walk(join(path, fmt.Sprint(i)), x)
			}
		default:
			for i, l := range wrap(fmt.Sprintf("%s = %v", path, v), w-2) {
				if i > 0 {
					l = "  " + l
				}
				out = append(out, plain("  "+l))
			}
		}
	}
	walk("", v)
	return out
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
