package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/event"
)

// principal is one principal: the facts, then in one list its findings with
// why they were found, its sessions, and its whole timeline.
type principal struct {
	who event.Principal
	eventList
	ranked investigate.Ranked
	found  bool
	// items are what comes before the timeline.
	items []entry
}

// entry is a line before the timeline: a heading, a finding, what did not count
// as a finding, or a session.
type entry struct {
	heading safe
	note    string
	finding *event.Finding
	session *investigate.Session
}

func newPrincipal(p event.Principal) *principal {
	return &principal{who: p, eventList: eventList{ask: investigate.Filter{Principal: &p}}}
}

func (s *principal) crumb() safe { return say(who(s.who)) }

func (s *principal) scope(*model) scope {
	on := onList | onSort | onTarget | onJSON | onRelease
	if s.chosen() != nil {
		on |= onOpen
	} else if _, ok := s.current(); ok {
		on |= onOpen
	}
	return on
}

func (s *principal) filtering() *filter { return &s.filter }

func (s *principal) aside(m *model) safe { return "timeline " + s.says(m) }

// refresh takes the principal's place in the last ranking, keeping what is
// selected: a finding by its rule, a session by its id, an event by its row.
func (s *principal) refresh(m *model) tea.Cmd {
	was := s.chosen()
	var keep entry
	if was != nil {
		keep = *was
	}
	before := s.item
	s.ranked, s.found = m.ranked(s.who)
	s.items = s.items[:0]
	s.items = append(s.items, entry{heading: "Findings"})
	for i := range s.ranked.Findings {
		s.items = append(s.items, entry{finding: &s.ranked.Findings[i]})
	}
	for _, x := range s.ranked.Suppressed {
		s.items = append(s.items, entry{note: x.Reason})
	}
	s.items = append(s.items, entry{heading: "Sessions"})
	for i := range s.ranked.Sessions {
		s.items = append(s.items, entry{session: &s.ranked.Sessions[i]})
	}
	s.items = append(s.items, entry{heading: "Timeline"})
	s.item = len(s.items)
	switch {
	case was == nil && before > 0:
		s.list.jump(s.list.cursor + s.item - before)
	case was != nil:
		if i := slices.IndexFunc(s.items, keep.same); i >= 0 {
			s.list.jump(i)
		}
	default:
		s.list.cursor = 1
	}
	s.step(1)
	return s.eventList.refresh(m)
}

// opens reports whether there is anything behind an entry: only then can it be
// selected.
func (a entry) opens() bool { return a.finding != nil || a.session != nil }

// same reports whether two items stand for the same thing.
func (a entry) same(b entry) bool {
	switch {
	case a.finding != nil && b.finding != nil:
		return a.finding.Rule == b.finding.Rule
	case a.session != nil && b.session != nil:
		return a.session.ID == b.session.ID
	}
	return a.heading != "" && a.heading == b.heading
}

// size is how many lines the list has.
func (s *principal) size() int { return len(s.items) + len(s.rows) }

// chosen is the item selected before the timeline; nil if it is an event.
func (s *principal) chosen() *entry {
	if s.list.cursor < len(s.items) {
		return &s.items[s.list.cursor]
	}
	return nil
}

// step moves off a heading, in the direction given, or back where there is
// nothing further on.
func (s *principal) step(by int) {
	for range 2 {
		for i := s.list.cursor; i >= 0 && i < s.size(); i += by {
			if i >= len(s.items) || s.items[i].opens() {
				s.list.cursor = i
				return
			}
		}
		by = -by
	}
}

func (s *principal) do(m *model, a action) tea.Cmd {
	was := s.list.cursor
	if s.list.move(a, s.size()) {
		if s.list.cursor < was || a == actTop {
			s.step(-1)
		} else {
			s.step(1)
		}
		return nil
	}
	switch a {
	case actSort:
		s.oldestFirst = !s.oldestFirst
		return s.query(m)
	case actContain:
		return m.contain(s.who)
	case actRelease:
		return m.release(s.who)
	case actCopyARN:
		return m.copyARN(s.who.ARN)
	}
	if row, ok := s.current(); ok {
		return m.doRow(row, a)
	}
	it := s.chosen()
	if it == nil {
		return nil
	}
	switch {
	case a == actCopyJSON && it.finding != nil:
		return m.copyJSON(it.finding, "the finding")
	case a == actCopyJSON:
		return m.copyJSON(s.ranked, say(who(s.who)))
	case a == actOpen && it.finding != nil:
		return m.push(newEvents(say(it.finding.Title), investigate.Filter{IDs: it.finding.EventIDs}))
	case a == actOpen && it.session != nil:
		return m.push(newEvents(sayf("session %s", it.session.ID),
			investigate.Filter{Principal: &s.who, Session: it.session.ID}))
	}
	return nil
}
