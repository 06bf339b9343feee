package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/event"
)

// principals is the first screen: who acted, most suspicious first.
type principals struct {
	filter
	list  list
	sort  int
	shown []investigate.Ranked
	// acted are the principals of the events that the filter's expression holds
	// for, when it asks for what only events have.
	acted asked
	// picked is who was selected by the operator: the selection follows the
	// principal, not the row, whatever the order becomes. Until a key was
	// pressed it is nobody, and the first row stays selected.
	picked event.Principal
}

// orders are the sort orders that the sort key goes through.
var orders = []struct {
	name safe
	less func(a, b *investigate.Ranked) int
}{
	{"by suspicion", func(a, b *investigate.Ranked) int { return cmp.Compare(a.Rank, b.Rank) }},
	{"by last seen", func(a, b *investigate.Ranked) int { return b.Last.Compare(a.Last) }},
	{"by denied calls", func(a, b *investigate.Ranked) int { return cmp.Compare(b.Denied, a.Denied) }},
	{"by events", func(a, b *investigate.Ranked) int { return cmp.Compare(b.Events, a.Events) }},
	{"by name", func(a, b *investigate.Ranked) int { return strings.Compare(a.Name, b.Name) }},
}

func (s *principals) crumb() safe { return "principals" }

func (s *principals) scope(*model) scope {
	on := onList | onSort
	if len(s.shown) > 0 {
		on |= onOpen | onTarget | onJSON | onRelease
	}
	return on
}

func (s *principals) filtering() *filter { return &s.filter }

func (s *principals) refilter(m *model) tea.Cmd {
	s.acted.drop()
	return s.refresh(m)
}

// refresh takes the last ranking, filtered and sorted. An expression about
// events asks the store, and the rows wait for its answer.
func (s *principals) refresh(m *model) tea.Cmd {
	if aboutEvents(s.expr) {
		return s.acted.put(m, s)
	}
	s.arrange(m)
	return nil
}

// holds reports whether the filter lets a principal through.
func (s *principals) holds(r *investigate.Ranked) bool {
	switch {
	case s.expr == nil:
		return true
	case aboutEvents(s.expr):
		return s.acted.who[r.Principal()]
	}
	return s.expr.Match(rankedFields{r})
}

func (s *principals) arrange(m *model) {
	s.shown = s.shown[:0]
	for _, r := range m.evidence.ranking.Principals {
		if s.holds(&r) {
			s.shown = append(s.shown, r)
		}
	}
	less := orders[s.sort].less
	slices.SortStableFunc(s.shown, func(a, b investigate.Ranked) int {
		return cmp.Or(less(&a, &b), cmp.Compare(a.Rank, b.Rank))
	})
	for i := range s.shown {
		if s.shown[i].Principal() == s.picked {
			s.list.jump(i)
		}
	}
	s.list.clamp(len(s.shown))
}

func (s *principals) pick() {
	if r := s.current(); r != nil {
		s.picked = r.Principal()
	}
}

func (s *principals) current() *investigate.Ranked {
	if s.list.cursor >= len(s.shown) {
		return nil
	}
	return &s.shown[s.list.cursor]
}

func (s *principals) aside(m *model) safe {
	n := count(len(s.shown))
	if s.expr != nil {
		n += " of " + count(len(m.evidence.ranking.Principals))
	}
	if s.acted.busy {
		n += ", searching"
	}
	return safe(n) + m.th.dot + orders[s.sort].name
}

func (s *principals) do(m *model, a action) tea.Cmd {
	if s.list.move(a, len(s.shown)) {
		s.pick()
		return nil
	}
	s.pick()
	if a == actSort {
		s.sort = (s.sort + 1) % len(orders)
		return s.refresh(m)
	}
	r := s.current()
	if r == nil {
		return nil
	}
	switch a {
	case actOpen:
		return m.push(newPrincipal(r.Principal()))
	case actContain:
		return m.contain(r.Principal())
	case actRelease:
		return m.release(r.Principal())
	case actCopyARN:
		return m.copyARN(r.ARN)
	case actCopyJSON:
		return m.copyJSON(r, say(who(r.Principal())))
	}
	return nil
}

func (s *principals) view(m *model, w, h int) []line {
	if len(s.shown) == 0 {
		return s.nothing(m, w, h)
	}
	return m.split(w, h, false, "why", func(w, h int) []line {
		t := s.table(m, w)
		out := []line{t.head()}
		from, to := s.list.window(len(s.shown), h-1)
		for i := from; i < to; i++ {
			out = append(out, s.row(m, t, &s.shown[i], i == s.list.cursor))
		}
		return out
	}, func(w, h int) []line { return s.detail(m, w, h) })
}

