package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/event"
)

// eventList is a virtual list of the events that a question selects: a list of
// row numbers of the store, of which only the visible ones are ever looked at.
type eventList struct {
	ask investigate.Filter
	filter
	oldestFirst bool

	rows  []int
	total int
	list  list
	// gen numbers the questions; only the answer to the last one counts.
	gen     int
	busy    bool
	stop    context.CancelFunc
	err     error
	known   bool
	version uint64
	// asked is the version that the question under way will answer for.
	asked uint64
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
	err   error
}

// query asks for the rows anew, dropping the question under way.
func (e *eventList) query(m *model) tea.Cmd {
	if e.stop != nil {
		e.stop()
	}
	ctx, stop := context.WithCancel(m.ctx)
	e.gen++
	e.busy, e.stop = true, stop
	e.asked = m.opt.Store.Version()
	ask, gen, store := e.ask, e.gen, m.opt.Store
	ask.Expr, ask.Descending = e.expr, !e.oldestFirst
	return func() tea.Msg {
		defer stop()
		got, err := store.Select(ctx, ask)
		msg := selectedMsg{to: e, gen: gen, rows: got.Rows, total: len(got.Rows), err: err}
		if err == nil && ask.Expr != nil {
			ask.Expr = nil
			var all investigate.Selection
			all, msg.err = store.Select(ctx, ask)
			msg.total = len(all.Rows)
		}
		return msg
	}
}

// selected takes an answer. The selection stays on its event, on the same row
// of the screen, however many events came before it.
func (e *eventList) selected(m *model, msg selectedMsg) tea.Cmd {
	if msg.gen != e.gen {
		return nil
	}
	e.busy, e.err = false, msg.err
	if msg.err != nil {
		return nil
	}
	was, had := e.current()
	e.rows, e.total, e.known, e.version = msg.rows, msg.total, true, e.asked
	if had {
		if to := indexOf(e.rows, was); to >= 0 {
			e.list.jump(to + e.item)
		}
	}
	return nil
}

func indexOf(rows []int, row int) int {
	for i, r := range rows {
		if r == row {
			return i
		}
	}
	return -1
}

// refresh asks again if the store has changed since.
func (e *eventList) refresh(m *model) tea.Cmd {
	if e.known && e.version == m.opt.Store.Version() || e.busy && e.asked == m.opt.Store.Version() {
		return nil
	}
	if e.busy && e.known {
		// Let a slow question finish before the next: an answer that is a
		// moment old is better than none while events pour in.
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
	switch {
	case e.busy && !e.known:
		return "searching"
	case e.expr != nil && e.busy:
		return safe(count(len(e.rows)) + " of " + count(e.total) + ", searching")
	case e.expr != nil:
		return safe(count(len(e.rows)) + " of " + count(e.total))
	}
	return safe(count(len(e.rows)))
}

// columns of a list of events; withWho is for lists of more than one
// principal's.
func eventTable(th *theme, w int, withWho bool) *table {
	who := column{title: "principal", width: 18}
	switch {
	case !withWho:
		who.from = w + 1
	case w >= 100:
		who.width = 26
	}
	return newTable(th, w,
		column{title: "time (UTC)", width: 14},
		who,
		column{title: "event", width: 0},
		column{title: "on", width: 24, from: 96},
		column{title: "service", width: 12, from: 130},
		column{title: "result", width: 8},
		column{title: "region", width: 14, from: 110},
		column{title: "from", width: 15, from: 64},
	)
}

// eventRow is one event in such a table.
func eventRow(th *theme, t *table, r investigate.Row, picked bool) line {
	mark, word, st := result(th, r.Failed, r.Denied)
	return t.row(picked,
		span{text: safe(r.Time.UTC().Format("01-02 15:04:05")), style: dim},
		span{text: say(who(r.Principal))},
		span{text: say(r.Name)},
		span{text: say(r.Subject), style: dim},
		span{text: say(service(r.Source)), style: dim},
		span{text: mark + word, style: st},
		span{text: say(r.Region), style: dim},
		span{text: say(r.SourceIP), style: dim},
	)
}

// result is how a call ended, as a mark, a word and a style.
func result(th *theme, failed, denied bool) (mark, word safe, st style) {
	switch {
	case denied:
		return th.cross + " ", "denied", caution
	case failed:
		return th.cross + " ", "failed", dim
	}
	return "  ", "ok", normal
}

// who is a principal as it is typed.
func who(p event.Principal) string {
	if p.Name == "" {
		return string(p.Kind)
	}
	return p.String()
}

// aside is the tally and the order.
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
