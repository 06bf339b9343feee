package audit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// A Damage is a line of the log that is not a whole record, and why.
type Damage struct {
	// Line counts from 1.
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Read returns every whole record of the log in the order of the file, and
// tells of each line that is none; such a line is not an error. It does not
// check the chain. A log that does not exist is an error that wraps
// fs.ErrNotExist. Errors are of type *Error.
func Read(path string) ([]Record, []Damage, error) {
	var records []Record
	var damaged []Damage
	err := scan(path, func(n int, r Record, bad error) {
		if bad != nil {
			damaged = append(damaged, Damage{Line: n, Reason: bad.Error()})
			return
		}
		records = append(records, r)
	})
	return records, damaged, err
}

// A Verification is what Verify found. Its JSON form is part of the contract.
type Verification struct {
	// OK is true if every line is a record, unchanged and in its place.
	OK bool `json:"ok"`
	// Records counts the whole records in the file.
	Records int `json:"records"`
	// Head is the hash of the last whole record; empty if there is none.
	Head string `json:"head"`
	// BrokenAt is the number of the first record, counted as lines from 1, that
	// is not as it was written or not where it was written; nil if OK.
	BrokenAt *int `json:"broken_at"`
	// Reason says what is wrong with it, as a sentence.
	Reason string `json:"reason"`
}

// Verify checks the log line by line. A log that does not exist is an error
// that wraps fs.ErrNotExist; an empty one is whole.
func Verify(path string) (Verification, error) {
	v := Verification{OK: true}
	prev, seq := genesis, int64(0)
	err := scan(path, func(n int, r Record, bad error) {
		if bad == nil {
			v.Records++
			v.Head = r.Hash
		}
		if !v.OK {
			return
		}
		if bad == nil {
			bad = follows(r, prev, seq)
		}
		if bad != nil {
			v.OK, v.BrokenAt, v.Reason = false, &n, bad.Error()
			return
		}
		prev, seq = r.Hash, r.Seq
	})
	return v, err
}

var (
	errNotNext   = errors.New("it does not follow the record before it: records were removed, inserted or moved")
	errNotFirst  = errors.New("it is not the first record of a log: records before it were removed")
	errMisnumber = errors.New("its number is not the one that comes next")
)

func follows(r Record, prev string, seq int64) error {
	switch {
	case r.Prev != prev && seq == 0:
		return errNotFirst
	case r.Prev != prev:
		return errNotNext
	case r.Seq != seq+1:
		return errMisnumber
	}
	return nil
}

// scan calls line for each line of the log, numbered from 1, with the record,
// or with why it is none.
func scan(path string, line func(n int, r Record, bad error)) (err error) {
	defer func() {
		if err != nil {
			err = &Error{Path: path, Doing: "reading", Next: "Check the path given with --audit-log, and that this user may read it.", Err: err}
		}
	}()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return notRegular(info)
	}
	unlock := shareLock(path)
	defer unlock()
	f, err := os.Open(path) //nolint:gosec // the operator names the log to read
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()

	in := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		b, err := readLine(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		r, bad := open(b)
		line(n, r, bad)
	}
}

// shareLock keeps writers away while the log is read, so that a record that is
// just being written is not taken for one cut off. Reading goes on without it
// where it cannot be had: a copy of a log on a read-only disk must be readable.
func shareLock(path string) (unlock func()) {
	lock := flock.New(path+".lock", flock.SetFlag(os.O_RDONLY))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if ok, err := lock.TryRLockContext(ctx, 5*time.Millisecond); err != nil || !ok {
		return func() {}
	}
	return func() { _ = lock.Unlock() } // closing the file, which follows, unlocks it in any case
}

// readLine returns the next line without its line feed; of a line longer than
// maxLine the first maxLine+1 bytes. The slice is the caller's.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		part = bytes.TrimSuffix(part, []byte("\n"))
		if room := maxLine + 1 - len(line); room > 0 {
			line = append(line, part[:min(room, len(part))]...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0:
			return line, nil
		case err != nil:
			return nil, err
		}
		return line, nil
	}
}
