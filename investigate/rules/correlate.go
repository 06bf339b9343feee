package rules

import (
	"cmp"
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
func (s *Set) Correlate(ms []Match) []Correlated {
	byRule := make(map[*Rule][]*Match)
	for i := range ms {
		if !ms[i].Time.IsZero() {
			byRule[ms[i].Rule] = append(byRule[ms[i].Rule], &ms[i])
		}
	}
	var found []Correlated
	for _, r := range s.rules {
		if r.Correlation != nil {
			found = r.correlate(byRule, found)
		}
	}
	return found
}

// correlate groups the matches and looks at each group by itself.
func (r *Rule) correlate(byRule map[*Rule][]*Match, found []Correlated) []Correlated {
	c := r.Correlation
	groups := make(map[string][]*Match)
	var keys []string
	for _, base := range c.Rules {
		for _, m := range byRule[base] {
			key, ok := c.groupKey(m)
			if !ok {
				continue
			}
			if groups[key] == nil {
				keys = append(keys, key)
			}
			groups[key] = append(groups[key], m)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		group := groups[key]
		slices.SortFunc(group, func(a, b *Match) int { return c.compare(a, b) })
		for _, span := range c.spans(group) {
			found = append(found, span.correlated(r, group))
		}
	}
	return found
}

// compare orders matches by time, then by the order of the rules, so that one
// second counts as ordered, then by event, so that the order is always the same.
func (c *Correlation) compare(a, b *Match) int {
	if d := a.Time.Compare(b.Time); d != 0 {
		return d
	}
	return cmp.Or(
		cmp.Compare(slices.Index(c.Rules, a.Rule), slices.Index(c.Rules, b.Rule)),
		cmp.Compare(a.ID, b.ID),
	)
}

// A span is one time that a group satisfied a correlation: indexes of its
// matches, in order.
type span []int

func (s span) correlated(r *Rule, group []*Match) Correlated {
	out := Correlated{Rule: r, Events: make([]Match, len(s))}
	for i, n := range s {
		out.Events[i] = *group[n]
	}
	out.Principal = out.Events[len(s)-1].Principal
	return out
}

func (c *Correlation) spans(group []*Match) []span {
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

func (t *tally) add(m *Match, n int) {
	key, ok := t.key(m)
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
func (c *Correlation) sliding(group []*Match) []span {
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
			spans = append(spans, nil)
		}
		s := &spans[len(spans)-1]
		for i := max(first, reported); i <= last; i++ {
			*s = append(*s, i)
		}
		reported = last + 1
	}
	return spans
}

// tumbling cuts the group into windows that follow each other.
func (c *Correlation) tumbling(group []*Match) []span {
	var spans []span
	for first := 0; first < len(group); {
		t := c.newTally()
		last := first
		for last < len(group) && group[last].Time.Sub(group[first].Time) <= c.Timespan {
			t.add(group[last], 1)
			last++
		}
		if t.holds() {
			spans = append(spans, sequence(first, last))
		}
		first = last
	}
	return spans
}

func sequence(from, to int) span {
	s := make(span, 0, to-from)
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
func (c *Correlation) ordered(group []*Match) []span {
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
	var s span
	for ; ch != nil; ch = ch.prev {
		s = append(s, ch.match)
	}
	slices.Reverse(s)
	return s
}

// join adds a span, to the last one if they share an event.
func join(spans []span, s span) []span {
	if len(spans) > 0 {
		last := &spans[len(spans)-1]
		if slices.ContainsFunc(s, func(i int) bool { _, ok := slices.BinarySearch(*last, i); return ok }) {
			*last = append(*last, s...)
			slices.Sort(*last)
			*last = slices.Compact(*last)
			return spans
		}
	}
	return append(spans, s)
}
