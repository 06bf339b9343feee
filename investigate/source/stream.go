package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"cordon/investigate/event"
)

const (
	// sniffed is how much of a stream is looked at to tell what it is.
	sniffed = 64 << 10
	// A gzip is a bomb if it has expanded to more than bombSize and by more than
	// bombRatio. Files of a trail expand seven- to twentyfold.
	bombSize  = 64 << 20
	bombRatio = 250
	// maxGzips is how many gzips may be inside one another: two are met where
	// both a tool and a server compress.
	maxGzips = 2
)

var errBomb = errors.New("gzip that expands more than 250-fold")

// An outcome is what became of one stream.
type outcome struct {
	read            bool // to its end, with nothing wrong
	skipped, failed string
}

// A streamReader reads events from one stream after another.
type streamReader struct {
	window Window
	// emit takes each event as it is read. Its error ends the reading.
	emit   func(event.Event) error
	reader event.Reader
	gzips  [maxGzips]gzip.Reader
	buf    []byte

	// Of the current stream:
	events, outside   int
	others, insights  int // values that are no record of a call
	digests, strays   int
	damaged           int // values that could not be read
	damagedAt         int64
	damage, emitError error
	cut               bool // it ended in the middle of a value
}

// read reads one stream. Its error is that of ctx or emit alone.
func (f *streamReader) read(ctx context.Context, r io.Reader) (outcome, error) {
	f.events, f.outside, f.others, f.insights, f.digests, f.strays, f.damaged = 0, 0, 0, 0, 0, 0, 0
	f.damage, f.emitError, f.cut = nil, nil, false

	in, kind, err := f.open(&contextReader{ctx, r})
	if err == nil && kind != "" {
		return f.unread(kind)
	}
	var head []byte
	split := &splitter{r: in, buf: f.buf, value: f.value, damage: f.broken, stray: func() { f.strays++ }}
	if err == nil {
		head, _ = in.Peek(sniffed) // the splitter meets the error again
		head = bytes.Clone(head[:min(len(head), sniffed)])
		if len(bytes.TrimSpace(head)) > 0 && !mayHoldJSON(head) {
			return outcome{skipped: "not a log: no JSON in it"}, nil
		}
		err = split.run()
		f.buf = split.buf
	}
	switch {
	case f.emitError != nil:
		return outcome{}, f.emitError
	case ctx.Err() != nil:
		return outcome{}, ctx.Err()
	}
	return f.judge(head, split.arrays, err), nil
}

// unread is the outcome of a stream whose kind is known from its first bytes.
func (f *streamReader) unread(kind string) (outcome, error) {
	if strings.HasSuffix(kind, "unpack it first") {
		return outcome{failed: kind}, nil
	}
	return outcome{skipped: kind}, nil
}

// open finds out by its first bytes what a stream is, and takes off compression
// and encoding. kind is not empty for what holds no JSON.
func (f *streamReader) open(r io.Reader) (in *bufio.Reader, kind string, err error) {
	in = bufio.NewReaderSize(r, sniffed)
	for inside := range maxGzips + 1 {
		head, err := in.Peek(512)
		if len(head) == 0 && err != nil && !errors.Is(err, io.EOF) {
			return in, "", err
		}
		switch {
		case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
			if inside == maxGzips {
				return in, "gzip inside gzip inside gzip: unpack it first", nil
			}
			if in, err = f.unzip(in, inside); err != nil {
				return in, "", err
			}
			continue
		case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
			_, err = in.Discard(3)
			return in, "", err
		case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
			utf16 := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder()
			return bufio.NewReaderSize(transform.NewReader(in, utf16), sniffed), "", nil
		}
		return in, kindOf(head), nil
	}
	return in, "", nil
}

// unzip starts on a gzip, of one member or more, that is inside so many others.
func (f *streamReader) unzip(in *bufio.Reader, inside int) (*bufio.Reader, error) {
	packed := &countingReader{r: in}
	z := &f.gzips[inside]
	if err := z.Reset(packed); err != nil {
		return in, err
	}
	return bufio.NewReaderSize(&bombGuard{r: z, packed: packed}, sniffed), nil
}

// kindOf tells what holds no JSON by its first bytes, and says what to do if
// there may be logs inside.
func kindOf(head []byte) string {
	magic := []struct{ at, kind, bytes string }{
		{"", "zip archive: unpack it first", "PK\x03\x04"},
		{"", "zstd: unpack it first", "\x28\xb5\x2f\xfd"},
		{"", "bzip2: unpack it first", "BZh"},
		{"", "xz: unpack it first", "\xfd7zXZ\x00"},
		{"", "7z archive: unpack it first", "7z\xbc\xaf\x27\x1c"},
	}
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return m.kind
		}
	}
	switch {
	case len(head) == 0:
		return "empty"
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "tar archive: unpack it first"
	case bytes.IndexByte(head, 0) >= 0:
		return "not a log: binary"
	}
	return ""
}

// mayHoldJSON reports whether a line begins as an object, an array or an
// exported message does.
func mayHoldJSON(head []byte) bool {
	for line := range bytes.Lines(head) {
		line = bytes.TrimLeft(line, " \t\r\n")
		if len(line) > 0 && (line[0] == '{' || line[0] == '[') || exportPrefix.Match(line) {
			return true
		}
	}
	return false
}

func (f *streamReader) broken(at int64, err error) {
	if errors.Is(err, errCut) {
		f.cut = true
		return
	}
	if f.damaged == 0 {
		f.damagedAt, f.damage = at, err
	}
	f.damaged++
}

