package rules

import (
	"fmt"
	"slices"

	"cordon/investigate/query"
)

// link resolves what the correlations of a tree refer to, and drops those that
// refer to nothing, or to themselves in the end.
func (l *loader) link() {
	byName := make(map[string][]*Rule)
	for _, r := range l.rules {
		if r.Name != "" {
			byName[r.Name] = append(byName[r.Name], r)
		}
	}
	// A correlation that falls away takes those with it that refer to it.
	for again := true; again; {
		again = false
		var kept []*Rule
		for _, r := range l.rules {
			err := l.resolve(r, byName)
			if err == nil {
				kept = append(kept, r)
				continue
			}
			l.problem(problemOf(r, err))
			delete(l.byID, r.ID)
			byName[r.Name] = slices.DeleteFunc(byName[r.Name], func(other *Rule) bool { return other == r })
			again = true
		}
		l.rules = kept
	}
	connect(l.rules)
}

// resolve turns the names that a correlation refers to into ids.
func (l *loader) resolve(r *Rule, byName map[string][]*Rule) error {
	if r.Correlation == nil {
		return nil
	}
	c := r.Correlation
	var ids []string
	for _, ref := range c.refs {
		found := byName[ref]
		if l.byID[ref] != nil {
			found = []*Rule{l.byID[ref]}
		}
		switch {
		case len(found) == 0:
			return fmt.Errorf("refers to %q, which no usable rule has as name or id", ref)
		case len(found) > 1:
			return fmt.Errorf("%q is the name of %d rules", ref, len(found))
		case slices.Contains(ids, found[0].ID):
			return fmt.Errorf("refers to %q twice", ref)
		}
		ids = append(ids, found[0].ID)
	}
	c.refs = ids
	if l.reaches(r, r.ID, nil) {
		return fmt.Errorf("refers to itself")
	}
	return nil
}

// reaches reports whether a correlation refers to the rule with this id, itself
// or by way of others.
func (l *loader) reaches(r *Rule, id string, seen []*Rule) bool {
	if r == nil || r.Correlation == nil || slices.Contains(seen, r) {
		return false
	}
	seen = append(seen, r)
	return slices.ContainsFunc(r.Correlation.refs, func(ref string) bool {
		return ref == id || l.reaches(l.byID[ref], id, seen)
	})
}

// connect gives each correlation its rules by their ids, and tells each rule
// whether it is quiet and which fields its matches must carry.
func connect(all []*Rule) {
	byID := make(map[string]*Rule, len(all))
	for _, r := range all {
		byID[r.ID] = r
		r.values, r.feeds = nil, false
	}
	speaks := make(map[*Rule]bool) // rules that some correlation lets speak
	for _, r := range all {
		c := r.Correlation
		if c == nil {
			continue
		}
		c.Rules = c.Rules[:0:0]
		for _, id := range c.refs {
			base := byID[id]
			c.Rules = append(c.Rules, base)
			base.feeds = true
			speaks[base] = speaks[base] || c.generate
		}
	}
	for _, r := range all {
		r.Quiet = r.feeds && !speaks[r]
		if r.Correlation == nil {
			continue
		}
		for _, base := range r.Correlation.Rules {
			for _, name := range append(slices.Clone(r.Correlation.GroupBy), r.Correlation.Field) {
				base.carry(r.Correlation.fieldFor(name, base), len(all))
			}
		}
	}
}

// carry makes the matches of a rule carry a field; for a correlation, those of
// the rules that it combines. depth keeps merged sets that came to refer in a
// circle from going round for ever.
func (r *Rule) carry(field string, depth int) {
	if field == "" || field == Principal || depth == 0 {
		return
	}
	if r.Correlation != nil {
		for _, base := range r.Correlation.Rules {
			base.carry(field, depth-1)
		}
		return
	}
	if !slices.Contains(r.values, field) {
		r.values = append(r.values, field)
	}
}

// Merge makes one set of several. Where rules have the same id, that of the last
// set is taken, also by the correlations of the others.
func Merge(sets ...*Set) *Set {
	at := make(map[string]int)
	var all []*Rule
	for _, s := range sets {
		for _, r := range s.rules {
			merged := *r
			if r.Correlation != nil {
				c := *r.Correlation
				merged.Correlation = &c
			}
			if i, ok := at[r.ID]; ok {
				all[i] = &merged
				continue
			}
			at[r.ID] = len(all)
			all = append(all, &merged)
		}
	}
	connect(all)
	return newSet(all)
}

// read takes from an event the fields that correlations of the rule need.
func (r *Rule) read(f *query.Record) map[string]string {
	var values map[string]string
	for _, field := range r.values {
		v, ok := f.Spread(field)
		if !ok || v == nil {
			continue
		}
		if values == nil {
			values = make(map[string]string, len(r.values))
		}
		values[field] = query.Text(v)
	}
	return values
}
