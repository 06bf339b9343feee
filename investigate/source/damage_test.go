package source_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
	"cordon/investigate/source"
)

func gzipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// numbered are n records that differ in their ids, and do not compress well.
func numbered(n int) []string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"eventVersion":"1.11","eventID":"%d","eventName":"A","requestID":"%x"}`, i, uint64(i)*0x9e3779b97f4a7c15)
	}
	return records
}

func trail(records []string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }

func TestWhatIsReadableBesideDamageIsKeptAndTheDamageNamed(t *testing.T) {
	hundred := numbered(100)
	packed := gzipped(t, trail(numbered(3000)))
	deep := `{"eventVersion":"1.11","eventName":"deep","x":` + strings.Repeat("[", 600) + strings.Repeat("]", 600) + `}`
	giant := `{"eventVersion":"1.11","eventName":"giant","x":"` + strings.Repeat("x", 5<<20) + `"}`
	tests := []struct {
		name, in string
		events   int // -1 for some, but not all 3000
		reason   string
	}{
		{"truncated gzip", packed[:len(packed)/2], -1, "truncated gzip after "},
		{"gzip cut within its header", packed[:7], 0, "truncated gzip after 0 events"},
		{"gzip with a flipped byte", packed[:len(packed)/2] + "\x00\x00\x00\x00" + packed[len(packed)/2+4:], -1, "gzip"},
		{"gzip with something after it", gzipped(t, trail(hundred)) + "and this is garbage", 100, "damaged gzip after 100 events"},
		{"half a trail's file", trail(hundred)[:len(trail(hundred[:50]))+9], 50, "the file ends in the middle of a value, after 50 events"},
		{"a file that ends between records", `{"Records":[` + hundred[0] + ",", 1, "the file ends in the middle of a value, after 1 event"},
		{"half a record", hundred[0][:40], 0, "the file ends in the middle of a value, after 0 events"},
		{"half an array of indented records", "[\n   {\n      \"eventName\": \"A\"\n   },\n   {\n      \"eventNa", 1, "the file ends in the middle of a value, after 1 event"},
		{"a broken line among lines", hundred[0] + "\n" + hundred[1][:50] + "\n" + hundred[2] + "\n", 2, "1 value could not be read"},
		{"a line broken between values", hundred[0] + "\n" + `{"eventName":"A","x":` + "\n" + hundred[1] + "\n" + hundred[2] + "\n", 3, "1 value could not be read"},
		{"a line broken inside an object", hundred[0] + "\n" + `{"eventName":"A","x":{"y":1,` + "\n" + hundred[1] + "\n" + hundred[2] + "\n", 3, "1 value could not be read"},
		{"every line broken", strings.Repeat(hundred[0][:60]+"\n", 50) + hundred[1], 1, "50 values could not be read"},
		{"a record with a lost quote", `{"Records":[` + hundred[0] + "," + strings.Replace(hundred[1], `"A"`, `"A`, 1) + "," + hundred[2] + "," + hundred[3] + `]}`, 3, "could not be read"},
		{"a record with a lost bracket", `{"Records":[` + hundred[0] + "," + strings.TrimSuffix(hundred[1], "}") + "," + hundred[2] + "," + hundred[3] + `]}`, 3, "could not be read"},
		{"a malformed record", `{"Records":[` + hundred[0] + `,{"eventName":tru},` + hundred[2] + `]}`, 2, "1 value could not be read (the first, at byte 83: not well-formed JSON: no JSON value at byte 14), after 2 events"},
		{"a record too deep", trail([]string{hundred[0], deep, hundred[1]}), 2, "inside one another"},
		{"a giant record", trail([]string{hundred[0], giant, hundred[1]}), 2, "1 value could not be read (the first, at byte 83: a value larger than 4 MiB)"},
		{"a giant record alone", giant, 0, "a value larger than 4 MiB"},
		{"a giant line among lines", hundred[0] + "\n" + giant + "\n" + hundred[1] + "\n", 2, "a value larger than 4 MiB"},
		{"a giant record of records", `{"eventName":"A","x":[` + strings.Repeat(`{"y":1},`, 1<<20) + `1]}` + "\n" + hundred[0], 1, "a value larger than 4 MiB"},
		{"a gzip too deep", gzipped(t, gzipped(t, gzipped(t, trail(hundred)))), 0, "unpack it first"},
		{"a damaged gzip inside a gzip", gzipped(t, packed[:len(packed)/2]), -1, "truncated gzip after"},
		{"an archive that may hold logs", "PK\x03\x04rest", 0, "zip archive: unpack it first"},
		{"a tar inside a gzip", gzipped(t, "log.json"+strings.Repeat("\x00", 249)+"ustar\x0000"+strings.Repeat("\x00", 300)), 0, "tar archive: unpack it first"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := read(t, source.Stream(strings.NewReader(tt.in), source.Window{}))
			if r.err != nil {
				t.Fatal(r.err)
			}
			got := len(r.events)
			if tt.events >= 0 && got != tt.events || tt.events < 0 && (got == 0 || got >= 3000) {
				t.Errorf("%d events, want %d", got, tt.events)
			}
			if len(r.coverage.Failed) != 1 || !strings.Contains(r.coverage.Failed[0].Reason, tt.reason) {
				t.Errorf("failed: %q, want %q", r.coverage.Failed, tt.reason)
			}
			if r.coverage.Read != 0 || !r.coverage.Partial {
				t.Errorf("coverage: %+v", r.coverage)
			}
		})
	}
}

func TestABombIsNotUnpacked(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks 64 MB")
	}
	for _, tt := range []struct{ name, start string }{
		{"of spaces", ""},
		{"of one record", `{"eventName":"A","x":"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bomb := gzipped(t, tt.start+strings.Repeat(" ", 80<<20))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := read(t, source.Stream(strings.NewReader(bomb), source.Window{}))
			runtime.ReadMemStats(&after)
			want := []event.Gap{{Name: "standard input", Reason: "gzip that expands more than 250-fold after 0 events"}}
			if diff := cmp.Diff(want, r.coverage.Failed); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 48<<20 {
				t.Errorf("took %d MiB", took>>20)
			}
		})
	}
}

// FuzzStream reads anything, whole and in small pieces. Both must end, and find
// the same.
func FuzzStream(f *testing.F) {
	for _, path := range fixtures(f) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	three := numbered(3)
	f.Add([]byte(three[0] + "\n" + three[1][:30] + "\n" + three[2]))
	f.Add([]byte(`[[{"events":[{"message":"{\"eventName\":\"A\"}"}`))
	f.Add([]byte("2024-05-01T10:00:00.000Z {\"eventName\":\"A\"}\n2024-05-01T10:00:00Z x\n{{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		whole := read(t, source.Stream(bytes.NewReader(data), source.Window{}))
		pieces := read(t, source.Stream(&pieces{data, 7}, source.Window{}))
		if diff := cmp.Diff(whole.ids(), pieces.ids()); diff != "" {
			t.Errorf("events, -whole +in pieces:\n%s", diff)
		}
		if diff := cmp.Diff(whole.coverage, pieces.coverage); diff != "" {
			t.Errorf("coverage, -whole +in pieces:\n%s", diff)
		}
		c := whole.coverage
		if whole.err != nil || c.Files != 1 || c.Read+len(c.Skipped)+len(c.Failed) == 0 {
			t.Errorf("%v: %+v", whole.err, c)
		}
	})
}

// pieces reads at most n bytes at a time.
type pieces struct {
	data []byte
	n    int
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.n)], p.data)
	p.data = p.data[n:]
	return n, nil
}
