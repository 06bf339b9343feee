package investigate

import (
	"maps"
	"slices"
	"strings"

	"cordon/investigate/event"
	"cordon/investigate/rules"
)

// A hit is a match that a correlation needs, in twelve bytes: a busy account has
// one for every third event.
type hit struct {
	rule   uint32 // in correlator.rules
	row    uint32
	values uint32 // in correlator.values
}

// A correlator keeps the matches that correlations need, so that after new
// events only what they could change is correlated again: the matches of the
// principals that acted, and those that correlations across principals need.
type correlator struct {
	set   *rules.Set
	rules []*rules.Rule
	// number is where a rule is in rules.
	number map[*rules.Rule]uint32
	// own are the correlations whose groups are within one principal. inside and
	// across are the rules that they, and all others, are made of.
	own, inside, across map[*rules.Rule]bool
	values              []map[string]string
	valueIDs            map[string]uint32

	hits  []hit // of the rules in across
	stale bool  // hits changed
	early int   // how many were left out when they were last correlated
	found map[event.Principal]grouped
}

// grouped are the rows of a principal that satisfied correlations.
type grouped map[*rules.Rule][]uint32

func newCorrelator(set *rules.Set) *correlator {
	c := &correlator{
		set: set, number: map[*rules.Rule]uint32{}, valueIDs: map[string]uint32{"": 0}, values: []map[string]string{nil},
		own: map[*rules.Rule]bool{}, inside: map[*rules.Rule]bool{}, across: map[*rules.Rule]bool{},
	}
	if set == nil {
		return c
	}
	for _, r := range set.Rules() {
		if r.Correlation == nil {
			continue
		}
		needs := c.across
		if c.own[r] = within(r); c.own[r] {
			needs = c.inside
		}
		c.need(r, needs)
	}
	return c
}

// within reports whether all that a correlation combines is of one principal.
func within(r *rules.Rule) bool {
	return slices.Contains(r.Correlation.GroupBy, rules.Principal) &&
		!slices.ContainsFunc(r.Correlation.Rules, func(base *rules.Rule) bool { return base.Correlation != nil && !within(base) })
}

// need notes the rules that a correlation is made of in the end.
func (c *correlator) need(r *rules.Rule, needs map[*rules.Rule]bool) {
	for _, base := range r.Correlation.Rules {
		if base.Correlation != nil {
			c.need(base, needs)
			continue
		}
		needs[base] = true
		if _, ok := c.number[base]; !ok {
			c.number[base] = uint32(len(c.rules)) //nolint:gosec // there are not four billion rules
			c.rules = append(c.rules, base)
		}
	}
}

// see notes a match of one of the principal's events.
func (c *correlator) see(t *tally, row uint32, m rules.Match) {
	inside, across := c.inside[m.Rule], c.across[m.Rule]
	if !inside && !across {
		return
	}
	h := hit{rule: c.number[m.Rule], row: row, values: c.valuesID(m.Values)}
	if inside {
		t.correlates = append(t.correlates, h)
	}
	if across {
		c.hits, c.stale = append(c.hits, h), true
	}
}

// valuesID interns the values of a match: most come again and again.
func (c *correlator) valuesID(values map[string]string) uint32 {
	if len(values) == 0 {
		return 0
	}
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		key.WriteString(name)
		key.WriteByte(0)
		key.WriteString(values[name])
		key.WriteByte(0)
	}
	id, ok := c.valueIDs[key.String()]
	if !ok {
		id = uint32(len(c.values)) //nolint:gosec // no more than hits
		c.values = append(c.values, values)
		c.valueIDs[key.String()] = id
	}
	return id
}

// correlate applies the correlations to hits and gives the rows of what they
// found, by principal. own says whether those within one principal are wanted,
// or the others. Rows in early take no part.
func (c *correlator) correlate(view *snapshot, hits []hit, own bool, early map[uint32]bool) map[event.Principal]grouped {
	matches := make([]rules.Match, 0, len(hits))
	rows := make(map[string]uint32, len(hits))
	for _, h := range hits {
		if early[h.row] {
			continue
		}
		m := c.match(view, h)
		rows[m.ID] = h.row
		matches = append(matches, m)
	}
	if len(matches) == 0 {
		return nil
	}
	found := map[event.Principal]grouped{}
	for _, correlated := range c.set.Correlate(matches) {
		if c.own[correlated.Rule] != own {
			continue
		}
		of := found[correlated.Principal]
		if of == nil {
			of = grouped{}
			found[correlated.Principal] = of
		}
		for _, m := range correlated.Events {
			of[correlated.Rule] = append(of[correlated.Rule], rows[m.ID])
		}
	}
	return found
}

// match is a hit as package rules has it.
func (c *correlator) match(view *snapshot, h hit) rules.Match {
	ch, i := view.at(int(h.row))
	return rules.Match{
		Rule: c.rules[h.rule], ID: view.id(int(h.row)), Time: fromUnix(ch.time[i]),
		Principal: view.principals[view.identities[ch.pools[byIdentity][i]][principalAt]],
		Values:    c.values[h.values], Failed: ch.flags[i]&flagFailed != 0,
	}
}

// refresh correlates across principals again if anything changed, and returns
// the principals that this may have changed something for.
func (c *correlator) refresh(view *snapshot, early map[uint32]bool) map[event.Principal]bool {
	changed := map[event.Principal]bool{}
	if !c.stale && c.early == len(early) {
		return changed
	}
	before := c.found
	c.found = c.correlate(view, c.hits, false, early)
	c.stale, c.early = false, len(early)
	for _, found := range []map[event.Principal]grouped{before, c.found} {
		for p := range found {
			changed[p] = true
		}
	}
	return changed
}
