package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"cordon/contain/audit"
)

// child, if set, makes the test binary a writer of its own process.
const child = "CORDON_AUDIT_CHILD"

func TestMain(m *testing.M) {
	role, log, _ := strings.Cut(os.Getenv(child), ":")
	if role == "" {
		os.Exit(m.Run())
	}
	if err := children()[role](log); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const perWriter = 40

func children() map[string]func(log string) error {
	return map[string]func(string) error{
		"append": func(path string) error {
			log, err := audit.Open(path, audit.Options{LockWait: time.Minute})
			if err != nil {
				return err
			}
			for i := range perWriter {
				if _, err := log.Append(context.Background(), audit.Record{OpID: "op" + strconv.Itoa(os.Getpid()), Reason: strconv.Itoa(i)}); err != nil {
					return err
				}
			}
			return nil
		},
		"full-disk": appendUntilFull,
		"begin": func(path string) error {
			log, err := audit.Open(path, audit.Options{})
			if err != nil {
				return err
			}
			if _, err := log.Begin("theop"); err != nil {
				return err
			}
			fmt.Println("begun")
			_, err = os.Stdin.Read(make([]byte, 1)) // until the test lets go of it, or kills it
			return err
		},
	}
}

func run(t testing.TB, role, log string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very test binary
	cmd.Env = append(os.Environ(), child+"="+role+":"+log)
	return cmd
}

func newLog(t testing.TB) *audit.Log {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "state", "audit.jsonl"))
}

func open(t testing.TB, path string) *audit.Log {
	t.Helper()
	log, err := audit.Open(path, audit.Options{OSUser: "ann", Host: "laptop", Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func clock() func() time.Time {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("CET", 3600))
	return func() time.Time { now = now.Add(time.Second); return now }
}

func add(t testing.TB, log *audit.Log, records ...audit.Record) []audit.Record {
	t.Helper()
	var written []audit.Record
	for _, r := range records {
		w, err := log.Append(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		written = append(written, w)
	}
	return written
}

func numbered(n int) []audit.Record {
	records := make([]audit.Record, n)
	for i := range records {
		records[i] = audit.Record{OpID: "op" + strconv.Itoa(i), Kind: audit.Intent, Reason: "reason " + strconv.Itoa(i)}
	}
	return records
}

func read(t testing.TB, path string) ([]audit.Record, []audit.Damage) {
	t.Helper()
	records, damaged, err := audit.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return records, damaged
}

func verify(t testing.TB, path string) audit.Verification {
	t.Helper()
	v, err := audit.Verify(path)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestWhatIsAppendedIsReadBackAndVerifies(t *testing.T) {
	log := newLog(t)
	want := add(t, log, audit.Record{
		OpID: "k3v9qaw2m4xz", Kind: audit.Intent, Op: "contain", Incident: "IR-7", Reason: "key leaked",
		Operator: audit.Operator{ARN: "arn:aws:iam::123456789012:user/ann", Account: "123456789012"},
		Target:   audit.Target{Kind: "user", Name: "alice", ARN: "arn:aws:iam::123456789012:user/alice", ID: "AIDA1", Account: "123456789012"},
		Measure:  "deny-all",
		Calls:    []audit.Call{{API: "iam:PutUserPolicy", Params: map[string]string{"PolicyName": "DenyAll"}}},
		Before:   map[string]string{},
	}, audit.Record{OpID: "k3v9qaw2m4xz", Kind: audit.Outcome, Outcome: "held", After: map[string]string{"policy/DenyAll": "{}"}})

	got, damaged := read(t, log.Path())
	if diff := cmp.Diff(want, got); diff != "" || len(damaged) > 0 {
		t.Errorf("read back (-want +got), damaged %v:\n%s", damaged, diff)
	}
	if got[0].Seq != 1 || got[1].Seq != 2 || got[1].Prev != got[0].Hash || got[0].Prev != strings.Repeat("0", 64) {
		t.Errorf("chain is broken: %+v", got)
	}
	if got[0].Operator.OSUser != "ann" || got[0].Operator.Host != "laptop" || got[0].Time.Location() != time.UTC {
		t.Errorf("operator %+v, time %v", got[0].Operator, got[0].Time)
	}
	if diff := cmp.Diff(audit.Verification{OK: true, Records: 2, Head: got[1].Hash}, verify(t, log.Path())); diff != "" {
		t.Error(diff)
	}
}

func TestTheLineHasTheNamesOfTheContract(t *testing.T) {
	log := newLog(t)
	add(t, log, audit.Record{})
	line, err := os.ReadFile(log.Path())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields("v seq time prev hash op_id kind op incident reason operator target measure calls before after outcome") {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is missing in %s", name, line)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("names beyond the contract: %v", got)
	}
}

func TestTheDocumentedCommandChecksARecord(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	log := newLog(t)
	records := add(t, log, numbered(2)...)
	script := `sed -n 2p "$1" | tr -d '\n' | sed 's/"hash":"[0-9a-f]*"/"hash":""/' | sha256sum`
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script, "sh", log.Path()).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(out))[0]; got != records[1].Hash {
		t.Errorf("the shell computes %s, the record says %s", got, records[1].Hash)
	}
}

func TestHostileTextStaysOnOneHarmlessLine(t *testing.T) {
	log := newLog(t)
	hostile := "a\n{\"v\":1}\r\x1b]52;c;AAAA\x07\u009b2J\u202e\u2028\x7f\xff😀 \"hash\":\"\" </script>"
	add(t, log, audit.Record{Reason: hostile, OpID: `","hash":"` + strings.Repeat("0", 64)}, audit.Record{Target: audit.Target{Name: hostile}})
	raw, err := os.ReadFile(log.Path())
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range raw {
		if b != '\n' && (b < 0x20 || b > 0x7e) {
			t.Fatalf("byte %d is %#x", i, b)
		}
	}
	if n := bytes.Count(raw, []byte("\n")); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}
	got, _ := read(t, log.Path())
	if want := strings.ToValidUTF8(hostile, "\ufffd"); len(got) != 2 || got[0].Reason != want {
		t.Errorf("read back %+q, want %+q", got[0].Reason, want)
	}
	if v := verify(t, log.Path()); !v.OK {
		t.Errorf("does not verify: %+v", v)
	}
}

func TestARecordTooLongIsRefusedAndTheLogIsAsItWas(t *testing.T) {
	log := newLog(t)
	add(t, log, numbered(1)...)
	if _, err := log.Append(t.Context(), audit.Record{Reason: strings.Repeat("x", 1<<20)}); err == nil {
		t.Fatal("it was accepted")
	}
	if v := verify(t, log.Path()); !v.OK || v.Records != 1 {
		t.Errorf("%+v", v)
	}
}

func TestTwoProcessesWritingAtOnceLoseNothing(t *testing.T) {
	log := newLog(t)
	const writers = 4
	var cmds []*exec.Cmd
	for range writers {
		cmd := run(t, "append", log.Path())
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	records, damaged := read(t, log.Path())
	if len(damaged) > 0 {
		t.Fatal(damaged)
	}
	next := map[string]int{}
	for _, r := range records {
		if r.Reason != strconv.Itoa(next[r.OpID]) {
			t.Fatalf("%s wrote %s where its record %d belongs", r.OpID, r.Reason, next[r.OpID])
		}
		next[r.OpID]++
	}
	if len(next) != writers || len(records) != writers*perWriter {
		t.Errorf("%d records of %v", len(records), next)
	}
	if v := verify(t, log.Path()); !v.OK {
		t.Errorf("%+v", v)
	}
}

func TestFileAndFolderAreForTheirOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions")
	}
	log := newLog(t)
	add(t, log, numbered(1)...)
	for path, want := range map[string]fs.FileMode{log.Path(): 0o600, filepath.Dir(log.Path()): 0o700} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
		}
	}
	if err := os.Chmod(log.Path(), 0o644); err != nil {
		t.Fatal(err)
	}
	add(t, log, numbered(1)...)
	if info, err := os.Stat(log.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v after others could read it", info.Mode().Perm(), err)
	}
}

func TestALogThatCannotBeWrittenSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("not a log\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), link); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"below a file":    filepath.Join(file, "audit.jsonl"),
		"a folder":        dir,
		"another file":    file,
		"a symbolic link": link,
		"a device":        os.DevNull,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := audit.Open(path, audit.Options{})
			var failed *audit.Error
			if !errors.As(err, &failed) || !strings.Contains(failed.Next, "--audit-log") {
				t.Errorf("got %v", err)
			}
		})
	}
	if got, _ := os.ReadFile(file); string(got) != "not a log\n" {
		t.Errorf("the other file was changed to %q", got)
	}
}

func TestWaitingForTheLockEnds(t *testing.T) {
	log := newLog(t)
	lock := flock.New(log.Path() + ".lock")
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := log.Append(ctx, audit.Record{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
	short, err := audit.Open(filepath.Join(t.TempDir(), "audit.jsonl"), audit.Options{LockWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	other := flock.New(short.Path() + ".lock")
	if err := other.Lock(); err != nil {
		t.Fatal(err)
	}
	if _, err := short.Append(t.Context(), audit.Record{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a lock that another holds: %v", err)
	}
}

func TestAMissingLogIsToldAsSuch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none")
	if _, _, err := audit.Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Read: %v", err)
	}
	if _, err := audit.Verify(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Verify: %v", err)
	}
}

func TestTheDefaultPlaceFollowsXDG(t *testing.T) {
	if got := audit.DefaultPath(); filepath.Base(got) != "audit.jsonl" || filepath.Base(filepath.Dir(got)) != "cordon" || !filepath.IsAbs(got) {
		t.Error(got)
	}
}
