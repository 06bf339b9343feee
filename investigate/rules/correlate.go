package rules

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"cordon/investigate/event"
)

// A Correlated is one time that a correlation was satisfied, by all the matches
// that took part.
type Correlated struct {
	Rule *Rule
	// Principal is that of the last event: who completed it.
	Principal event.Principal
	// Events are in order of time; an event that several rules matched comes
	// once for each.
	Events []Match
}

// Correlate applies every correlation of the set to the matches, which may come
// in any order; the slice is not changed. Matches without a time take no part.
//
// The window slides: events at most the timespan apart, wherever that begins.
// Windows that share events make one Correlated, so a burst is reported once,
// with all of its events. A condition with an upper bound (lt, lte, eq) has no
// use for a sliding window, whose first event would satisfy it: there the
// windows follow each other, each beginning at the first event after the last.
//
// CloudTrail's times are whole seconds. Two events of the same second can be in
// either order for temporal_ordered.
//
// A correlation that refers to another sees it at each event at which the other
// held, with what had led to it by then. Quiet correlations give nothing of
// their own.
func (s *Set) Correlate(ms []Match) []Correlated {
	run := correlating{hits: make(map[*Rule][]*hit), begun: make(map[*Rule]bool)}
	for i := range ms {
		if m := &ms[i]; m.Rule.feeds && !m.Time.IsZero() {
			run.hits[m.Rule] = append(run.hits[m.Rule], &hit{Match: m})
		}
	}
	var found []Correlated
	for _, r := range s.rules {
		if r.Correlation != nil {
			found = append(found, run.correlate(r)...)
		}
	}
	return found
}

// A hit is a match of a rule, or a moment at which a correlation held.
type hit struct {
	*Match
	parts []Match // what led to it, for a correlation
}

func (h *hit) matches() []Match {
	if h.parts != nil {
		return h.parts
	}
	return []Match{*h.Match}
}

// correlating is one run over one set of matches.
type correlating struct {
	hits  map[*Rule][]*hit
	begun map[*Rule]bool
}

// correlate finds the spans of one correlation, after those of the ones that it
// refers to.
func (x *correlating) correlate(r *Rule) []Correlated {
	c, first := r.Correlation, !x.begun[r]
	x.begun[r] = true
	for _, base := range c.Rules {
		if base.Correlation != nil && !x.begun[base] {
			x.correlate(base)
		}
	}
	var found []Correlated
	for _, group := range c.groups(x.hits) {
		for _, s := range c.spans(group) {
			events, held := s.unfold(r, group)
			if r.feeds && first {
				x.hits[r] = append(x.hits[r], held...)
			}
			if !r.Quiet {
				found = append(found, Correlated{Rule: r, Principal: events[len(events)-1].Principal, Events: events})
			}
		}
	}
	return found
}

// groups are the hits that share what the correlation groups by, each in order.
func (c *Correlation) groups(hits map[*Rule][]*hit) [][]*hit {
	byKey := make(map[string][]*hit)
	for _, base := range c.Rules {
		for _, h := range hits[base] {
			if key, ok := c.groupKey(h.Match); ok {
				byKey[key] = append(byKey[key], h)
			}
		}
	}
	groups := make([][]*hit, 0, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		group := byKey[key]
		slices.SortFunc(group, c.compare)
		groups = append(groups, group)
	}
	return groups
}

// compare orders matches by time, then by the order of the rules, so that one
// second counts as ordered, then by event, so that the order is always the same.
func (c *Correlation) compare(a, b *hit) int {
	if d := a.Time.Compare(b.Time); d != 0 {
		return d
	}
	return cmp.Or(
		cmp.Compare(slices.Index(c.Rules, a.Rule), slices.Index(c.Rules, b.Rule)),
		cmp.Compare(a.ID, b.ID),
	)
}

// A span is one time that a group satisfied a correlation, as indexes of its
// hits, in order: those that took part, and those at which it held.
type span struct{ hits, held []int }

// unfold is a span's events, and a hit for each moment at which it held.
func (s span) unfold(r *Rule, group []*hit) (events []Match, held []*hit) {
	type once struct {
		rule *Rule
		id   string
	}
	seen := make(map[once]bool)
	for _, i := range s.hits {
		for _, m := range group[i].matches() {
			if key := (once{m.Rule, m.ID}); !seen[key] {
				seen[key] = true
				events = append(events, m)
			}
		}
		if n := len(held); n < len(s.held) && s.held[n] == i {
			last := *group[i].Match
			last.Rule = r
			held = append(held, &hit{Match: &last, parts: events[:len(events):len(events)]})
		}
	}
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b Match) int { return a.Time.Compare(b.Time) })
	return events, held
}

