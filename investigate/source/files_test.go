package source_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cordon/investigate/event"
	"cordon/investigate/source"
)

// A result is all that a reading gave.
type result struct {
	events   []event.Event
	coverage event.Coverage
	err      error
}

func (r result) ids() []string {
	ids := []string{}
	for i := range r.events {
		ids = append(ids, r.events[i].ID)
	}
	slices.Sort(ids)
	return ids
}

// read reads all of a source, and checks what every reading must keep to.
func read(t testing.TB, s source.Source) result {
	t.Helper()
	var r result
	var last event.Coverage
	r.coverage, r.err = s.Read(t.Context(), func(b source.Batch) error {
		r.events = append(r.events, b.Events...)
		if b.Coverage.Events < len(r.events) {
			t.Errorf("coverage counts %d events, %d were emitted", b.Coverage.Events, len(r.events))
		}
		last = b.Coverage
		return nil
	})
	if r.coverage.Skipped == nil || r.coverage.Failed == nil {
		t.Error("a list of the coverage is nil")
	}
	if r.err == nil {
		if diff := cmp.Diff(last, r.coverage); diff != "" {
			t.Errorf("coverage, -emitted last +returned:\n%s", diff)
		}
	}
	return r
}

var fixtureIDs = []string{
	"11111111-2222-4333-8444-555555555551",
	"11111111-2222-4333-8444-555555555552",
	"11111111-2222-4333-8444-555555555553",
}

func fixtures(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.*")
	if err != nil || len(paths) < 15 {
		t.Fatalf("fixtures: %v, %v", paths, err)
	}
	return paths
}

func TestEveryContainerGivesItsRecords(t *testing.T) {
	for _, path := range fixtures(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			r := read(t, source.Files(path, source.Window{}))
			if r.err != nil {
				t.Fatal(r.err)
			}
			if diff := cmp.Diff(fixtureIDs, r.ids()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			from, to := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC), time.Date(2024, 5, 1, 10, 2, 0, 0, time.UTC)
			want := event.Coverage{Files: 1, Read: 1, Skipped: []event.Gap{}, Failed: []event.Gap{}, Events: 3, From: &from, To: &to}
			if diff := cmp.Diff(want, r.coverage); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, e := range r.events {
				if again, err := event.Read(e.Raw); err != nil || cmp.Diff(e, again) != "" {
					t.Errorf("the record kept is not the one read: %v\n%s", err, cmp.Diff(e, again))
				}
			}
		})
	}
}

func TestRecordsSurviveReadingAByteAtATime(t *testing.T) {
	for _, path := range fixtures(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			r := read(t, source.Stream(iotest.OneByteReader(bytes.NewReader(data)), source.Window{}))
			if diff := cmp.Diff(fixtureIDs, r.ids()); diff != "" || r.err != nil {
				t.Errorf("%v -want +got:\n%s", r.err, diff)
			}
		})
	}
}

