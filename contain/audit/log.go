package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"time"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"
)

// defaultLockWait is how long Append waits for another process's append, which
// takes a few milliseconds.
const defaultLockWait = 5 * time.Second

// Options of a log. The zero value works.
type Options struct {
	// Now is the clock; nil is the computer's.
	Now func() time.Time
	// LockWait bounds the wait for another writer; zero is five seconds.
	LockWait time.Duration
	// OSUser and Host go into every record; empty are this process's own.
	OSUser string
	Host   string
}

// A Log appends to one file. It is safe for use by many goroutines, beside any
// number of other processes.
type Log struct {
	path string
	opts Options
	sync func(*os.File) error
}

// An Error says why the log could not be used, and what to do. Whatever was to
// be recorded must not be done.
type Error struct {
	Path string
	// Doing is what failed, as a participle: "writing".
	Doing string
	// Next is what the operator can do about it, as a sentence.
	Next string
	Err  error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s audit log %s: %v", e.Doing, e.Path, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// DefaultPath is where the log is if no place is named:
// $XDG_STATE_HOME/cordon/audit.jsonl, or what stands for that on this system.
func DefaultPath() string {
	return filepath.Join(xdg.StateHome, "cordon", "audit.jsonl")
}

// Open makes sure that the log can be written: it creates the file (0600) and
// its folder (0700) if they are not there, and finds the end of the chain.
// The file must be a regular one, not a symbolic link: a link in its place
// would send the log elsewhere. Errors are of type *Error.
func Open(path string, o Options) (*Log, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &Error{Path: path, Doing: "opening", Next: elsewhere, Err: err}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.LockWait == 0 {
		o.LockWait = defaultLockWait
	}
	if o.OSUser == "" {
		o.OSUser = osUser()
	}
	if o.Host == "" {
		o.Host, _ = os.Hostname() // an unnamed host is recorded as such
	}
	l := &Log{path: abs, opts: o, sync: (*os.File).Sync}
	if err := os.MkdirAll(filepath.Dir(abs), 0o700); err != nil {
		return nil, l.fail("opening", err)
	}
	err = l.locked(context.Background(), func(f *os.File) error {
		_, err := findTail(f)
		return err
	})
	if err != nil {
		return nil, l.fail("opening", err)
	}
	return l, nil
}

// Path is the absolute path of the log.
func (l *Log) Path() string { return l.path }

const elsewhere = "Name another place for the log with --audit-log FILE; without a log nothing is done to the account."

func (l *Log) fail(doing string, err error) error {
	var already *Error
	if errors.As(err, &already) {
		return err
	}
	return &Error{Path: l.path, Doing: doing, Next: elsewhere, Err: err}
}

// Append completes the record (version, number, time, chain, and the operator's
// computer) and writes it. When it returns without an error the record is on
// the disk. When it returns one, the file is as it was, as far as the disk
// allows, and what the record announces must not be done. Errors are of type
// *Error; the context's error is inside it if it ended the wait for the lock.
func (l *Log) Append(ctx context.Context, r Record) (Record, error) {
	var written Record
	err := l.locked(ctx, func(f *os.File) error {
		tail, err := findTail(f)
		if err != nil {
			return err
		}
		written, err = l.append(f, tail, r)
		return err
	})
	if err != nil {
		return Record{}, l.fail("writing", err)
	}
	return written, nil
}

func (l *Log) append(f *os.File, tail tail, r Record) (Record, error) {
	r.V, r.Seq, r.Prev = Version, tail.seq+1, tail.hash
	if r.Time.IsZero() {
		r.Time = l.opts.Now()
	}
	r.Time = r.Time.UTC()
	if r.Operator.OSUser == "" {
		r.Operator.OSUser = l.opts.OSUser
	}
	if r.Operator.Host == "" {
		r.Operator.Host = l.opts.Host
	}
	if r.Calls == nil {
		r.Calls = []Call{}
	}
	line, r, err := seal(r)
	if err != nil {
		return Record{}, err
	}
	if tail.open {
		line = append([]byte{'\n'}, line...)
	}
	if err := l.write(f, tail.size, append(line, '\n')); err != nil {
		return Record{}, err
	}
	return r, nil
}

// write appends and syncs, and takes back what it wrote if either fails.
func (l *Log) write(f *os.File, size int64, b []byte) error {
	_, err := f.Write(b)
	if err == nil {
		err = l.sync(f)
	}
	if err == nil {
		return nil
	}
	if undo := f.Truncate(size); undo != nil {
		return fmt.Errorf("%w (and what was written of it could not be taken back: %w)", err, undo)
	}
	return err
}

// locked calls do with the log open for appending and locked against every
// other writer. The file is opened anew each time: it may have been moved away
// since.
func (l *Log) locked(ctx context.Context, do func(*os.File) error) (err error) {
	if _, err := l.named(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, l.opts.LockWait)
	defer cancel()
	lock := flock.New(l.path + ".lock")
	if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("another process holds its lock %s.lock: %w", l.path, err)
		}
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()

	f, err := l.openFile()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return do(f)
}

// named makes sure that what the path names, if it names anything, is a file.
func (l *Log) named() (isNew bool, err error) {
	info, err := os.Lstat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, notRegular(info)
	}
	return false, nil
}

func (l *Log) openFile() (*os.File, error) {
	isNew, err := l.named()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := l.check(f, isNew); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// check makes sure that the open file is what the path names, that nobody else
// can read or write it, and, if it is new, that its name is on the disk.
func (l *Log) check(f *os.File, isNew bool) error {
	opened, err := f.Stat()
	if err != nil {
		return err
	}
	named, err := os.Lstat(l.path)
	if err != nil {
		return err
	}
	if !os.SameFile(opened, named) {
		return notRegular(named)
	}
	if opened.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		if err := f.Chmod(0o600); err != nil {
			return fmt.Errorf("others can read it, and that could not be changed: %w", err)
		}
	}
	if isNew {
		return syncFolder(filepath.Dir(l.path))
	}
	return nil
}

func notRegular(i fs.FileInfo) error {
	if i.Mode()&fs.ModeSymlink != 0 {
		return errors.New("it is a symbolic link; name the file itself")
	}
	return errors.New("it is not a regular file")
}

// syncFolder makes a new name in a folder durable. Windows has no such call,
// and needs none.
func syncFolder(dir string) (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir) //nolint:gosec // the operator names the place of the log
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}

func osUser() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
