package investigate

import (
	"slices"
	"strings"

	"cordon/investigate/query"
)

// bounds are what the columns say about an expression: it holds for the rows in
// sure, and for no row outside of maybe. Where the two differ, only the record
// can tell.
type bounds struct{ sure, maybe rowSet }

// A columnar evaluates an expression on the columns of a snapshot: what a field
// must be is asked once of each distinct value, then each row is looked up.
type columnar struct {
	view       *snapshot
	everywhere bool   // plain words are looked for in the whole record
	odd        rowSet // rows whose skimmed columns are not to be trusted
}

func newColumnar(view *snapshot, everywhere bool) *columnar {
	c := &columnar{view: view, everywhere: everywhere, odd: newRowSet(view.rows)}
	c.scan(c.odd, func(ch *chunk, i int) bool { return ch.flags[i]&flagOdd != 0 })
	return c
}

// scan puts in the rows for which test holds.
func (c *columnar) scan(to rowSet, test func(ch *chunk, i int) bool) {
	for n := 0; n < c.view.rows; n += chunkRows {
		ch := c.view.chunks[n/chunkRows]
		for i := range min(chunkRows, c.view.rows-n) {
			if test(ch, i) {
				to.add(n + i)
			}
		}
	}
}

func (c *columnar) evaluate(e *query.Expr) bounds {
	switch e.Op {
	case query.And:
		b := c.constant(true)
		for _, arg := range e.Args {
			a := c.evaluate(arg)
			b.sure.and(a.sure)
			b.maybe.and(a.maybe)
		}
		return b
	case query.Or:
		b := c.constant(false)
		for _, arg := range e.Args {
			a := c.evaluate(arg)
			b.sure.or(a.sure)
			b.maybe.or(a.maybe)
		}
		return b
	case query.Not:
		a := c.evaluate(e.Args[0])
		a.sure.invert(c.view.rows)
		a.maybe.invert(c.view.rows)
		return bounds{sure: a.maybe, maybe: a.sure}
	case query.Word:
		return c.word(e)
	}
	return c.leaf(e)
}

func (c *columnar) constant(holds bool) bounds {
	b := bounds{newRowSet(c.view.rows), newRowSet(c.view.rows)}
	if holds {
		b.sure.fill(c.view.rows)
		b.maybe.fill(c.view.rows)
	}
	return b
}

// leaf answers a test of fields that are kept together in one dimension; all
// others are left open.
func (c *columnar) leaf(e *query.Expr) bounds {
	read := e.Columns()
	if len(read) == 0 {
		return c.constant(e.Match(noFields{}))
	}
	if !slices.ContainsFunc(read, func(path string) bool { return path != "eventTime" && path != "@timestamp" }) {
		return c.times(e, slices.Contains(read, "eventTime"))
	}
	dim, skimmed := dimensions, false
	for _, path := range read {
		f := fieldOf(path)
		if f == fields || dim != dimensions && layout[f].dim != dim {
			return bounds{sure: newRowSet(c.view.rows), maybe: c.constant(true).maybe}
		}
		dim, skimmed = layout[f].dim, skimmed || f >= firstSkimmed
	}
	if dim >= dimensions { // the time, beside another field
		return bounds{sure: newRowSet(c.view.rows), maybe: c.constant(true).maybe}
	}
	return c.open(c.rows(dim, c.entries(e, dim, read)), skimmed)
}

// entries asks the expression of each combination of a dimension; where it
// reads one field, of each of its values.
func (c *columnar) entries(e *query.Expr, dim dimension, read []string) []bool {
	holds := make([]bool, c.view.entries(dim))
	if len(read) > 1 {
		for i := range holds {
			holds[i] = e.Match(entryFields{c.view, dim, uint32(i)}) //nolint:gosec // entries are numbered in 32 bits
		}
		return holds
	}
	at := layout[fieldOf(read[0])].at
	value := c.once(func(id valueID) bool { return e.Match(oneField{c.view, read[0], id}) })
	for i := range holds {
		holds[i] = value(c.view.entry(dim, uint32(i))[at]) //nolint:gosec // entries are numbered in 32 bits
	}
	return holds
}

// once remembers the answer for each value.
func (c *columnar) once(ask func(valueID) bool) func(valueID) bool {
	const yes, no = 1, 2
	known := make([]uint8, len(c.view.texts))
	return func(id valueID) bool {
		if known[id] == 0 {
			known[id] = no
			if ask(id) {
				known[id] = yes
			}
		}
		return known[id] == yes
	}
}

// rows are those whose combination holds.
func (c *columnar) rows(dim dimension, holds []bool) rowSet {
	rows := newRowSet(c.view.rows)
	for n := 0; n < c.view.rows; n += chunkRows {
		column := &c.view.chunks[n/chunkRows].pools[dim]
		for i := range min(chunkRows, c.view.rows-n) {
			if holds[column[i]] {
				rows.add(n + i)
			}
		}
	}
	return rows
}

// open leaves odd rows open, if they matter.
func (c *columnar) open(rows rowSet, skimmed bool) bounds {
	b := bounds{sure: rows, maybe: slices.Clone(rows)}
	if skimmed {
		b.sure.without(c.odd)
		b.maybe.or(c.odd)
	}
	return b
}

// times answers a test of the time alone. Neighbours often share a second.
func (c *columnar) times(e *query.Expr, skimmed bool) bounds {
	rows := newRowSet(c.view.rows)
	var at int64
	var asked, holds bool
	c.scan(rows, func(ch *chunk, i int) bool {
		if !asked || ch.time[i] != at {
			asked, at = true, ch.time[i]
			holds = e.Match(timeFields(at))
		}
		return holds
	})
	return c.open(rows, skimmed)
}

// word looks for a plain word: in the columns that a list shows or names, or in
// the whole record, of which the columns are only a part.
func (c *columnar) word(e *query.Expr) bounds {
	if c.everywhere {
		return bounds{sure: newRowSet(c.view.rows), maybe: c.constant(true).maybe}
	}
	has := c.once(func(id valueID) bool { return strings.Contains(strings.ToLower(c.view.texts[id]), e.Text) })
	all := newRowSet(c.view.rows)
	for dim := range dimensions {
		holds := make([]bool, c.view.entries(dim))
		for i := range holds {
			tuple := c.view.entry(dim, uint32(i)) //nolint:gosec // entries are numbered in 32 bits
			holds[i] = slices.ContainsFunc(searched[dim], func(at int) bool { return has(tuple[at]) })
		}
		all.or(c.rows(dim, holds))
	}
	if packed, strange := packID(e.Text); !strange {
		c.scan(all, func(ch *chunk, i int) bool { return ch.id[i] == packed })
	}
	return c.open(all, true)
}
