package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
)

// eventList is a virtual list of the events that a question selects: a list of
// row numbers of the store, of which only the visible ones are ever looked at.
//
// Plain words are looked for in the store's columns at once, and then, when the
// typing pauses, in the whole records, which takes longer and may find more.
type eventList struct {
	ask investigate.Filter
	filter
	oldestFirst bool

	rows  []int
	total int
	list  list
	// gen numbers the questions; only the answer to the last one counts.
	gen   int
	busy  bool
	err   error
	known bool
	// deep says that rows are from whole records, as far as that matters.
	deep bool
	scan *scan
	// version is the store's that the rows are of, asked that of the question
	// under way.
	version, asked uint64
	// item is the first index of the list that is an event, for lists that
	// have other items before them.
	item int
}

// selectedMsg answers a question.
type selectedMsg struct {
	to    *eventList
	gen   int
	rows  []int
	total int
	deep  bool
	err   error
	// stopped says that another question came in between.
	stopped bool
}

// scan is how far a question has come that reads records. It is written while
// the question is under way, and looked at with each tick.
type scan struct {
	mu       sync.Mutex
	progress investigate.Progress
}

func (s *scan) observe(p investigate.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.progress = p
}

func (s *scan) look() investigate.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.progress
}

// typingPause is how long the filter line must rest before records are read.
// keyPause is how long it must rest before an expression is asked, which may
// have to read records at once.
const (
	typingPause = 300 * time.Millisecond
	keyPause    = 100 * time.Millisecond
)

// refilter asks again because the filter changed.
func (e *eventList) refilter(m *model) tea.Cmd {
	e.deep = false
	pause := time.Duration(0)
	if e.expr != nil && !e.wordy() {
		pause = keyPause
	}
	return e.queryAfter(m, pause)
}

// query asks for the rows anew, dropping the question under way.
func (e *eventList) query(m *model) tea.Cmd { return e.queryAfter(m, 0) }

func (e *eventList) queryAfter(m *model, pause time.Duration) tea.Cmd {
	e.gen++
	e.asked = m.opt.Store.Version()
	return e.put(m, e.deep && e.wordy(), pause)
}

// wordy reports whether whole records may hold more than the columns do.
func (e *eventList) wordy() bool { return e.expr != nil && len(e.expr.Words()) > 0 }

// put asks the store, after a pause.
func (e *eventList) put(m *model, deep bool, pause time.Duration) tea.Cmd {
	search := m.searches.begin(m.ctx)
	e.busy, e.scan = true, &scan{}
	ask, gen, store := e.ask, e.gen, m.opt.Store
	ask.Expr, ask.Descending, ask.Everywhere, ask.Observe = e.expr, !e.oldestFirst, deep, e.scan.observe
	question := func() tea.Msg {
		msg := selectedMsg{to: e, gen: gen, deep: deep}
		asked := search.run(pause, func(ctx context.Context) {
			var got investigate.Selection
			got, msg.err = store.Select(ctx, ask)
			msg.rows, msg.total = got.Rows, len(got.Rows)
			if msg.err == nil && ask.Expr != nil {
				ask.Expr, ask.Observe = nil, nil
				var all investigate.Selection
				all, msg.err = store.Select(ctx, ask)
				msg.total = len(all.Rows)
			}
		})
		msg.stopped = !asked || errors.Is(msg.err, context.Canceled)
		return msg
	}
	return tea.Batch(question, m.tick())
}

