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
	if value, ok, held := f.column(path); held {
		return value, ok
	}
	return f.whole().Lookup(path)
}

// Spread is query.Spreader. A field that a column holds is in no list.
func (f *rowFields) Spread(path string) (any, bool) {
	if value, ok, held := f.column(path); held {
		return value, ok
	}
	return f.whole().Spread(path)
}

// column is a field from the columns; held is false if they do not hold it.
func (f *rowFields) column(path string) (value any, ok, held bool) {
	c, i := f.view.at(f.n)
	of := fieldOf(path)
	switch {
	case path == "@timestamp":
		value, ok = timeFields(c.time[i]).Lookup(path)
	case of == fields, of >= firstSkimmed && c.flags[i]&flagOdd != 0:
		return nil, false, false
	case of == eventTime:
		value, ok = timeFields(c.time[i]).Lookup(path)
	default:
		value, ok = f.view.value(f.n, of).decoded(f.view.texts)
	}
	return value, ok, true
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
		return query.NewRecord(&event.Event{Raw: f.raw}).Contains(word)
	}
	c, i := f.view.at(f.n)
	for dim := range dimensions {
		tuple := f.view.entry(dim, c.pools[dim][i])
		for _, at := range searched[dim] {
			if strings.Contains(strings.ToLower(f.text(dim, at, tuple[at])), word) {
				return true
			}
		}
	}
	packed, strange := packID(word)
	return !strange && c.id[i] == packed
}

// text is a searched text; of an odd row, from the record where it was skimmed.
func (f *rowFields) text(dim dimension, at int, id valueID) string {
	for of := firstSkimmed; of < fields; of++ {
		if layout[of].dim == dim && layout[of].at == at {
			value, _ := f.Lookup(paths[of])
			text, _ := value.(string) // only texts are searched
			return text
		}
	}
	return f.view.texts[id]
}
