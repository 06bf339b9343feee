package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"cordon/contain"
)

// contained is who is contained now, read from the account and joined with the
// audit log.
type contained struct {
	filter
	list  list
	shown []contain.Contained
	// picked is the target selected, whatever the order becomes.
	picked contain.Ref
}

func (s *contained) crumb() safe { return "contained" }

func (s *contained) scope(*model) scope {
	if len(s.shown) == 0 {
		return onList
	}
	return onList | onOpen | onTarget | onRelease | onJSON
}

func (s *contained) filtering() *filter { return &s.filter }

func (s *contained) refilter(m *model) tea.Cmd { return s.refresh(m) }

func (s *contained) refresh(m *model) tea.Cmd {
	s.arrange(m)
	return m.askContainedIfOld()
}

func (s *contained) arrange(m *model) {
	s.shown = s.shown[:0]
	for _, c := range m.account.list {
		if s.expr == nil || s.expr.Match(words{c.Target.String(), c.Target.ARN, c.By, c.Reason, c.Incident, string(c.State)}) {
			s.shown = append(s.shown, c)
		}
	}
	for i, c := range s.shown {
		if c.Target.Ref() == s.picked {
			s.list.jump(i)
		}
	}
	s.list.clamp(len(s.shown))
}

func (s *contained) aside(m *model) safe {
	if s.expr != nil {
		return safe(count(len(s.shown)) + " of " + count(len(m.account.list)))
	}
	return safe(count(len(s.shown)))
}

func (s *contained) do(m *model, a action) tea.Cmd {
	moved := s.list.move(a, len(s.shown))
	if s.list.cursor >= len(s.shown) {
		return nil
	}
	c := s.shown[s.list.cursor]
	s.picked = c.Target.Ref()
	if moved {
		return nil
	}
	switch a {
	case actOpen:
		return m.openTarget(c.Target.Ref())
	case actContain:
		return m.askPlan(c.Target.Ref(), false)
	case actRelease:
		return m.askPlan(c.Target.Ref(), true)
	case actCopyARN:
		return m.copyARN(c.Target.ARN)
	case actCopyJSON:
		return m.copyJSON(c, say(c.Target.String()))
	}
	return nil
}

// openTarget shows what the evidence has of a target.
func (m *model) openTarget(r contain.Ref) tea.Cmd {
	for _, x := range m.evidence.ranking.Principals {
		if refTo(x.Principal()) == r {
			return m.push(newPrincipal(x.Principal()))
		}
	}
	m.warn(say(r.String()) + " is not in the evidence that was read")
	return nil
}

func (s *contained) view(m *model, w, h int) []line {
	a := &m.account
	switch {
	case m.opt.Containment == nil:
		return notice(w, h, "No account to ask.", m.opt.WhyNoContainment, "The audit log (Tab) shows what was done from here.")
	case a.err != nil && len(a.list) == 0:
		p := contain.Explain(a.err)
		return notice(w, h, "The account could not be asked who is contained.", p.Message, p.Next, "r asks again.")
	case !a.known && len(a.list) == 0:
		return notice(w, h, "Asking the account"+m.th.more)
	case len(s.shown) == 0 && s.expr != nil:
		return notice(w, h, "None of those contained matches the filter.", "Esc clears it.")
	case len(s.shown) == 0:
		if len(a.unread) > 0 {
			return append(s.partial(m, w), notice(w, h-1, "Nobody was seen to be contained, but not everyone could be looked at.", "r asks again.")...)
		}
		return notice(w, h, "Nobody is contained.",
			"Asked the account "+m.opt.Header.Account+" for inline policies that deny everything on users, roles and groups. r asks again.")
	}
	return m.split(w, h, false, "containment", func(w, h int) []line {
		t := newTable(&m.th, w,
			column{title: "target", width: max(16, w/4)},
			column{title: "measure", width: 10},
			column{title: "state", width: 9},
			column{title: "since", width: 8},
			column{title: "by", width: 20, from: 100},
			column{title: "reason", width: 0},
		)
		out := append(s.partial(m, w), t.head())
		from, to := s.list.window(len(s.shown), h-len(out))
		for i := from; i < to; i++ {
			c := &s.shown[i]
			out = append(out, t.row(i == s.list.cursor,
				span{text: say(c.Target.String())},
				span{text: say(string(c.Measure))},
				span{text: say(string(c.State)), style: caution},
				span{text: short(sinceWhen(*c), m.opt.Now()), style: dim},
				span{text: say(shortARN(c.By)), style: dim},
				span{text: say(c.Reason)},
			))
		}
		return out
	}, func(w, h int) []line {
		if s.list.cursor >= len(s.shown) {
			return nil
		}
		c := &s.shown[s.list.cursor]
		out := labelled("target", c.Target.ARN, w)
		out = append(out, labelled("since", string(full(sinceWhen(*c)))+" by "+or(c.By, "unknown"), w)...)
		out = append(out, labelled("reason", or(c.Reason, "not in this audit log"), w)...)
		if c.ByHand {
			out = append(out, in(caution, m.th.warn+" put there by hand, not by cordon: releasing it takes adopting it").head(w, m.th.more))
		}
		if c.State == contain.Reverted || c.State == contain.Unknown {
			out = append(out, in(bad, m.th.warn+" "+say(string(c.State))+": ").and(normal, safe(meaning[c.State])).head(w, m.th.more))
		}
		if c.OpID != "" {
			out = append(out, labelled("operation", strings.TrimSpace(c.OpID+"  "+c.Incident), w)...)
		}
		return out
	})
}

// partial names what could not be read; nil if everything was.
func (s *contained) partial(m *model, w int) []line {
	u := m.account.unread
	if err := m.account.err; err != nil {
		text := safe("the account could not be asked: ") + say(contain.Explain(err).Message)
		return []line{in(bad, " "+m.th.warn+" PARTIAL ").and(normal, text).head(w, m.th.more)}
	}
	if len(u) == 0 {
		return nil
	}
	text := sayf("%d could not be read: %s (%s)", len(u), u[0].Name, u[0].Reason)
	return []line{in(bad, " "+m.th.warn+" PARTIAL ").and(normal, text).head(w, m.th.more)}
}

// words lets the filter line look for plain words in a few texts.
type words []string

// Lookup finds nothing: these have no names.
func (words) Lookup(string) (any, bool) { return nil, false }

// Contains answers plain words.
func (ws words) Contains(word string) bool {
	for _, w := range ws {
		if folded(w, word) {
			return true
		}
	}
	return false
}
