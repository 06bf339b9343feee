package tui

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"cordon/contain"
)

// directory is every user, role and group of the account: for those who left
// no events, and for groups, which never act.
type directory struct {
	filter
	list    list
	all     []contain.Entry
	shown   []contain.Entry
	picked  contain.Ref
	err     error
	asked   int
	waiting int
	stop    context.CancelFunc
}

// listedMsg brings one kind of the directory.
type listedMsg struct {
	to      *directory
	asked   int
	entries []contain.Entry
	err     error
}

func (s *directory) crumb() safe { return "directory" }

func (s *directory) scope(*model) scope {
	if len(s.shown) == 0 {
		return onList
	}
	return onList | onOpen | onTarget | onRelease | onJSON
}

func (s *directory) filtering() *filter { return &s.filter }

func (s *directory) refilter(m *model) tea.Cmd {
	s.arrange()
	return s.refresh(m)
}

// refresh asks the account the first time that the directory is looked at.
func (s *directory) refresh(m *model) tea.Cmd {
	if s.asked > 0 || m.opt.Containment == nil {
		return nil
	}
	return s.ask(m)
}

// ask lists the three kinds side by side.
func (s *directory) ask(m *model) tea.Cmd {
	if m.opt.Containment == nil {
		return nil
	}
	if s.stop != nil {
		s.stop()
	}
	ctx, stop := context.WithCancel(m.ctx)
	s.asked++
	s.stop, s.all, s.err, s.waiting = stop, nil, nil, len(contain.Kinds())
	account, n := m.opt.Containment, s.asked
	var cmds []tea.Cmd
	for _, k := range contain.Kinds() {
		cmds = append(cmds, func() tea.Msg {
			entries, err := account.List(ctx, k)
			return listedMsg{s, n, entries, err}
		})
	}
	return tea.Batch(cmds...)
}

func (s *directory) listed(_ *model, msg listedMsg) {
	if msg.asked != s.asked {
		return
	}
	s.waiting--
	s.err = errors.Join(s.err, msg.err)
	s.all = append(s.all, msg.entries...)
	s.arrange()
}

func (s *directory) arrange() {
	s.shown = s.shown[:0]
	for _, k := range contain.Kinds() {
		for _, e := range s.all {
			if e.Kind == k && (s.expr == nil || s.expr.Match(words{string(e.Kind) + "/" + e.Name, e.ARN, e.ID})) {
				s.shown = append(s.shown, e)
			}
		}
	}
	for i, e := range s.shown {
		if entryRef(e) == s.picked {
			s.list.jump(i)
		}
	}
	s.list.clamp(len(s.shown))
}

func entryRef(e contain.Entry) contain.Ref {
	return contain.Ref{Account: e.Account, Kind: e.Kind, Name: e.Name}
}

func (s *directory) aside(m *model) safe {
	n := safe(count(len(s.shown)))
	if s.expr != nil {
		n += safe(" of " + count(len(s.all)))
	}
	if s.waiting > 0 {
		n += ", asking" + m.th.more
	}
	return n
}

func (s *directory) do(m *model, a action) tea.Cmd {
	moved := s.list.move(a, len(s.shown))
	if s.list.cursor >= len(s.shown) {
		return nil
	}
	e := s.shown[s.list.cursor]
	s.picked = entryRef(e)
	if moved {
		return nil
	}
	switch a {
	case actOpen:
		return m.openTarget(s.picked)
	case actContain:
		return m.askPlan(s.picked, false)
	case actRelease:
		return m.askPlan(s.picked, true)
	case actCopyARN:
		return m.copyARN(e.ARN)
	case actCopyJSON:
		return m.copyJSON(e, say(s.picked.String()))
	}
	return nil
}

func (s *directory) view(m *model, w, h int) []line {
	switch {
	case m.opt.Containment == nil:
		return notice(w, h, "No account to ask.", m.opt.WhyNoContainment)
	case len(s.shown) == 0 && s.waiting > 0:
		return notice(w, h, "Asking the account"+m.th.more)
	case len(s.shown) == 0 && s.err != nil:
		p := contain.Explain(s.err)
		return notice(w, h, "The account could not be listed.", p.Message, p.Next, "r asks again.")
	case len(s.shown) == 0 && s.expr != nil:
		return notice(w, h, "Nothing in the directory matches the filter.", "Esc clears it.")
	case len(s.shown) == 0:
		return notice(w, h, "The account has no users, roles or groups.", "Asked the account "+m.opt.Header.Account+". r asks again.")
	}
	var out []line
	if s.err != nil {
		out = append(out, in(bad, " "+m.th.warn+" PARTIAL ").and(normal, say(contain.Explain(s.err).Message)).head(w, m.th.more))
	}
	t := newTable(&m.th, w,
		column{title: "kind", width: 5},
		column{title: "name", width: 0},
		column{title: "path", width: 20, from: 100},
		column{title: "id", width: 21, from: 76},
		column{title: "created", width: 10},
		column{title: "", width: 12},
	)
	out = append(out, t.head())
	from, to := s.list.window(len(s.shown), h-len(out))
	for i := from; i < to; i++ {
		e := &s.shown[i]
		note := span{}
		if c, ok := m.account.contained(e.Account, string(e.Kind), e.Name); ok {
			note = span{text: stamp(c), style: caution}
		} else if e.WhyNot != "" {
			note = span{text: "AWS's own", style: dim}
		}
		out = append(out, t.row(i == s.list.cursor,
			span{text: say(string(e.Kind)), style: dim},
			span{text: say(e.Name)},
			span{text: say(e.Path), style: dim},
			span{text: say(e.ID), style: dim},
			span{text: safe(e.Created.UTC().Format("2006-01-02")), style: dim},
			note,
		))
	}
	return out
}
