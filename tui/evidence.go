package tui

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/event"
)

// evidence is what the model knows of the store: whether the source is being
// read, and the last ranking of what it gave.
type evidence struct {
	reading bool
	stopped bool
	started time.Time
	stop    context.CancelFunc
	reads   int
	err     error

	ranking investigate.Ranking
	// coverage is that of the newest ranking, even while a dialog keeps the
	// rows of an older one on the screen.
	coverage event.Coverage
	// accounts says that principals of more than one account acted, so that
	// their names alone do not tell them apart.
	accounts bool
	// version is the store's when the ranking was made; have says that there
	// is one at all.
	version  uint64
	have     bool
	rankBusy bool
	// next is when the next ranking may begin, so that ranking a large store
	// over and over does not slow down the reading of it.
	next time.Time
	// held is a ranking that arrived while a dialog froze the rows.
	held *rankedMsg

	ticking bool
}

type (
	// readMsg says that a reading ended.
	readMsg struct {
		n   int
		err error
	}
	// refreshMsg says that a live source is due again after reading n.
	refreshMsg struct{ n int }
	tickMsg    struct{}
	rankedMsg  struct {
		ranking investigate.Ranking
		version uint64
		took    time.Duration
	}
)

const (
	tickBusy = 200 * time.Millisecond
	tickIdle = time.Second
)

// slow reports whether a reading takes long enough to offer to stop it: the
// short ones of a live source come and go.
func (ev *evidence) slow(now time.Time) bool {
	return ev.reads == 1 || now.Sub(ev.started) > 2*time.Second
}

// gaps reports whether there is anything that was not read.
func (ev *evidence) gaps() bool {
	return ev.err != nil || len(ev.coverage.Failed)+len(ev.coverage.Skipped) > 0
}

// read starts reading the source, unless it is being read.
func (m *model) read() tea.Cmd {
	ev := &m.evidence
	if m.opt.Load == nil {
		return m.rank()
	}
	if ev.reading {
		return nil
	}
	ctx, stop := context.WithCancel(m.ctx)
	ev.reads++
	ev.reading, ev.stopped, ev.stop, ev.started = true, false, stop, m.opt.Now()
	n, load := ev.reads, m.opt.Load
	return tea.Batch(m.tick(), func() tea.Msg {
		defer stop()
		return readMsg{n, load(ctx)}
	})
}

// stopReading ends a reading on the operator's word; what was read stays, and
// the coverage says that it is partial.
func (m *model) stopReading() tea.Cmd {
	if !m.evidence.reading {
		return nil
	}
	m.evidence.stopped = true
	m.evidence.stop()
	return m.tell("stopping: what was read stays, r reads on")
}

func (m *model) wasRead(msg readMsg) tea.Cmd {
	ev := &m.evidence
	if msg.n != ev.reads {
		return nil
	}
	ev.reading = false
	ev.err = msg.err
	if ev.stopped && errors.Is(msg.err, context.Canceled) {
		ev.err = nil
	}
	ev.next = time.Time{}
	cmds := []tea.Cmd{m.rank()}
	if m.opt.Refresh > 0 && !ev.stopped {
		cmds = append(cmds, tea.Tick(m.opt.Refresh, func(time.Time) tea.Msg { return refreshMsg{msg.n} }))
	}
	return tea.Batch(cmds...)
}

func (m *model) refreshDue(msg refreshMsg) tea.Cmd {
	if msg.n != m.evidence.reads {
		return nil
	}
	return m.read()
}

// tick keeps the clock going while there is anything to watch, and only then.
func (m *model) tick() tea.Cmd {
	if m.evidence.ticking {
		return nil
	}
	every := tickIdle
	switch {
	case m.evidence.reading || m.operations.running() != nil || m.dialog != nil || m.searching():
		every = tickBusy
	case m.opt.Refresh == 0 && m.evidence.version == m.opt.Store.Version():
		return nil
	}
	m.evidence.ticking = true
	return tea.Tick(every, func(time.Time) tea.Msg { return tickMsg{} })
}

// A searcher has questions that take long enough to show how far they came.
type searcher interface {
	searching() bool
	peek()
}

func (m *model) searching() bool {
	s, ok := m.top().(searcher)
	return ok && s.searching()
}

func (m *model) ticked() tea.Cmd {
	m.evidence.ticking = false
	var cmds []tea.Cmd
	if !m.opt.Now().Before(m.evidence.next) {
		cmds = append(cmds, m.rank())
	}
	if s, ok := m.top().(searcher); ok && m.dialog == nil {
		s.peek()
	}
	if d, ok := m.dialog.(*containDialog); ok {
		cmds = append(cmds, d.ticked(m))
	}
	return tea.Batch(append(cmds, m.tick())...)
}

// rank asks for the ranking of what is in the store, if that changed.
func (m *model) rank() tea.Cmd {
	ev := &m.evidence
	version := m.opt.Store.Version()
	if ev.rankBusy || ev.have && ev.version == version {
		return nil
	}
	ev.rankBusy = true
	store, now := m.opt.Store, m.opt.Now
	return func() tea.Msg {
		began := now()
		return rankedMsg{store.Rank(), version, now().Sub(began)}
	}
}

func (m *model) wasRanked(msg rankedMsg) tea.Cmd {
	ev := &m.evidence
	ev.rankBusy = false
	ev.next = m.opt.Now().Add(2 * msg.took)
	ev.coverage = msg.ranking.Coverage
	if m.dialog != nil {
		ev.held = &msg
		// Not version: the screens have not seen it yet.
		return m.tick()
	}
	ev.accept(msg)
	return tea.Batch(m.refreshTop(), m.tick())
}

func (ev *evidence) accept(msg rankedMsg) {
	ev.ranking, ev.version, ev.have, ev.held = msg.ranking, msg.version, true, nil
	first := ""
	ev.accounts = false
	for _, r := range msg.ranking.Principals {
		if first == "" {
			first = r.Account
		}
		ev.accounts = ev.accounts || r.Account != "" && r.Account != first
	}
}

// thaw brings what arrived while a dialog was open.
func (m *model) thaw() tea.Cmd {
	if m.evidence.held != nil {
		m.evidence.accept(*m.evidence.held)
	}
	return m.tick()
}

// ranked finds a principal in the ranking.
func (m *model) ranked(p event.Principal) (investigate.Ranked, bool) {
	for _, r := range m.evidence.ranking.Principals {
		if r.Principal() == p {
			return r, true
		}
	}
	return investigate.Ranked{}, false
}