// rest waits; ok is false if ctx ended before.
func rest(ctx context.Context, d time.Duration) (ok bool) {
	if d == 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// selected takes an answer, and goes on to whole records if those may hold
// more.
func (e *eventList) selected(m *model, msg selectedMsg) tea.Cmd {
	if msg.gen != e.gen {
		return nil
	}
	if m.dialog != nil || msg.stopped {
		// Rows are frozen, or another list asked: the question is put again when
		// the dialog closes, or when this list is the top one again.
		e.busy, e.known = false, false
		return e.again(m)
	}
	e.busy, e.err, e.known, e.version, e.total = false, msg.err, true, e.asked, msg.total
	e.take(msg.rows)
	if msg.err != nil {
		return nil
	}
	if e.wordy() && !msg.deep {
		if !m.lists(e) {
			// Reading records is for the list that is looked at.
			e.known = false
			return nil
		}
		return e.put(m, true, typingPause)
	}
	e.deep = true
	if !m.evidence.reading {
		return e.again(m)
	}
	return nil
}

// again asks again if need be, but only for the list that is looked at.
func (e *eventList) again(m *model) tea.Cmd {
	if m.dialog != nil || m.ctx.Err() != nil || !m.lists(e) {
		return nil
	}
	return e.refresh(m)
}

// lists reports whether a list of events is the one that is looked at.
func (m *model) lists(e *eventList) bool {
	s, ok := m.top().(interface{ is(*eventList) bool })
	return ok && s.is(e)
}

func (e *eventList) is(other *eventList) bool { return e == other }

// take replaces the rows. The selection stays on its event, on the same row of
// the screen, however many events came before it.
func (e *eventList) take(rows []int) {
	was, had := e.current()
	e.rows = rows
	if !had {
		return
	}
	if to := slices.Index(rows, was); to >= 0 {
		e.list.jump(to + e.item)
	}
}

// peek takes the rows found so far by a question that reads records.
func (e *eventList) peek() {
	if !e.busy || e.scan == nil {
		return
	}
	if p := e.scan.look(); p.Total > 0 && len(p.Rows) > len(e.rows) {
		e.take(p.Rows)
	}
}

// searching reports whether a question is under way.
func (e *eventList) searching() bool { return e.busy }

// refresh asks again if the store has changed since. A question under way is
// left to finish: an answer that is a moment old is better than none while
// events pour in.
func (e *eventList) refresh(m *model) tea.Cmd {
	if e.busy || e.known && e.version == m.opt.Store.Version() {
		return nil
	}
	return e.query(m)
}

// current is the row that is selected; ok is false if none is.
func (e *eventList) current() (row int, ok bool) {
	i := e.list.cursor - e.item
	if i < 0 || i >= len(e.rows) {
		return 0, false
	}
	return e.rows[i], true
}

// order is the list's order in words.
func (e *eventList) order() safe {
	if e.oldestFirst {
		return "oldest first"
	}
	return "newest first"
}

// tally is how many of how many are shown.
func (e *eventList) tally() safe {
	n := safe(count(len(e.rows)))
	switch {
	case e.busy && !e.known:
		return "searching"
	case e.expr == nil:
		return n
	case e.busy:
		return n + " of " + safe(count(e.total)) + e.progress()
	}
	return n + " of " + safe(count(e.total))
}

// progress is how far a search has come that reads records.
func (e *eventList) progress() safe {
	p := e.scan.look()
	if p.Total == 0 {
		return ", searching"
	}
	return safe(fmt.Sprintf(", searching %d%%", 100*p.Scanned/p.Total))
}

// says is the tally and the order, for the rule under the header.
func (e *eventList) says(m *model) safe {
	if e.err != nil {
		return sayf("search failed: %s", e.err)
	}
	return e.tally() + m.th.dot + e.order()
}

// nothing is what an empty list of events says.
func (e *eventList) nothing(m *model, w, h int) []line {
	switch {
	case e.err != nil:
		return notice(w, h, "The search failed.", e.err.Error(), "r tries again.")
	case e.busy || !e.known:
		return notice(w, h, "Searching"+m.th.more)
	case e.expr != nil:
		return notice(w, h, "No event matches the filter.",
			fmt.Sprintf("Looked at %s events. Esc clears the filter.", count(e.total)))
	}
	return m.nothingRead(w, h, "No events.")
}
