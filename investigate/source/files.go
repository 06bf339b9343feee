package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"cordon/investigate/event"
)

// batchSize is how many events a worker gathers before it hands them on.
const batchSize = 1000

// Files reads a file, or all files of a folder and those in it, or standard
// input for "-". What a file is shows in its bytes and not in its name: files of
// a trail, gzipped or not, arrays, JSON lines, output of "aws cloudtrail
// lookup-events" and "aws logs filter-log-events", exports of CloudWatch Logs.
//
// In the coverage, each file is read, or skipped, or failed; a file that was
// read may also be under skipped for what was in it besides events. Names are
// relative to the folder. CompleteTo is never known: a file says nothing about
// what happened after its last event.
func Files(path string, w Window) Source {
	if path == "-" {
		return Stream(os.Stdin, w)
	}
	return &files{path, w}
}

// Stream reads events as Files does from one stream, which the coverage calls
// standard input. A second Read gives no events, and the coverage of the first.
func Stream(r io.Reader, w Window) Source {
	return &stream{r: r, window: w}
}

type stream struct {
	r      io.Reader
	window Window

	mu   sync.Mutex
	done *event.Coverage
}

func (s *stream) Origin() Origin { return Origin{"files", "-"} }

func (s *stream) Read(ctx context.Context, emit func(Batch) error) (event.Coverage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done != nil {
		return *s.done, emit(Batch{Coverage: *s.done})
	}
	coverage, err := readAll(ctx, opened("standard input", s.r), s.window, emit)
	s.done = &coverage
	return coverage, err
}

// opened is a reading of one stream that is open already and may block.
func opened(name string, r io.Reader) *reading {
	return &reading{files: []file{{name: name}}, open: func(ctx context.Context, _ file) (io.ReadCloser, error) {
		return io.NopCloser(pump(ctx, r)), nil
	}}
}

type files struct {
	path   string
	window Window
}

func (f *files) Origin() Origin { return Origin{"files", f.path} }

func (f *files) Read(ctx context.Context, emit func(Batch) error) (event.Coverage, error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return newTally().final(true), fmt.Errorf("reading logs: %s: no such file or folder; give the path of one, or - for standard input: %w", f.path, err)
	}
	if err != nil {
		return newTally().final(true), fmt.Errorf("reading logs: %w", err)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return f.tree(ctx, emit)
	case mode.IsRegular():
		one := &reading{files: []file{{f.path, f.path, info.Size()}}, open: openFile}
		return readAll(ctx, one, f.window, emit)
	case mode&fs.ModeNamedPipe != 0:
		return f.pipe(ctx, emit)
	default:
		return newTally().final(true), fmt.Errorf("reading logs: %s is %s; give a file, a folder, or - for standard input", f.path, typeName(mode))
	}
}

// tree reads a folder. One that cannot be opened itself is an error, as there is
// nothing else to read.
func (f *files) tree(ctx context.Context, emit func(Batch) error) (event.Coverage, error) {
	w, err := walkTree(ctx, f.path)
	if err != nil {
		return newTally().final(true), err
	}
	coverage, err := readAll(ctx, &reading{w.files, openFile, w.skipped, w.failed}, f.window, emit)
	if err == nil && len(w.files) == 0 && len(w.failed) == 1 && w.failed[0].Name == "." {
		err = fmt.Errorf("reading logs: %s: %s", f.path, w.failed[0].Reason)
	}
	return coverage, err
}

// pipe reads a named pipe that was asked for by name, as a shell's <(command)
// does. One that nothing writes to is not waited for.
func (f *files) pipe(ctx context.Context, emit func(Batch) error) (event.Coverage, error) {
	in, err := os.OpenFile(f.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return newTally().final(true), fmt.Errorf("reading logs: %w", err)
	}
	coverage, err := readAll(ctx, opened(f.path, in), f.window, emit)
	return coverage, errors.Join(err, in.Close())
}

func openFile(_ context.Context, f file) (io.ReadCloser, error) {
	return os.OpenFile(f.path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // the file may have become a pipe
}

// A reading is what one Read is to do.
type reading struct {
	files           []file
	open            func(context.Context, file) (io.ReadCloser, error)
	skipped, failed []event.Gap // found before any file was opened
}

// A report is what a worker has read since its last one.
type report struct {
	events          []event.Event
	read, outside   int
	skipped, failed []event.Gap
}

// readAll reads the files with a worker for each processor, the largest first
// so that none is left to end alone, and emits what they report.
func readAll(ctx context.Context, r *reading, w Window, emit func(Batch) error) (event.Coverage, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slices.SortStableFunc(r.files, func(a, b file) int { return cmp.Compare(b.size, a.size) })

	t := newTally()
	t.c.Skipped = append(t.c.Skipped, r.skipped...)
	t.c.Failed = append(t.c.Failed, r.failed...)
	t.c.Files = len(r.files)

	reports := make(chan report)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(r.files)) {
		workers.Go(func() {
			if err := work(ctx, r, &next, w, reports); err != nil {
				cancel(err)
			}
		})
	}
	go func() {
		workers.Wait()
		close(reports)
	}()
	for rep := range reports {
		t.add(rep)
		if ctx.Err() != nil {
			continue // let the workers end
		}
		if err := emit(Batch{rep.events, t.soFar()}); err != nil {
			cancel(err)
		}
	}
	coverage := t.final(ctx.Err() != nil)
	if ctx.Err() != nil {
		return coverage, context.Cause(ctx)
	}
	return coverage, emit(Batch{Coverage: coverage})
}

func (t *tally) add(r report) {
	t.count(r.events)
	t.c.Read += r.read
	t.c.OutsideWindow += r.outside
	t.c.Skipped = append(t.c.Skipped, r.skipped...)
	t.c.Failed = append(t.c.Failed, r.failed...)
}

// work reads files until there are none left.
func work(ctx context.Context, r *reading, next *atomic.Int64, w Window, reports chan<- report) error {
	var rep report
	send := func() error {
		select {
		case reports <- rep:
			rep = report{}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s := &streamReader{window: w, emit: func(e event.Event) error {
		if rep.events == nil {
			rep.events = make([]event.Event, 0, batchSize)
		}
		rep.events = append(rep.events, e)
		if len(rep.events) < batchSize {
			return nil
		}
		return send()
	}}
	for n := int(next.Add(1)) - 1; n < len(r.files); n = int(next.Add(1)) - 1 {
		f := r.files[n]
		got, err := readFile(ctx, s, r, f)
		if err != nil {
			return err
		}
		rep.outside += s.outside
		if got.read {
			rep.read++
		}
		if got.skipped != "" {
			rep.skipped = append(rep.skipped, event.Gap{Name: f.name, Reason: got.skipped})
		}
		if got.failed != "" {
			rep.failed = append(rep.failed, event.Gap{Name: f.name, Reason: got.failed})
		}
	}
	return send()
}

// readFile reads one file. Its error is that of ctx or emit alone.
func readFile(ctx context.Context, s *streamReader, r *reading, f file) (outcome, error) {
	in, err := r.open(ctx, f)
	if err != nil {
		return outcome{failed: reasonOf(err)}, ctx.Err()
	}
	got, err := s.read(ctx, in)
	if closeErr := in.Close(); err == nil && closeErr != nil {
		got.failed = reasonOf(closeErr)
	}
	return got, err
}
