package investigate

import "math/bits"

// rowSet is a set of rows, one bit each.
type rowSet []uint64

func newRowSet(rows int) rowSet { return make(rowSet, (rows+63)/64) }

func (s rowSet) has(row int) bool { return s[row/64]&(1<<(row%64)) != 0 }

func (s rowSet) add(row int) { s[row/64] |= 1 << (row % 64) }

func (s rowSet) and(o rowSet) {
	for i := range s {
		s[i] &= o[i]
	}
}

func (s rowSet) or(o rowSet) {
	for i := range s {
		s[i] |= o[i]
	}
}

func (s rowSet) without(o rowSet) {
	for i := range s {
		s[i] &^= o[i]
	}
}

// fill puts in every row below rows.
func (s rowSet) fill(rows int) {
	for i := range s {
		s[i] = ^uint64(0)
	}
	if rest := rows % 64; rest != 0 {
		s[len(s)-1] = 1<<rest - 1
	}
}

// invert takes out what is in, and puts in every other row below rows.
func (s rowSet) invert(rows int) {
	all := newRowSet(rows)
	all.fill(rows)
	all.without(s)
	copy(s, all)
}

func (s rowSet) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

// in lists the rows of order that are in the set, backwards if asked.
func (s rowSet) in(order []uint32, backwards bool) []int {
	rows := make([]int, 0, s.count())
	if backwards {
		for i := len(order) - 1; i >= 0; i-- {
			if row := int(order[i]); s.has(row) {
				rows = append(rows, row)
			}
		}
		return rows
	}
	for _, row := range order {
		if s.has(int(row)) {
			rows = append(rows, int(row))
		}
	}
	return rows
}