func (c *Correlation) spans(group []*hit) []span {
	switch {
	case c.Type == TemporalOrdered:
		return c.ordered(group)
	case c.atLeast():
		return c.sliding(group)
	}
	return c.tumbling(group)
}

// A tally counts what a correlation counts over a window: events, distinct
// values or distinct rules.
type tally struct {
	c      *Correlation
	events map[string]int
	counts map[string]int
}

func (c *Correlation) newTally() *tally {
	return &tally{c: c, events: make(map[string]int), counts: make(map[string]int)}
}

func (t *tally) add(h *hit, n int) {
	key, ok := t.key(h.Match)
	if !ok {
		return
	}
	if t.counts[key] += n; t.counts[key] == 0 {
		delete(t.counts, key)
	}
}

// key is what distinguishes one counted thing from another.
func (t *tally) key(m *Match) (string, bool) {
	switch t.c.Type {
	case EventCount:
		return m.ID, true
	case ValueCount:
		return t.c.value(t.c.Field, m)
	}
	return m.Rule.ID, true
}

func (t *tally) holds() bool { return t.c.holds(len(t.counts)) }

// sliding moves a window over the group and joins satisfied windows that touch.
func (c *Correlation) sliding(group []*hit) []span {
	t := c.newTally()
	var spans []span
	first, reported := 0, 0 // reported: matches before it are in a span already
	for last, m := range group {
		t.add(m, 1)
		for m.Time.Sub(group[first].Time) > c.Timespan {
			t.add(group[first], -1)
			first++
		}
		if !t.holds() {
			continue
		}
		if len(spans) == 0 || first >= reported {
			spans = append(spans, span{})
		}
		s := &spans[len(spans)-1]
		for i := max(first, reported); i <= last; i++ {
			s.hits = append(s.hits, i)
		}
		s.held = append(s.held, last)
		reported = last + 1
	}
	return spans
}

// tumbling cuts the group into windows that follow each other.
func (c *Correlation) tumbling(group []*hit) []span {
	var spans []span
	for first := 0; first < len(group); {
		t := c.newTally()
		last := first
		for last < len(group) && group[last].Time.Sub(group[first].Time) <= c.Timespan {
			t.add(group[last], 1)
			last++
		}
		if t.holds() {
			spans = append(spans, span{hits: sequence(first, last), held: []int{last - 1}})
		}
		first = last
	}
	return spans
}

func sequence(from, to int) []int {
	s := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		s = append(s, i)
	}
	return s
}

// A chain is the best beginning of an ordered sequence so far: the one whose
// first event is the latest.
type chain struct {
	match int
	prev  *chain
	start time.Time
}

// ordered finds sequences of one match of each rule, in the order of the rules.
// Sequences that share an event are one span.
func (c *Correlation) ordered(group []*hit) []span {
	best := make([]*chain, len(c.Rules))
	var spans []span
	for i, m := range group {
		n := slices.Index(c.Rules, m.Rule)
		next := &chain{match: i, start: m.Time}
		if n > 0 {
			prev := best[n-1]
			if prev == nil || group[prev.match].ID == m.ID || m.Time.Sub(prev.start) > c.Timespan {
				continue
			}
			next.prev, next.start = prev, prev.start
		}
		best[n] = next
		if n == len(c.Rules)-1 {
			spans = join(spans, next.span())
		}
	}
	return spans
}

func (ch *chain) span() span {
	s := span{held: []int{ch.match}}
	for ; ch != nil; ch = ch.prev {
		s.hits = append(s.hits, ch.match)
	}
	slices.Reverse(s.hits)
	return s
}

// join adds a span, to the last one if they share an event.
func join(spans []span, s span) []span {
	if len(spans) == 0 {
		return append(spans, s)
	}
	last := &spans[len(spans)-1]
	if !slices.ContainsFunc(s.hits, func(i int) bool { _, ok := slices.BinarySearch(last.hits, i); return ok }) {
		return append(spans, s)
	}
	last.hits = append(last.hits, s.hits...)
	slices.Sort(last.hits)
	last.hits = slices.Compact(last.hits)
	last.held = append(last.held, s.held...)
	return spans
}