func TestWhatIsNoLogIsSkippedByName(t *testing.T) {
	r := read(t, source.Files("testdata/notlogs", source.Window{}))
	if r.err != nil {
		t.Fatal(r.err)
	}
	want := event.Coverage{
		Files: 11,
		Skipped: []event.Gap{
			{Name: "blank.json", Reason: "empty"},
			{Name: "config.json", Reason: "JSON without a CloudTrail record"},
			{Name: "digest.json.gz", Reason: "a CloudTrail digest, which holds no events"},
			{Name: "empty.gz", Reason: "empty"},
			{Name: "empty.json", Reason: "empty"},
			{Name: "insights.json", Reason: "CloudTrail Insights, which are no records of calls: 1 event"},
			{Name: "notes.txt", Reason: "not a log: no JSON in it"},
			{Name: "numbers.json", Reason: "JSON without a CloudTrail record"},
			{Name: "page.html", Reason: "not a log"},
			{Name: "picture.png", Reason: "not a log: binary"},
			{Name: "settings.ini", Reason: "not a log"},
		},
		Failed: []event.Gap{},
	}
	if diff := cmp.Diff(want, r.coverage); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestValuesInALogThatAreNoRecordsAreCountedAndNamed(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"one value", `{"Records":[{"eventName":"A"},{"foo":1}]}`,
			"in a log that was read: 1 value that is not a CloudTrail record",
		},
		{
			"several kinds", `[{"eventName":"A"},{"foo":1},7,{"eventName":"B","eventCategory":"Insight"}]` + "\nhello\nworld\n",
			"in a log that was read: 2 values that are not CloudTrail records, 1 CloudTrail Insights event, 2 lines that are not JSON",
		},
		{
			"a message of another kind", `{"events":[{"message":"{\"eventName\":\"A\"}"},{"message":"START RequestId"}]}`,
			"in a log that was read: 1 value that is not a CloudTrail record",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, source.Stream(strings.NewReader(tt.in), source.Window{}))
			if r.coverage.Events != 1 || r.coverage.Read != 1 {
				t.Errorf("coverage: %+v", r.coverage)
			}
			want := []event.Gap{{Name: "standard input", Reason: tt.want}}
			if diff := cmp.Diff(want, r.coverage.Skipped); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestOnlyEventsInsideTheWindowAreCounted(t *testing.T) {
	at := func(minute int) time.Time { return time.Date(2024, 5, 1, 10, minute, 0, 0, time.UTC) }
	tests := []struct {
		name   string
		window source.Window
		want   []string
	}{
		{"open", source.Window{}, fixtureIDs},
		{"since, at the very time", source.Window{Since: at(1)}, fixtureIDs[1:]},
		{"until, at the very time", source.Window{Until: at(1)}, fixtureIDs[:2]},
		{"both", source.Window{Since: at(1), Until: at(1)}, fixtureIDs[1:2]},
		{"none", source.Window{Since: at(9)}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, source.Files("testdata/trail.json", tt.window))
			if diff := cmp.Diff(tt.want, r.ids()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if r.coverage.Read != 1 || r.coverage.OutsideWindow != 3-len(tt.want) || r.coverage.Partial {
				t.Errorf("coverage: %+v", r.coverage)
			}
		})
	}
}

func TestAnEventWithoutATimeIsNeverOutside(t *testing.T) {
	window := source.Window{Since: time.Now(), Until: time.Now()}
	r := read(t, source.Stream(strings.NewReader(`{"eventName":"A","eventTime":"yesterday"}`), window))
	if len(r.events) != 1 {
		t.Errorf("coverage: %+v", r.coverage)
	}
}

