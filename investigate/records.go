package investigate

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

const (
	// blockBytes is how much plain text is compressed together: enough for the
	// redundancy of records to pay, little enough to open one at once.
	blockBytes = 128 << 10
	// cachedBlocks is how many opened blocks are kept: a screen of events of
	// one time, and those around it.
	cachedBlocks = 16
)

// records is the readers' view of the raw records: sealed blocks, and the one
// that is being filled.
type records struct {
	sealed []sealed
	open   []byte
	first  int // the row of the first record in open
	cache  *openedBlocks
}

// A sealed block is some records, compressed together.
type sealed struct {
	packed []byte
	first  int // the row of its first record
	size   int // of its plain text
}

// read returns the record at a place that recordWriter.add gave. The bytes
// belong to the store and must not be changed.
func (r *records) read(block, offset uint32) ([]byte, error) {
	plain, err := r.plain(int(block), true)
	if err != nil {
		return nil, err
	}
	return recordAt(plain, offset)
}

// plain returns the text of a block; keep says whether it is likely to be asked
// for again.
func (r *records) plain(block int, keep bool) ([]byte, error) {
	if block == len(r.sealed) {
		return r.open, nil
	}
	return r.cache.open(block, &r.sealed[block], keep)
}

func recordAt(plain []byte, offset uint32) ([]byte, error) {
	if int(offset) < len(plain) {
		length, n := binary.Uvarint(plain[offset:])
		start := int(offset) + n
		if n > 0 && length <= uint64(len(plain)-start) { //nolint:gosec // start lies within plain
			return plain[start : start+int(length)], nil //nolint:gosec // bounded by the line above
		}
	}
	return nil, fmt.Errorf("reading a stored record: offset %d lies outside its block", offset)
}

// A recordWriter packs records into blocks.
type recordWriter struct {
	records
	encoder *zstd.Encoder
}

func newRecordWriter() *recordWriter {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic("investigate: the options of the encoder are fixed: " + err.Error())
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0))
	if err != nil {
		panic("investigate: the options of the decoder are fixed: " + err.Error())
	}
	w := &recordWriter{encoder: encoder}
	w.cache = &openedBlocks{decoder: decoder}
	return w
}

// add appends the record of a row, and says where it is.
func (w *recordWriter) add(row int, raw []byte) (block, offset uint32) {
	need := binary.MaxVarintLen64 + len(raw)
	if len(w.open) > 0 && len(w.open)+need > cap(w.open) {
		w.seal()
	}
	if w.open == nil {
		w.open, w.first = make([]byte, 0, max(blockBytes, need)), row
	}
	block, offset = uint32(len(w.sealed)), uint32(len(w.open)) //nolint:gosec // blocks are small, and fewer than rows
	w.open = binary.AppendUvarint(w.open, uint64(len(raw)))
	w.open = append(w.open, raw...)
	return block, offset
}

// seal compresses the open block. Readers of older snapshots keep the plain one.
func (w *recordWriter) seal() {
	packed := w.encoder.EncodeAll(w.open, make([]byte, 0, len(w.open)/4))
	w.sealed = append(w.sealed, sealed{packed: append([]byte(nil), packed...), first: w.first, size: len(w.open)})
	w.open = nil
}

// openedBlocks keeps the blocks that were opened last.
type openedBlocks struct {
	decoder *zstd.Decoder
	mu      sync.Mutex
	blocks  []openedBlock // the last used last
}

type openedBlock struct {
	number int
	plain  []byte
}

func (o *openedBlocks) open(number int, block *sealed, keep bool) ([]byte, error) {
	if plain := o.find(number); plain != nil {
		return plain, nil
	}
	plain, err := o.decoder.DecodeAll(block.packed, make([]byte, 0, block.size))
	if err != nil {
		return nil, fmt.Errorf("opening stored records: %w", err)
	}
	if keep {
		o.keep(number, plain)
	}
	return plain, nil
}

func (o *openedBlocks) find(number int) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, b := range o.blocks {
		if b.number == number {
			o.blocks = append(append(o.blocks[:i], o.blocks[i+1:]...), b)
			return b.plain
		}
	}
	return nil
}

func (o *openedBlocks) keep(number int, plain []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.blocks) == cachedBlocks {
		o.blocks = append(o.blocks[:0], o.blocks[1:]...)
	}
	o.blocks = append(o.blocks, openedBlock{number, plain})
}
