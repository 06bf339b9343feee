package investigate

import "hash/maphash"

// An idIndex finds rows by event ID, at four to eight bytes a row: it holds row
// numbers, and compares with the IDs in the column.
type idIndex struct {
	seed  maphash.Seed
	slots []uint32 // row + 1, or 0
	used  int
}

func newIDIndex() idIndex {
	return idIndex{seed: maphash.MakeSeed(), slots: make([]uint32, 1<<10)}
}

func (x *idIndex) find(id eventID, chunks []*chunk) (row int, ok bool) {
	slot := x.slot(id, chunks)
	return int(x.slots[slot]) - 1, x.slots[slot] != 0
}

// slot is where id is, or the free place where it belongs.
func (x *idIndex) slot(id eventID, chunks []*chunk) uint64 {
	mask := uint64(len(x.slots)) - 1
	at := maphash.Comparable(x.seed, id) & mask
	for x.slots[at] != 0 {
		row := x.slots[at] - 1
		if chunks[row/chunkRows].id[row%chunkRows] == id {
			break
		}
		at = (at + 1) & mask
	}
	return at
}

// add notes the row of an ID that find does not find. The column has it already.
func (x *idIndex) add(row int, chunks []*chunk) {
	if 4*x.used >= 3*len(x.slots) {
		x.grow(chunks)
	}
	id := chunks[row/chunkRows].id[row%chunkRows]
	x.slots[x.slot(id, chunks)] = uint32(row) + 1 //nolint:gosec // rows are numbered in 32 bits throughout
	x.used++
}

func (x *idIndex) grow(chunks []*chunk) {
	old := x.slots
	x.slots = make([]uint32, 2*len(old))
	for _, entry := range old {
		if entry != 0 {
			row := entry - 1
			x.slots[x.slot(chunks[row/chunkRows].id[row%chunkRows], chunks)] = entry
		}
	}
}