func write(t testing.TB, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t testing.TB, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

func TestATreeIsReadOnceHoweverManyLinksLeadThere(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(root, "b", "log.json"), `{"eventName":"A","eventID":"1"}`)
	write(t, filepath.Join(outside, "log.json"), `{"eventName":"A","eventID":"2"}`)
	write(t, filepath.Join(outside, "deep", "log.json"), `{"eventName":"A","eventID":"3"}`)
	link(t, filepath.Join(root, "b"), filepath.Join(root, "a-folder"))
	link(t, filepath.Join(root, "b", "log.json"), filepath.Join(root, "a-file"))
	link(t, root, filepath.Join(root, "b", "up"))
	link(t, "itself", filepath.Join(root, "itself"))
	link(t, "nowhere", filepath.Join(root, "broken"))
	link(t, filepath.Join(outside, "log.json"), filepath.Join(root, "out-file"))
	link(t, filepath.Join(outside, "deep"), filepath.Join(root, "out-folder"))

	r := read(t, source.Files(root, source.Window{}))
	if diff := cmp.Diff([]string{"1", "2", "3"}, r.ids()); diff != "" || r.err != nil {
		t.Errorf("%v -want +got:\n%s", r.err, diff)
	}
	already := "a symbolic link to what is read already"
	want := event.Coverage{
		Files: 3, Read: 3, Events: 3, Partial: true,
		Skipped: []event.Gap{{Name: "a-file", Reason: already}, {Name: "a-folder", Reason: already}, {Name: "b/up", Reason: already}},
		Failed: []event.Gap{
			{Name: "broken", Reason: "a symbolic link to nothing"},
			{Name: "itself", Reason: "a symbolic link that leads to itself"},
		},
	}
	if diff := cmp.Diff(want, r.coverage); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatCouldBlockIsSkipped(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "log.json"), `{"eventName":"A","eventID":"1"}`)
	if err := syscall.Mkfifo(filepath.Join(root, "fifo"), 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	var lc net.ListenConfig
	socket, err := lc.Listen(t.Context(), "unix", filepath.Join(root, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = socket.Close() }()
	link(t, "/dev/zero", filepath.Join(root, "zero"))

	r := read(t, source.Files(root, source.Window{}))
	want := event.Coverage{
		Files: 1, Read: 1, Events: 1, Failed: []event.Gap{},
		Skipped: []event.Gap{
			{Name: "fifo", Reason: "not a file: a named pipe"},
			{Name: "s", Reason: "not a file: a socket"},
			{Name: "zero", Reason: "not a file: a device"},
		},
	}
	if diff := cmp.Diff(want, r.coverage); diff != "" || r.err != nil {
		t.Errorf("%v -want +got:\n%s", r.err, diff)
	}
}

func TestAPipeThatIsNamedIsReadAndNotWaitedFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skipf("no named pipes here: %v", err)
	}
	r := read(t, source.Files(path, source.Window{}))
	if want := []event.Gap{{Name: path, Reason: "empty"}}; r.err != nil || !cmp.Equal(want, r.coverage.Skipped) {
		t.Errorf("with no writer: %v, %+v", r.err, r.coverage)
	}

	w, err := os.OpenFile(path, os.O_RDWR, 0) // does not wait for a reader
	if err != nil {
		t.Fatal(err)
	}
	const lines = 4000 // more than a batch, so that emit tells when it is being read
	written := make(chan error, 1)
	go func() {
		_, err := w.WriteString(strings.Repeat(`{"eventName":"A","eventID":"1"}`+"\n", lines))
		written <- err
	}()
	closed := sync.OnceValue(func() error { return errors.Join(<-written, w.Close()) })
	c, err := source.Files(path, source.Window{}).Read(t.Context(), func(source.Batch) error { return closed() })
	if err != nil || c.Read != 1 || c.Events != lines {
		t.Errorf("with a writer: %v, %+v", err, c)
	}
}

func TestFilesThatCannotBeReadAreNamedAndTheRestKept(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "log.json"), `{"eventName":"A","eventID":"1"}`)
	want := []event.Gap{}
	if os.Geteuid() != 0 {
		write(t, filepath.Join(root, "secret.json"), `{"eventName":"A","eventID":"2"}`)
		write(t, filepath.Join(root, "vault", "log.json"), `{"eventName":"A","eventID":"3"}`)
		for _, path := range []string{"secret.json", "vault"} {
			if err := os.Chmod(filepath.Join(root, path), 0); err != nil {
				t.Fatal(err)
			}
			want = append(want, event.Gap{Name: path, Reason: "permission denied"})
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, "vault"), 0o700) })
	}
	if runtime.GOOS == "linux" {
		link(t, "/proc/self/mem", filepath.Join(root, "unreadable")) // its first page is not mapped
		want = append(want, event.Gap{Name: "unreadable", Reason: "input/output error after 0 events"})
	}
	if len(want) == 0 {
		t.Skip("nothing is unreadable to this user")
	}
	r := read(t, source.Files(root, source.Window{}))
	slices.SortFunc(want, func(a, b event.Gap) int { return strings.Compare(a.Name, b.Name) })
	if diff := cmp.Diff(want, r.coverage.Failed); diff != "" || r.err != nil || len(r.events) != 1 {
		t.Errorf("%v, %d events, -want +got:\n%s", r.err, len(r.events), diff)
	}
	if !r.coverage.Partial {
		t.Error("not partial")
	}
}

