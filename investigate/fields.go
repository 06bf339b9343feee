package investigate

import (
	"slices"
	"strings"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/query"
)

// fieldOf is the field that a path names, or fields for none.
func fieldOf(path string) field {
	if i := slices.Index(paths[:], path); i >= 0 {
		return field(i)
	}
	return fields
}

// noFields is an event without fields.
type noFields struct{}

func (noFields) Lookup(string) (any, bool) { return nil, false }

// oneField is an event with one field.
type oneField struct {
	view *snapshot
	path string
	id   valueID
}

func (f oneField) Lookup(path string) (any, bool) {
	if path != f.path {
		return nil, false
	}
	return f.id.decoded(f.view.texts)
}

// entryFields is one combination of a dimension, read as an event.
type entryFields struct {
	view *snapshot
	dim  dimension
	i    uint32
}

func (f entryFields) Lookup(path string) (any, bool) {
	of := fieldOf(path)
	if of == fields || layout[of].dim != f.dim {
		return nil, false
	}
	return f.view.entry(f.dim, f.i)[layout[of].at].decoded(f.view.texts)
}

// timeFields is an event with a time alone, in Unix seconds.
type timeFields int64

func (t timeFields) Lookup(path string) (any, bool) {
	at := fromUnix(int64(t))
	switch {
	case at.IsZero():
	case path == "eventTime":
		return at.Format(time.RFC3339), true
	case path == "@timestamp":
		return at.UnixMilli(), true
	}
	return nil, false
}

// rowFields is a row read from its columns where they hold the field, and from
// its record, decoded for the first of them, where they do not.
type rowFields struct {
	view       *snapshot
	n          int
	raw        []byte
	everywhere bool
	event      event.Event
	record     *query.Record
}

func (f *rowFields) Lookup(path string) (any, bool) {
	c, i := f.view.at(f.n)
	odd := c.flags[i]&flagOdd != 0
	switch of := fieldOf(path); {
	case path == "@timestamp":
		return timeFields(c.time[i]).Lookup(path)
	case path == "@message":
		return string(f.raw), true
	case of == fields, odd && of >= firstSkimmed:
	case of == eventTime:
		return timeFields(c.time[i]).Lookup(path)
	default:
		return f.view.value(f.n, of).decoded(f.view.texts)
	}
	return f.whole().Lookup(path)
}

// whole is the event, read again.
func (f *rowFields) whole() *query.Record {
	if f.record == nil {
		// A record that was read once can be read again.
		f.event, _ = event.Read(f.raw)
		f.record = query.NewRecord(&f.event)
	}
	return f.record
}

// Contains looks for a plain word as columnar.word does.
func (f *rowFields) Contains(word string) bool {
	if f.everywhere {
		return f.whole().Contains(word)
	}
	c, i := f.view.at(f.n)
	for dim := range dimensions {
		tuple := f.view.entry(dim, c.pools[dim][i])
		for _, at := range searched[dim] {
			if strings.Contains(strings.ToLower(f.view.texts[tuple[at]]), word) {
				return true
			}
		}
	}
	packed, strange := packID(word)
	return !strange && c.id[i] == packed
}