// fromAccount is the width from which the account has a column of its own.
const fromAccount = 110

// nameColumn is which column of the table has the principal.
const nameColumn = 2

func (s *principals) table(m *model, w int) *table {
	who := column{title: "principal", width: max(14, w*3/10), name: true}
	seen := column{title: "last seen", width: 9, from: 70}
	if m.evidence.accounts && w < fromAccount {
		who.width, seen.from = max(14, w*3/8), 90
	}
	return newTable(&m.th, w,
		column{title: "level", width: 10},
		column{title: "score", width: 5, right: true},
		who,
		column{title: "account", width: 12, from: fromAccount},
		column{title: "events", width: 6, right: true},
		column{title: "denied", width: 6, right: true},
		column{title: "top finding", width: 0},
		seen,
	)
}

func (s *principals) row(m *model, t *table, r *investigate.Ranked, picked bool) line {
	mark, word, st := m.th.level(r.Level)
	name := who(r.Principal())
	foreign := m.opt.Header.Account != "" && r.Account != m.opt.Header.Account
	if r.Account != "" && (m.evidence.accounts || foreign) && t.width < fromAccount {
		name = r.Account + ":" + name
	}
	named := say(name)
	if m.isYou(r.Principal()) {
		named = named.cutMiddle(t.at[nameColumn]-you.width(), m.th.more) + you
	}
	finding := span{text: "nothing found", style: dim}
	if len(r.Findings) > 0 {
		finding = span{text: say(r.Findings[0].Title)}
	}
	if c, ok := m.account.contained(r.Account, string(r.Kind), r.Name); ok {
		finding = span{text: stamp(c), style: caution}
	}
	deniedStyle := dim
	if r.Denied > 0 {
		deniedStyle = caution
	}
	return t.row(picked,
		span{text: mark + " " + word, style: st},
		span{text: safe(fmt.Sprint(r.Score)), style: st},
		span{text: named},
		span{text: say(r.Account), style: dim},
		span{text: safe(fmt.Sprint(r.Events))},
		span{text: safe(fmt.Sprint(r.Denied)), style: deniedStyle},
		finding,
		span{text: short(r.Last, m.opt.Now()), style: dim},
	)
}

// detail says why the selected principal ranks where it does.
func (s *principals) detail(m *model, w, h int) []line {
	r := s.current()
	if r == nil {
		return nil
	}
	out := []line{in(strong, " "+say(r.ARN)).head(w, m.th.more)}
	if r.ARN == "" {
		out[0] = in(strong, " "+say(who(r.Principal())))
	}
	seen := sayf(" seen %s to %s, from %s", clock(r.First, m.opt.Now()), clock(r.Last, m.opt.Now()), some(r.SourceIPs, 3))
	out = append(out, in(dim, seen).head(w, m.th.more))
	if m.isYou(r.Principal()) {
		out = append(out, in(normal, " "+aboutYou).head(w, m.th.more))
	}
	if c, ok := m.account.contained(r.Account, string(r.Kind), r.Name); ok {
		out = append(out, in(caution, sayf(" contained: %s %s since %s by %s", c.Measure, c.State, clock(sinceWhen(c), m.opt.Now()), or(shortARN(c.By), "unknown"))).head(w, m.th.more))
	} else if !r.Containable {
		for i, t := range wrap("not containable here. "+r.WhyNot, w-4) {
			if i == 2 {
				break
			}
			mark := m.th.warn
			if i > 0 {
				mark = " "
			}
			out = append(out, in(caution, " "+mark+" ").and(normal, t))
		}
	}
	for _, f := range r.Findings {
		mark, word, st := m.th.level(f.Level)
		out = append(out, in(st, " "+mark+" "+pad(word, 9)).and(normal, say(f.Title)).
			and(dim, sayf("  %d %s", f.Count, plural("event", f.Count))).head(w, m.th.more))
	}
	if len(r.Findings) == 0 {
		out = append(out, in(dim, " No rule matched."))
	}
	if more := len(out) - h; more > 0 {
		out = append(out[:h-1], in(dim, safe(fmt.Sprintf(" and %d more: Enter shows all", more+1))))
	}
	return out
}

func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}