// value takes one value, and reports whether it is well-formed.
func (f *streamReader) value(at int64, raw []byte) bool {
	if f.emitError != nil {
		return true
	}
	e, err := f.record(raw)
	switch {
	case err == nil:
		f.take(e)
	case errors.Is(err, event.ErrInsight):
		f.insights++
	case errors.Is(err, event.ErrNotRecord):
		if isDigest(raw) {
			f.digests++
		} else {
			f.others++
		}
	default:
		f.broken(at, err)
		return false
	}
	return true
}

func (f *streamReader) take(e event.Event) {
	if !f.window.Contains(e.Time) {
		f.outside++
		return
	}
	f.events++
	f.emitError = f.emit(e)
}

// record reads a record, or the one that raw is wrapped around.
func (f *streamReader) record(raw []byte) (event.Event, error) {
	e, err := f.reader.Read(raw)
	if errors.Is(err, event.ErrNotRecord) {
		if inner := unwrap(raw); inner != nil {
			return f.reader.Read(inner)
		}
	}
	if err == nil {
		e.Raw = bytes.Clone(e.Raw) // raw is the window onto the stream
	}
	return e, err
}

// unwrap returns the record that a value is wrapped around, nil if there is
// none: CloudTrailEvent in LookupEvents output, message in what CloudWatch Logs
// prints, detail in an EventBridge event.
func unwrap(raw []byte) []byte {
	var w struct {
		CloudTrailEvent json.RawMessage
		Message         json.RawMessage `json:"message"`
		AtMessage       json.RawMessage `json:"@message"`
		Detail          json.RawMessage `json:"detail"`
	}
	if json.Unmarshal(raw, &w) != nil {
		return nil
	}
	for _, inner := range []json.RawMessage{w.CloudTrailEvent, w.Message, w.AtMessage, w.Detail} {
		var text string
		if len(inner) > 0 && inner[0] == '{' {
			return inner
		}
		if len(inner) > 0 && json.Unmarshal(inner, &text) == nil && strings.HasPrefix(strings.TrimSpace(text), "{") {
			return []byte(text)
		}
	}
	return nil
}

// isDigest recognises a digest, with which a trail's files can be validated.
// Source: "CloudTrail digest file structure", AWS CloudTrail user guide.
func isDigest(raw []byte) bool {
	return bytes.Contains(raw, []byte(`"digestStartTime"`)) && bytes.Contains(raw, []byte(`"logFiles"`))
}

// judge says what became of the stream that was just read, whose reader ended
// with err.
func (f *streamReader) judge(head []byte, arrays int, err error) outcome {
	met := f.events + f.outside
	switch {
	case err != nil:
		return outcome{failed: fmt.Sprintf("%s after %s", reasonOf(err), plural(met, "event"))}
	case f.damaged > 0 && (met > 0 || looksLikeLog(head)), f.cut && (met > 0 || f.strays == 0):
		return outcome{failed: f.damageReason(met)}
	case met > 0:
		return outcome{read: true, skipped: f.besides()}
	case f.digests > 0:
		return outcome{skipped: "a CloudTrail digest, which holds no events"}
	case f.insights > 0:
		return outcome{skipped: "CloudTrail Insights, which are no records of calls: " + plural(f.insights, "event")}
	case f.strays > 0 || f.damaged > 0 || f.cut:
		return outcome{skipped: "not a log"}
	case f.others > 0:
		return outcome{skipped: "JSON without a CloudTrail record"}
	case arrays > 0:
		return outcome{read: true}
	}
	return outcome{skipped: "empty"}
}

func (f *streamReader) damageReason(met int) string {
	var parts []string
	if f.damaged > 0 {
		parts = append(parts, fmt.Sprintf("%s could not be read (the first, at byte %d: %s)", plural(f.damaged, "value"), f.damagedAt+1, f.damage))
	}
	if f.cut {
		parts = append(parts, errCut.Error())
	}
	return strings.Join(parts, "; ") + ", after " + plural(met, "event")
}

// besides tells what a log held beside its events.
func (f *streamReader) besides() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{f.others, "value that is not a CloudTrail record"},
		{f.insights, "CloudTrail Insights event"},
		{f.digests, "CloudTrail digest"},
		{f.strays, "line that is not JSON"},
	} {
		if p.n > 0 {
			parts = append(parts, plural(p.n, p.what))
		}
	}
	if parts == nil {
		return ""
	}
	return "in a log that was read: " + strings.Join(parts, ", ")
}

// looksLikeLog reports whether the words of a trail's records are in the first
// part of a stream.
func looksLikeLog(head []byte) bool {
	for _, word := range []string{"eventVersion", "eventName", "eventSource", "userIdentity", `"Records"`, "CloudTrailEvent"} {
		if bytes.Contains(head, []byte(word)) {
			return true
		}
	}
	return false
}

// plural is "1 event" or "2 events": the first word of what gets the s.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	for _, noun := range []string{"value that is", "line that is"} {
		if rest, ok := strings.CutPrefix(what, noun); ok {
			first, _, _ := strings.Cut(noun, " ")
			rest = strings.Replace(rest, "a CloudTrail record", "CloudTrail records", 1)
			return fmt.Sprintf("%d %ss that are%s", n, first, rest)
		}
	}
	return fmt.Sprintf("%d %ss", n, what)
}
