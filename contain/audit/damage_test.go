package audit_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cordon/contain/audit"
)

func bytesOf(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func linesOf(t testing.TB, path string) [][]byte {
	t.Helper()
	return bytes.SplitAfter(bytes.TrimSuffix(bytesOf(t, path), []byte("\n")), []byte("\n"))
}

func TestVerifyNamesTheFirstBrokenRecord(t *testing.T) {
	tests := map[string]struct {
		damage func(lines [][]byte) [][]byte
		at     int
		reason string
	}{
		"a changed byte": {func(l [][]byte) [][]byte {
			l[2] = bytes.Replace(l[2], []byte("reason 2"), []byte("reason 9"), 1)
			return l
		}, 3, "changed"},
		"a changed hash": {func(l [][]byte) [][]byte {
			i := bytes.Index(l[2], []byte(`"hash":"`)) + len(`"hash":"`)
			l[2][i] ^= 1 // 0..9 and a..f stay hexadecimal or do not; both are damage
			return l
		}, 3, ""},
		"a removed record":  {func(l [][]byte) [][]byte { return slices.Delete(l, 2, 3) }, 3, "removed"},
		"a removed start":   {func(l [][]byte) [][]byte { return l[2:] }, 1, "first"},
		"swapped records":   {func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l }, 2, "follow"},
		"a repeated record": {func(l [][]byte) [][]byte { return slices.Insert(l, 2, l[1]) }, 3, "follow"},
		"a cut record":      {func(l [][]byte) [][]byte { l[4] = l[4][:len(l[4])/2]; return l }, 5, "cut off"},
		"a cut record in the middle": {func(l [][]byte) [][]byte {
			l[2] = append(l[2][:len(l[2])/2:len(l[2])/2], '\n')
			return l
		}, 3, "cut off"},
		"another line":  {func(l [][]byte) [][]byte { return slices.Insert(l, 1, []byte("hello\n")) }, 2, "not an audit record"},
		"an empty line": {func(l [][]byte) [][]byte { return slices.Insert(l, 1, []byte("\n")) }, 2, "not an audit record"},
		"a huge line": {func(l [][]byte) [][]byte {
			return slices.Insert(l, 1, append(bytes.Repeat([]byte("{"), 3<<20), '\n'))
		}, 2, "longer"},
		"a nested bomb": {func(l [][]byte) [][]byte {
			return slices.Insert(l, 1, append(bytes.Repeat([]byte("["), 500_000), '\n'))
		}, 2, "not an audit record"},
		"blanks in a record": {func(l [][]byte) [][]byte {
			l[0] = append([]byte(" "), l[0]...)
			return l
		}, 1, "not an audit record"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			log := newLog(t)
			add(t, log, numbered(5)...)
			write(t, log.Path(), bytes.Join(tt.damage(linesOf(t, log.Path())), nil))
			v := verify(t, log.Path())
			if v.OK || v.BrokenAt == nil || *v.BrokenAt != tt.at || !strings.Contains(v.Reason, tt.reason) {
				at := 0
				if v.BrokenAt != nil {
					at = *v.BrokenAt
				}
				t.Errorf("ok %v, broken at %d (%s), want at %d (%s)", v.OK, at, v.Reason, tt.at, tt.reason)
			}
		})
	}
}

// TestACrashAtAnyByteLosesOnlyTheRecordBeingWritten cuts the last record at
// every length and appends: whole records before and after must stand, and the
// cut one must be told.
func TestACrashAtAnyByteLosesOnlyTheRecordBeingWritten(t *testing.T) {
	log := newLog(t)
	add(t, log, numbered(3)...)
	whole := bytesOf(t, log.Path())
	lines := linesOf(t, log.Path())
	start := len(whole) - len(lines[2]) - 1 // the last line feed was trimmed
	for cut := start; cut <= len(whole); cut++ {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		write(t, path, whole[:cut])
		add(t, open(t, path), audit.Record{OpID: "after"})

		records, damaged := read(t, path)
		var ids []string
		for _, r := range records {
			ids = append(ids, r.OpID)
		}
		want, torn := []string{"op0", "op1", "after"}, 1
		switch {
		case cut >= len(whole)-1: // only the line feed is missing, if anything
			want, torn = []string{"op0", "op1", "op2", "after"}, 0
		case cut == start:
			torn = 0
		}
		if !slices.Equal(ids, want) || len(damaged) != torn {
			t.Fatalf("cut at %d of %d: records %v, damaged %v", cut-start, len(lines[2]), ids, damaged)
		}
		last := records[len(records)-1]
		if before := records[len(records)-2]; last.Prev != before.Hash || last.Seq != before.Seq+1 {
			t.Fatalf("cut at %d: %d (prev %s) does not follow %d", cut-start, last.Seq, last.Prev, before.Seq)
		}
		if v := verify(t, path); v.OK != (torn == 0) || torn == 1 && (*v.BrokenAt != 3 || !strings.Contains(v.Reason, "cut off")) {
			t.Fatalf("cut at %d: %+v", cut-start, v)
		}
	}
}

