package investigate

import (
	"slices"
	"sync"
)

// A timeOrder keeps the rows in order of time. It is brought up to date when
// someone asks, by sorting what is new and merging it in.
type timeOrder struct {
	mu   sync.Mutex
	rows []uint32
}

// of returns the rows of a snapshot, oldest first; it must not be changed.
func (o *timeOrder) of(view *snapshot) []uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	have := len(o.rows)
	if have > view.rows { // another reader has seen more
		return slices.DeleteFunc(slices.Clone(o.rows), func(row uint32) bool { return int(row) >= view.rows })
	}
	if have == view.rows {
		return o.rows
	}
	fresh := make([]uint32, 0, view.rows-have)
	for n := have; n < view.rows; n++ {
		fresh = append(fresh, uint32(n)) //nolint:gosec // rows are numbered in 32 bits throughout
	}
	slices.SortFunc(fresh, view.before)
	o.rows = merge(o.rows, fresh, view.before)
	return o.rows
}

func merge(a, b []uint32, compare func(a, b uint32) int) []uint32 {
	if len(a) == 0 {
		return b
	}
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if compare(a[0], b[0]) <= 0 {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
