package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// model is the one model of the program. Only Update and what it calls changes
// it; commands wait, read and write, and answer with messages.
type model struct {
	opt Options
	// ctx ends with the program.
	ctx  context.Context
	th   theme
	keys []Binding

	width, height int

	// views are the roots that Tab turns through, and stack what has been
	// drilled into, with the present view at its bottom.
	views []screen
	at    int
	stack []screen

	dialog dialog
	note   note
	noteID int

	evidence   evidence
	account    account
	operations operations
	searches   searches
	quitting   bool
}

func newModel(ctx context.Context, o Options) *model {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Containment != nil && o.Header.Alias == "" {
		o.Header.Alias = o.Containment.Alias()
	}
	m := &model{opt: o, ctx: ctx, th: newTheme(o.ASCII, o.NoColor), keys: bindings(), searches: newSearches()}
	m.operations.ctx = ctx
	m.views = []screen{&principals{filter: filter{names: rankedNames}}, newEvents("events", everyEvent), &contained{}, &auditLog{}, &directory{}}
	m.stack = m.views[:1:1]
	return m
}

// Init starts reading the source, and asks the account who is contained.
func (m *model) Init() tea.Cmd {
	return tea.Batch(m.read(), m.tick(), m.askContained(), m.readAuditLog())
}

// Update handles what was waited for first, so that an open dialog cannot
// swallow it, and keys after that.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		return m, nil
	case tea.KeyPressMsg:
		return m, m.press(msg)
	case tea.PasteMsg:
		return m, m.paste(msg)
	case tickMsg:
		return m, m.ticked()
	case readMsg:
		return m, m.wasRead(msg)
	case refreshMsg:
		return m, m.refreshDue(msg)
	case rankedMsg:
		return m, m.wasRanked(msg)
	case selectedMsg:
		return m, msg.to.selected(m, msg)
	case actedMsg:
		return m, msg.to.found(m, msg)
	case openedMsg:
		msg.to.opened(msg)
		return m, nil
	case containedMsg:
		return m, m.gotContained(msg)
	case listedMsg:
		msg.to.listed(m, msg)
		return m, nil
	case auditMsg:
		m.gotAudit(msg)
		return m, m.refreshFrozen()
	case plannedMsg:
		msg.to.planned(m, msg)
		return m, nil
	case progressMsg:
		return m, m.progressed(msg)
	case appliedMsg:
		return m, m.applied(msg)
	case callsMsg:
		msg.to.gotCalls(msg)
		return m, nil
	case failedMsg:
		m.warn(msg.doing + ": " + say(msg.err.Error()))
		return m, nil
	case noteOverMsg:
		if m.note.id == msg.id {
			m.note = note{}
		}
		return m, nil
	}
	return m, nil
}

// press routes a key: to the dialog, to the filter line being typed, or by the
// table of bindings.
func (m *model) press(k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "ctrl+c" {
		return m.quit()
	}
	if m.unreadable() {
		return nil
	}
	if m.dialog != nil {
		return m.dialog.press(m, k)
	}
	if f, ok := m.top().(filterer); ok && f.filtering().typing {
		return m.typed(f, k)
	}
	if m.note.style == bad && k.String() == "esc" {
		m.note = note{}
		return nil
	}
	a := lookup(m.keys, m.scope(), k)
	if a == actNone {
		return nil
	}
	return m.do(a)
}

// typed is a key press while the filter line is typed: keys that move in the
// list still do, all others are text.
func (m *model) typed(f filterer, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "enter":
		f.filtering().typing = false
		if f.filtering().text() == "" {
			f.filtering().clear()
		}
		return nil
	case "esc":
		return m.back()
	case "up", "down", "pgup", "pgdown":
		return m.top().do(m, lookup(m.keys, onList, k))
	}
	if f.filtering().update(k) {
		return f.refilter(m)
	}
	return nil
}

func (m *model) paste(p tea.PasteMsg) tea.Cmd {
	if m.unreadable() {
		return nil
	}
	if m.dialog != nil {
		m.dialog.paste(m, p)
		return nil
	}
	if f, ok := m.top().(filterer); ok && f.filtering().typing && f.filtering().update(p) {
		return f.refilter(m)
	}
	return nil
}

// scope is which bindings work now.
func (m *model) scope() scope {
	s := m.top().scope(m)
	if len(m.stack) > 1 {
		s |= onDeep
	}
	if f, ok := m.top().(filterer); ok {
		s |= onFilter
		if f.filtering().active() {
			s |= onDeep
		}
	}
	if m.evidence.reading && m.evidence.slow(m.opt.Now()) {
		s |= onLoading
	}
	if m.evidence.gaps() {
		s |= onGaps
	}
	if m.operations.unseen() != nil {
		s |= onRunning
	}
	return s
}

// do carries out what is the same on every screen, and leaves the rest to the
// screen.
func (m *model) do(a action) tea.Cmd {
	switch a {
	case actQuit:
		return m.quit()
	case actBack:
		return m.back()
	case actNext:
		return m.turn(1)
	case actPrevious:
		return m.turn(-1)
	case actHelp:
		if _, open := m.top().(*help); open {
			return m.pop()
		}
		return m.push(&help{})
	case actFilter:
		if f, ok := m.top().(filterer); ok {
			f.filtering().start()
		}
		return nil
	case actRefresh:
		return m.refreshAll()
	case actCancel:
		return m.stopReading()
	case actCoverage:
		if p, open := m.top().(*page); open && p.title == coverageTitle {
			return m.pop()
		}
		return m.push(m.coveragePage())
	case actRunning:
		return m.showRunning()
	}
	return m.top().do(m, a)
}

// refreshAll reads the source and the account again.
func (m *model) refreshAll() tea.Cmd {
	cmds := []tea.Cmd{m.read(), m.askContained(), m.readAuditLog(), m.tell("reading again")}
	if d, ok := m.top().(*directory); ok {
		cmds = append(cmds, d.ask(m))
	}
	return tea.Batch(cmds...)
}

// open shows a dialog.
func (m *model) open(d dialog) { m.dialog = d }

// closeDialog goes back to the screen below, and lets it catch up with what
// arrived while its rows were frozen.
func (m *model) closeDialog() tea.Cmd {
	if d, ok := m.dialog.(*containDialog); ok && d.op != nil && d.op.done {
		d.op.looked = true
	}
	m.dialog = nil
	return tea.Batch(m.thaw(), m.refreshTop())
}
