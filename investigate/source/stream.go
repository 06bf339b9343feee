package source

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"

	"cordon/investigate/event"
)

// A streamReader reads events from one stream after another.
type streamReader struct {
	window Window
	// emit takes each event as it is read. Its error ends the reading.
	emit   func(event.Event) error
	reader event.Reader
	gzips  [maxGzips]gzip.Reader
	ins    [maxGzips + 2]*bufio.Reader // buffers, used again for each stream
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
	var loggy bool
	split := &splitter{r: in, buf: f.buf, value: f.value, damage: f.broken, stray: func() { f.strays++ }}
	if err == nil {
		head, _ := in.Peek(sniffed) // the splitter meets the error again
		if len(bytes.TrimSpace(head)) > 0 && !mayHoldJSON(head) {
			return outcome{skipped: "not a log: no JSON in it"}, nil
		}
		loggy = looksLikeLog(head)
		err = split.run()
		f.buf = split.buf
	}
	switch {
	case f.emitError != nil:
		return outcome{}, f.emitError
	case ctx.Err() != nil:
		return outcome{}, ctx.Err()
	}
	return f.judge(loggy, split.arrays, err), nil
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
