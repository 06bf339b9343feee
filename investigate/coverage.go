package investigate

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/source"
)

// merged is the coverage of all that was read into a store: for each origin what
// was last told of it, and of the events what the store knows itself.
type merged struct {
	origins     []source.Origin // in the order of their first mention
	told        []event.Coverage
	duplicates  int
	first, last int64
}

func (m *merged) see(at int64) { m.first, m.last = widen(m.first, m.last, at) }

// set reports whether it changed anything.
func (m *merged) set(o source.Origin, c event.Coverage) bool {
	i := slices.Index(m.origins, o)
	if i < 0 {
		m.origins, m.told = append(m.origins, o), append(m.told, c)
		return true
	}
	if reflect.DeepEqual(m.told[i], c) {
		return false
	}
	m.told[i] = c
	return true
}

// coverage adds up what was told. It is complete up to the earliest time that an
// origin names, and to none if one of them names none; never to a time that has
// not come.
func (m *merged) coverage(events int, now time.Time) event.Coverage {
	out := event.Coverage{Skipped: []event.Gap{}, Failed: []event.Gap{}, Events: events, Duplicates: m.duplicates}
	out.From, out.To = span(m.first, m.last)
	complete := len(m.told) > 0
	for _, c := range m.told {
		out.Files += c.Files
		out.Read += c.Read
		out.OutsideWindow += c.OutsideWindow
		out.Skipped = append(out.Skipped, c.Skipped...)
		out.Failed = append(out.Failed, c.Failed...)
		out.Partial = out.Partial || c.Partial
		switch {
		case c.CompleteTo == nil:
			complete = false
		case out.CompleteTo == nil || c.CompleteTo.Before(*out.CompleteTo):
			at := c.CompleteTo.UTC()
			out.CompleteTo = &at
		}
	}
	switch {
	case !complete:
		out.CompleteTo = nil
	case out.CompleteTo.After(now):
		at := now.UTC().Truncate(time.Second)
		out.CompleteTo = &at
	}
	return out
}

// origin names the source: of several, the kinds and the places of all.
func (m *merged) origin() source.Origin {
	var kinds, locations []string
	for _, o := range m.origins {
		if !slices.Contains(kinds, o.Kind) {
			kinds = append(kinds, o.Kind)
		}
		locations = append(locations, o.Location)
	}
	return source.Origin{Kind: strings.Join(kinds, "+"), Location: strings.Join(locations, ", ")}
}
