package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/clean"
)

// events is a list of events: all of them, a principal's, a session's, or a
// finding's.
type events struct {
	name safe
	eventList
	withWho bool
}

// everyEvent asks for all there is.
var everyEvent = investigate.Filter{}

func newEvents(name safe, ask investigate.Filter) *events {
	return &events{name: name, eventList: eventList{ask: ask}, withWho: ask.Principal == nil}
}

func (s *events) crumb() safe { return s.name }

func (s *events) scope(*model) scope {
	on := onList | onSort
	if _, ok := s.current(); ok {
		on |= onOpen | onTarget | onJSON | onRelease
	}
	return on
}

func (s *events) filtering() *filter { return &s.filter }

func (s *events) aside(m *model) safe { return s.says(m) }

func (s *events) do(m *model, a action) tea.Cmd {
	if s.list.move(a, len(s.rows)) {
		return nil
	}
	if a == actSort {
		s.oldestFirst = !s.oldestFirst
		return s.query(m)
	}
	row, ok := s.current()
	if !ok {
		return nil
	}
	return m.doRow(row, a)
}

// doRow is what can be done with one event in any list.
func (m *model) doRow(row int, a action) tea.Cmd {
	r := m.opt.Store.Row(row)
	switch a {
	case actOpen:
		return m.push(newEventScreen(row))
	case actContain:
		return m.contain(r.Principal)
	case actRelease:
		return m.release(r.Principal)
	case actCopyARN:
		return m.copyARN(r.Principal.ARN)
	case actCopyJSON:
		return m.copyEvent(row)
	}
	return nil
}

func (s *events) view(m *model, w, h int) []line {
	if len(s.rows) == 0 {
		return s.nothing(m, w, h)
	}
	return m.split(w, h, true, "event", func(w, h int) []line {
		t := eventTable(&m.th, w, s.withWho)
		out := []line{t.head()}
		from, to := s.list.window(len(s.rows), h-1)
		for i := from; i < to; i++ {
			out = append(out, eventRow(&m.th, t, m.opt.Store.Row(s.rows[i]), i == s.list.cursor))
		}
		return out
	}, func(w, h int) []line {
		row, ok := s.current()
		if !ok {
			return nil
		}
		return rowDetail(m, m.opt.Store.Row(row), w)
	})
}

// rowDetail is one event from the columns alone, which are at hand at once.
func rowDetail(m *model, r investigate.Row, w int) []line {
	mark, word, st := result(&m.th, r.Failed, r.Denied)
	out := []line{in(strong, say(r.Name)).and(dim, " on ").and(normal, say(service(r.Source)))}
	out = append(out, labelled("who", who(r.Principal), w)...)
	if r.Session != "" && r.Session != r.AccessKey {
		out = append(out, labelled("session", r.Session, w)...)
	}
	if r.Subject != "" {
		out = append(out, labelled("on", r.Subject, w)...)
	}
	verdict := in(dim, "result     ").and(st, safe(strings.TrimLeft(string(mark+word), " ")))
	if r.ErrorCode != "" {
		verdict = verdict.and(normal, "  "+say(r.ErrorCode))
	}
	out = append(out, verdict)
	out = append(out, labelled("when", string(full(r.Time))+"  "+r.Region, w)...)
	from := r.SourceIP
	if r.InvokedBy != "" && r.InvokedBy != r.SourceIP {
		from += " through " + r.InvokedBy
	}
	out = append(out, labelled("from", from, w)...)
	out = append(out, labelled("with", clean.Secrets(r.UserAgent), w)...)
	if r.AccessKey != "" {
		out = append(out, labelled("key", r.AccessKey, w)...)
	}
	return out
}
