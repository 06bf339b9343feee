package rules

import (
	"slices"
	"strings"

	"cordon/investigate/event"
	"cordon/investigate/query"
)

// An index finds the rules that can concern an event. A rule that needs
// eventName to be one of some names is found under each of them; else one that
// needs eventSource to be one of some is found under those; all others concern
// every event.
type index struct {
	byName, bySource map[string][]*Rule // keys in lower case
	always           []*Rule
	order            map[*Rule]int
}

func newIndex(rules []*Rule) index {
	x := index{
		byName:   make(map[string][]*Rule),
		bySource: make(map[string][]*Rule),
		order:    make(map[*Rule]int, len(rules)),
	}
	for i, r := range rules {
		x.order[r] = i
		if r.Expr == nil {
			continue
		}
		if names, ok := required(r.Expr, "eventName"); ok {
			add(x.byName, names, r)
		} else if sources, ok := required(r.Expr, "eventSource"); ok {
			add(x.bySource, sources, r)
		} else {
			x.always = append(x.always, r)
		}
	}
	return x
}

func add(m map[string][]*Rule, keys []string, r *Rule) {
	for _, k := range keys {
		m[k] = append(m[k], r)
	}
}

func (x *index) candidates(e *event.Event, visit func(*Rule)) {
	for _, r := range x.byName[strings.ToLower(e.Name)] {
		visit(r)
	}
	for _, r := range x.bySource[strings.ToLower(e.Source)] {
		visit(r)
	}
	for _, r := range x.always {
		visit(r)
	}
}

// required returns the values, in lower case, one of which the field at path
// must have for the expression to hold; ok is false if it may have any.
func required(e *query.Expr, path string) (values []string, ok bool) {
	switch e.Op {
	case query.Matches:
		return exactValues(e, path)
	case query.And:
		for _, a := range e.Args {
			got, has := required(a, path)
			if has && (!ok || len(got) < len(values)) {
				values, ok = got, true
			}
		}
		return values, ok
	case query.Or:
		for _, a := range e.Args {
			got, has := required(a, path)
			if !has {
				return nil, false
			}
			values = append(values, got...)
		}
		slices.Sort(values)
		return slices.Compact(values), len(e.Args) > 0
	}
	return nil, false
}

func exactValues(e *query.Expr, path string) ([]string, bool) {
	if e.Left.Path != path {
		return nil, false
	}
	var values []string
	for _, p := range e.Patterns {
		if p.Kind != query.Exact {
			return nil, false
		}
		values = append(values, strings.ToLower(p.Text))
	}
	slices.Sort(values)
	return slices.Compact(values), true
}
