package tui

import (
	tea "charm.land/bubbletea/v2"
)

// help is the table of bindings as it is, with those that do nothing here
// dimmed, and the words of the screens.
type help struct{ scroll scroller }

func (s *help) crumb() safe { return "help" }

func (s *help) scope(*model) scope { return onList }

func (s *help) do(_ *model, a action) tea.Cmd {
	s.scroll.move(a)
	return nil
}

func (s *help) view(m *model, w, h int) []line {
	out := []line{in(strong, " Keys")}
	for _, b := range m.keys {
		out = append(out, in(keycap, "  "+pad(b.shown(&m.th), 19)).and(normal, safe(b.Help().Desc)).head(w, m.th.more))
	}
	out = append(out, nil, in(strong, " The filter line"))
	for _, s := range []string{
		"Plain words: each must be somewhere in the event, in any case. A ! before a word means that it must not be.",
		"    alice !describe",
		`An expression of CloudWatch Logs Insights' filter: = != < <= > >= and or not in like =~ /re/ "text".`,
		`    eventName like /^Delete/ and errorCode = "AccessDenied"`,
	} {
		for _, l := range wrap(s, w-3) {
			out = append(out, plain("  "+l))
		}
	}
	out = append(out, nil, in(strong, " Levels"))
	for _, l := range levels {
		mark, word, st := m.th.level(l)
		out = append(out, in(st, "  "+mark+" "+word))
	}
	out = append(out, nil, in(strong, " States of a containment"))
	for _, s := range states {
		out = append(out, in(normal, "  "+pad(safe(s), 16)).and(dim, safe(meaning[s])).head(w, m.th.more))
	}
	return s.scroll.window(out, h, &m.th)
}