func TestAPathThatIsNotThereIsAnErrorWithANextStep(t *testing.T) {
	r := read(t, source.Files(filepath.Join(t.TempDir(), "none"), source.Window{}))
	if !errors.Is(r.err, fs.ErrNotExist) || !strings.Contains(r.err.Error(), "give the path") {
		t.Errorf("got %v", r.err)
	}
	if r := read(t, source.Files("/dev/zero", source.Window{})); runtime.GOOS != "windows" && (r.err == nil || !strings.Contains(r.err.Error(), "a device")) {
		t.Errorf("got %v", r.err)
	}
}

func TestAnEmptyFolderIsReadWithNothingInIt(t *testing.T) {
	r := read(t, source.Files(t.TempDir(), source.Window{}))
	if diff := cmp.Diff(event.Coverage{Skipped: []event.Gap{}, Failed: []event.Gap{}}, r.coverage); diff != "" || r.err != nil {
		t.Errorf("%v -want +got:\n%s", r.err, diff)
	}
}

func TestAnErrorOfEmitEndsTheReading(t *testing.T) {
	stop := errors.New("stop")
	calls := 0
	c, err := source.Files("testdata", source.Window{}).Read(t.Context(), func(source.Batch) error {
		calls++
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 || !c.Partial {
		t.Errorf("got %v after %d calls, partial %v", err, calls, c.Partial)
	}
}

func TestCancellingEndsTheReadingOfAStreamThatBlocks(t *testing.T) {
	r, w := io.Pipe()
	defer func() { _ = w.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.WriteString(w, strings.Repeat(`{"eventName":"A"}`+"\n", 3000))
		cancel() // the stream stays open
	}()
	c, err := source.Stream(r, source.Window{}).Read(ctx, func(source.Batch) error { return nil })
	if !errors.Is(err, context.Canceled) || !c.Partial {
		t.Errorf("got %v, %+v", err, c)
	}
}

func TestAStreamIsReadOnce(t *testing.T) {
	s := source.Stream(strings.NewReader(`{"eventName":"A"}`), source.Window{})
	first, second := read(t, s), result{}
	second.coverage, second.err = s.Read(t.Context(), func(b source.Batch) error {
		second.events = append(second.events, b.Events...)
		return nil
	})
	if len(first.events) != 1 || len(second.events) != 0 || second.err != nil {
		t.Errorf("first %d, second %d events, %v", len(first.events), len(second.events), second.err)
	}
	if diff := cmp.Diff(first.coverage, second.coverage); diff != "" {
		t.Errorf("-first +second:\n%s", diff)
	}
}

func TestTheRealRecordsOfAttackTechniquesAllLoad(t *testing.T) {
	const path = "../../../shared/data/stratus"
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the records are not beside the repository: %v", err)
	}
	r := read(t, source.Files(path, source.Window{}))
	if r.err != nil {
		t.Fatal(r.err)
	}
	want := event.Coverage{
		Files: 37, Read: 35, Events: 310,
		Skipped: []event.Gap{{Name: "LICENSE", Reason: "not a log: no JSON in it"}, {Name: "NOTICE", Reason: "not a log: no JSON in it"}},
		Failed:  []event.Gap{},
	}
	if diff := cmp.Diff(want, r.coverage, cmpopts.IgnoreFields(event.Coverage{}, "From", "To")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for i := range r.events {
		e := &r.events[i]
		if e.Principal.Kind != event.User && e.Principal.Kind != event.Role || e.Principal.ARN == "" || e.Session == "" || e.Time.IsZero() {
			t.Errorf("%s %s: %+v, session %q, time %s", e.ID, e.Name, e.Principal, e.Session, e.Time)
		}
	}
}
