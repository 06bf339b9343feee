package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// genesis is the prev of the first record of a log.
var genesis = strings.Repeat("0", sha256.Size*2)

// maxLine bounds a line. The longest honest record holds a few policies, of
// which IAM keeps at most some ten thousand characters on one principal.
const maxLine = 1 << 20

// head matches the start of a record up to and including its hash.
var head = regexp.MustCompile(`^\{"v":[0-9]+,"seq":[0-9]+,"time":"[^"\\]*","prev":"[0-9a-f]{64}","hash":"([0-9a-f]{64})"`)

// recordStart is how every record begins; it tells a log from another file.
const recordStart = `{"v":`

var (
	errNotRecord = errors.New("it is not an audit record")
	errCutOff    = errors.New("it was cut off while it was written, by a crash or a full disk; that record is lost")
	errChanged   = errors.New("it does not match its own hash: it was changed after it was written")
	errTooLong   = fmt.Errorf("it is longer than %d bytes, which no audit record is", maxLine)
)

// seal returns the line of the record, without a line feed, and the record
// with its hash filled in.
func seal(r Record) ([]byte, Record, error) {
	r.Hash = ""
	open, err := marshalASCII(r)
	if err != nil {
		return nil, Record{}, err
	}
	if len(open) > maxLine {
		return nil, Record{}, fmt.Errorf("the record has %d bytes, more than %d", len(open), maxLine)
	}
	r.Hash = hashOf(open)
	line := bytes.Replace(open, []byte(`"hash":""`), []byte(`"hash":"`+r.Hash+`"`), 1)
	if !head.Match(line) {
		return nil, Record{}, fmt.Errorf("the record does not begin as a record must: %q", truncated(line))
	}
	return line, r, nil
}

// open reads one line, and says why it is not a whole record.
func open(line []byte) (Record, error) {
	if len(line) > maxLine {
		return Record{}, errTooLong
	}
	at := head.FindSubmatchIndex(line)
	if at == nil {
		if !json.Valid(line) && (bytes.HasPrefix(line, []byte(recordStart)) || strings.HasPrefix(recordStart, string(line)) && len(line) > 0) {
			return Record{}, errCutOff
		}
		return Record{}, errNotRecord
	}
	bare := append(append([]byte{}, line[:at[2]]...), line[at[3]:]...)
	if hashOf(bare) != string(line[at[2]:at[3]]) {
		if !json.Valid(line) {
			return Record{}, errCutOff
		}
		return Record{}, errChanged
	}
	var r Record
	if err := json.Unmarshal(line, &r); err != nil {
		return Record{}, fmt.Errorf("%w: %w", errNotRecord, err)
	}
	return r, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// marshalASCII encodes as JSON with everything beyond printable ASCII escaped:
// C1 controls and direction marks pass through encoding/json as they are, and
// act on the terminal of whoever prints the file.
func marshalASCII(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	in := bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	out := make([]byte, 0, len(in))
	for len(in) > 0 {
		r, n := utf8.DecodeRune(in)
		switch {
		case r < 0x7f:
			out = append(out, in[0])
		case r > 0xffff:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		in = in[n:]
	}
	return out, nil
}

func truncated(b []byte) []byte {
	if len(b) > 80 {
		return b[:80]
	}
	return b
}