func TestACrashInTheFirstRecordStillLeavesALog(t *testing.T) {
	log := newLog(t)
	add(t, log, numbered(1)...)
	whole := bytesOf(t, log.Path())
	for _, cut := range []int{1, 3, 6, 40, len(whole) - 2} {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		write(t, path, whole[:cut])
		got := add(t, open(t, path), audit.Record{OpID: "after"})
		if got[0].Seq != 1 {
			t.Errorf("cut at %d: numbered %d", cut, got[0].Seq)
		}
		if records, damaged := read(t, path); len(records) != 1 || len(damaged) != 1 {
			t.Errorf("cut at %d: %v, damaged %v", cut, records, damaged)
		}
	}
}

// TestAppendingGoesOnBehindDamage makes sure that a log that was tampered with
// does not stop a containment, and still tells.
func TestAppendingGoesOnBehindDamage(t *testing.T) {
	for name, tail := range map[string]string{
		"zeros":        strings.Repeat("\x00", 700),
		"a foreign":    "hello\n",
		"a huge line":  strings.Repeat("x", 5<<20),
		"many lines":   strings.Repeat("x\n", 70_000),
		"a fake":       fmt.Sprintf(`{"v":1,"seq":99,"time":"2026-11-22T09:00:00Z","prev":"%064d","hash":"%064d","op_id":"x"}`, 0, 0) + "\n",
		"line feeds":   "\n\n\n",
		"a bare start": `{"v":1,"seq":3,"time":"`,
	} {
		t.Run(name, func(t *testing.T) {
			log := newLog(t)
			before := add(t, log, numbered(2)...)
			write(t, log.Path(), append(bytesOf(t, log.Path()), tail...))
			got := add(t, log, audit.Record{OpID: "after"})[0]
			if got.Seq != 3 || got.Prev != before[1].Hash {
				t.Errorf("record %d follows %s, want 3 after %s", got.Seq, got.Prev, before[1].Hash)
			}
			records, damaged := read(t, log.Path())
			if len(records) != 3 || len(damaged) == 0 {
				t.Errorf("%d records, damaged %d", len(records), len(damaged))
			}
			if v := verify(t, log.Path()); v.OK || *v.BrokenAt != 3 {
				t.Errorf("%+v", v)
			}
			if !bytes.Contains(bytesOf(t, log.Path()), []byte(strings.TrimSuffix(tail, "\n"))) {
				t.Error("what stood there is gone")
			}
		})
	}
}

func FuzzReadingAnyFile(f *testing.F) {
	log := newLog(f)
	add(f, log, numbered(2)...)
	f.Add(bytesOf(f, log.Path()))
	f.Add([]byte("{\"v\":1\n\n\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(t.TempDir(), "audit.jsonl")
		write(t, path, b)
		records, damaged := read(t, path)
		v := verify(t, path)
		if v.OK != (v.BrokenAt == nil) || v.Records != len(records) || v.OK && len(damaged) > 0 {
			t.Fatalf("%+v of %d records, damaged %v", v, len(records), damaged)
		}
		log, err := audit.Open(path, audit.Options{})
		if err != nil {
			return // another file, left alone
		}
		add(t, log, audit.Record{OpID: "after"})
		after, _ := read(t, path)
		if len(after) != len(records)+1 || !bytes.HasPrefix(bytesOf(t, path), b) {
			t.Fatalf("%d records became %d", len(records), len(after))
		}
	})
}
