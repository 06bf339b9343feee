package audit

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// A tail is where a log ends: the last whole record, from which the chain goes
// on, and whether the file's last line still needs its line feed.
type tail struct {
	size int64
	open bool
	seq  int64
	hash string
}

var errForeign = errors.New("it is not an audit log: it holds other lines and no record; it is left as it is")

// findTail reads the log backwards to its last whole record. Lines behind that
// (cut off, or changed) are passed over, never removed. A file that holds no
// record is accepted only if it is empty, or holds one record cut off.
func findTail(f *os.File) (tail, error) {
	info, err := f.Stat()
	if err != nil {
		return tail{}, err
	}
	t := tail{size: info.Size(), hash: genesis}
	if t.size == 0 {
		return t, nil
	}
	back := &backwards{r: f, at: t.size}
	cutOff := false
	for first := true; ; first = false {
		line, terminated, err := back.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return tail{}, err
		}
		if first {
			t.open = !terminated
		}
		r, err := open(line)
		if err == nil {
			t.seq, t.hash = r.Seq, r.Hash
			return t, nil
		}
		cutOff = cutOff || errors.Is(err, errCutOff) || errors.Is(err, errChanged)
	}
	if !cutOff {
		return tail{}, errForeign
	}
	return t, nil
}

// backwards reads the lines of a file from the last to the first, in memory
// that does not grow with the file.
type backwards struct {
	r  io.ReaderAt
	at int64 // the end of what is still to be read
}

// line returns the line before the last one returned, without its line feed.
// Of a line longer than maxLine it returns the last maxLine+1 bytes, which is
// too long to be a record.
func (b *backwards) line() (line []byte, terminated bool, err error) {
	if b.at == 0 {
		return nil, false, io.EOF
	}
	var one [1]byte
	if err := b.read(one[:], b.at-1); err != nil {
		return nil, false, err
	}
	end := b.at
	if one[0] == '\n' {
		terminated = true
		end--
	}
	start, err := b.startOf(end)
	if err != nil {
		return nil, false, err
	}
	b.at = start
	from := max(start, end-maxLine-1)
	line = make([]byte, end-from)
	return line, terminated, b.read(line, from)
}

// startOf finds the start of the line that ends at end.
func (b *backwards) startOf(end int64) (int64, error) {
	const chunk = 16 << 10
	for end > 0 {
		from := max(0, end-chunk)
		buf := make([]byte, end-from)
		if err := b.read(buf, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(buf, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

func (b *backwards) read(p []byte, at int64) error {
	n, err := b.r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	return err
}
