package tui

// A column of a table. Width is in cells; one column of a table may have width
// 0 and takes what is left. A column with from set is left out of tables
// narrower than that.
type column struct {
	title safe
	width int
	right bool
	from  int
	// name cuts a value that is too long in its middle.
	name bool
}

// table lays cells out in columns, for one width.
type table struct {
	th      *theme
	columns []column
	// at maps each column to its width; -1 is left out.
	at    []int
	width int
}

// gap is the space between columns.
const gap = 1

// newTable fits columns to w cells, the two of the selection mark included.
func newTable(th *theme, w int, columns ...column) *table {
	t := &table{th: th, columns: columns, at: make([]int, len(columns)), width: w}
	left, flexible := w-2, -1
	for i, c := range columns {
		switch {
		case c.from > w:
			t.at[i] = -1
			continue
		case c.width == 0:
			flexible = i
		default:
			t.at[i] = c.width
			left -= c.width
		}
		left -= gap
	}
	if flexible >= 0 {
		t.at[flexible] = max(0, left+gap)
	}
	return t
}

// head is the line of titles.
func (t *table) head() line {
	cells := make([]span, len(t.columns))
	for i, c := range t.columns {
		cells[i] = span{text: c.title, style: dim}
	}
	return append(plain("  "), t.cells(cells)...).fit(t.width, t.th.more)
}

// row is one item: a span for each column, in their order.
func (t *table) row(selected bool, cells ...span) line {
	l := t.cells(cells)
	if !selected {
		return append(plain("  "), l...).fit(t.width, t.th.more)
	}
	for i := range l {
		if l[i].style == normal || l[i].style == dim {
			l[i].style = picked
		}
	}
	return append(in(picked, t.th.pick+" "), l...).fit(t.width, t.th.more)
}

func (t *table) cells(cells []span) line {
	out := make(line, 0, 2*len(cells))
	for i, c := range cells {
		w := t.at[i]
		if w < 0 {
			continue
		}
		if len(out) > 0 {
			out = append(out, span{text: spaces(gap)})
		}
		text := c.text
		if t.columns[i].name {
			text = text.cutMiddle(w, t.th.more)
		} else {
			text = text.cut(w, t.th.more)
		}
		pad := spaces(w - text.width())
		if t.columns[i].right {
			out = append(out, span{text: pad + text, style: c.style})
		} else {
			out = append(out, span{text: text, style: c.style}, span{text: pad})
		}
	}
	return out
}
