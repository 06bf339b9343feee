package tui

import (
	"fmt"
	"strings"
)

func (s *principal) view(m *model, w, h int) []line {
	top := s.factsView(m, w)
	rest := m.split(w, h-len(top), true, s.detailTitle(), func(w, h int) []line {
		return s.listView(m, w, h)
	}, func(w, _ int) []line { return s.detail(m, w) })
	return append(top, rest...)
}

// factsView is what the principal is, in five lines at most.
func (s *principal) factsView(m *model, w int) []line {
	r := &s.ranked
	if !s.found {
		return []line{in(strong, " "+say(who(s.who))).and(dim, "  not in the evidence that was read")}
	}
	mark, word, st := m.th.level(r.Level)
	l := in(st, " "+mark+" "+word+safe(fmt.Sprintf(" %d", r.Score))).and(strong, "  "+say(who(s.who)))
	if m.isYou(s.who) {
		l = l.and(strong, you)
	}
	l = l.and(dim, "  "+say(r.ARN))
	out := []line{l.head(w, m.th.more)}
	seen := sayf(" %s events, %d failed, %d denied. Seen %s to %s.",
		count(r.Events), r.Errors, r.Denied, clock(r.First, m.opt.Now()), clock(r.Last, m.opt.Now()))
	out = append(out, plain(seen).head(w, m.th.more))
	from := in(dim, " from ").and(normal, some(r.SourceIPs, 3)).and(dim, "  keys ").and(normal, some(r.AccessKeys, 2)).
		and(dim, "  in ").and(normal, some(r.Regions, 3))
	if len(r.Badges) > 0 {
		from = from.and(dim, "  claims to be ").and(normal, some(r.Badges, 2))
	}
	out = append(out, from.head(w, m.th.more))
	if m.isYou(s.who) {
		out = append(out, plain(" "+aboutYou).head(w, m.th.more))
	}
	if c, ok := m.account.contained(r.Account, string(r.Kind), r.Name); ok {
		out = append(out, in(caution, sayf(" contained: %s %s since %s by %s: %s", c.Measure, c.State,
			clock(sinceWhen(c), m.opt.Now()), or(shortARN(c.By), "unknown"), or(c.Reason, "no reason known"))).head(w, m.th.more))
	} else if !r.Containable {
		for i, t := range wrap("Not containable here. "+r.WhyNot, w-4) {
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
	return out
}

// some names a few of a list and counts the others.
func some(list []string, n int) safe {
	switch {
	case len(list) == 0:
		return "none"
	case len(list) > n:
		return sayf("%s and %d more", strings.Join(list[:n], " "), len(list)-n)
	}
	return say(strings.Join(list, " "))
}

func (s *principal) listView(m *model, w, h int) []line {
	t := eventTable(&m.th, w, false)
	var out []line
	from, to := s.list.window(s.size(), h)
	for i := from; i < to; i++ {
		picked := i == s.list.cursor
		if i >= len(s.items) {
			out = append(out, eventRow(&m.th, t, m.opt.Store.Row(s.rows[i-len(s.items)]), picked))
			continue
		}
		out = append(out, s.itemView(m, &s.items[i], picked, w))
	}
	return out
}

func (s *principal) itemView(m *model, it *entry, here bool, w int) line {
	mark := plain("  ")
	st := normal
	if here {
		mark, st = in(picked, m.th.pick+" "), picked
	}
	switch {
	case it.finding != nil:
		f := it.finding
		lm, word, ls := m.th.level(f.Level)
		l := append(mark, span{text: lm + " " + pad(word, 9), style: ls}, span{text: say(f.Title), style: st})
		right := in(dim, sayf("%d %s  %s", f.Count, plural("event", f.Count), short(f.Last, m.opt.Now())))
		return between(l, right, w, m.th.more)
	case it.session != nil:
		x := it.session
		l := append(mark, span{text: say(x.ID), style: st}, span{text: "  " + some(x.SourceIPs, 2), style: dim})
		right := in(dim, sayf("%d %s  %s", x.Events, plural("event", x.Events), short(x.Last, m.opt.Now())))
		return between(l, right, w, m.th.more)
	}
	if it.note != "" {
		return in(dim, "  "+m.th.informational+" not counted: "+say(it.note))
	}
	note := safe("")
	switch it.heading {
	case "Findings":
		note = s.none(len(s.ranked.Findings), "no rule matched")
	case "Sessions":
		note = s.none(len(s.ranked.Sessions), "none")
	case "Timeline":
		note = s.tally()
	}
	return in(strong, it.heading).and(dim, " "+note)
}

func (s *principal) none(n int, text safe) safe {
	if n > 0 {
		return safe(fmt.Sprint(n))
	}
	return text
}

func (s *principal) detailTitle() safe {
	switch it := s.chosen(); {
	case it == nil:
		return "event"
	case it.finding != nil:
		return "why"
	}
	return "session"
}

// detail is about what is selected: why a finding is one, what a session is,
// what an event was.
func (s *principal) detail(m *model, w int) []line {
	if row, ok := s.current(); ok {
		return rowDetail(m, m.opt.Store.Row(row), w)
	}
	it := s.chosen()
	switch {
	case it == nil:
		return nil
	case it.finding != nil:
		f := it.finding
		out := paragraphs(normal, f.Why, w)
		meta := []string{f.Rule}
		if len(f.Attack) > 0 {
			meta = append(meta, "ATT&CK "+strings.Join(f.Attack, " "))
		}
		if f.Playbook != "" {
			meta = append(meta, "playbook "+f.Playbook)
		}
		out = append(out, paragraphs(dim, strings.Join(meta, string(m.th.dot)), w)...)
		return append(out, paragraphs(dim, fmt.Sprintf("%s to %s. Enter shows its events.", full(f.First), full(f.Last)), w)...)
	case it.session != nil:
		x := it.session
		out := labelled("session", x.ID, w)
		out = append(out, labelled("keys", strings.Join(x.AccessKeys, " "), w)...)
		out = append(out, labelled("from", strings.Join(x.SourceIPs, " "), w)...)
		return append(out, labelled("seen", fmt.Sprintf("%s to %s", full(x.First), full(x.Last)), w)...)
	}
	return nil
}
