package clean

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf16"
)

// Record returns a record, or any JSON text, as JSON on one line that is safe to
// see and to hand on: secrets are redacted as by Redact, and what Line would
// replace is written as the JSON escape of the same character, so that nothing
// else of the record is lost. Members keep their order and numbers their digits.
// Text that is not JSON becomes one JSON string.
func Record(raw []byte) []byte {
	v, err := decode(raw)
	if err != nil {
		v = string(raw)
	}
	return encode(Redact(v))
}

// Indented is as Record, with a line for each member, indented by two spaces.
func Indented(raw []byte) []byte {
	var out bytes.Buffer
	line := Record(raw)
	if err := json.Indent(&out, line, "", "  "); err != nil {
		return line
	}
	return out.Bytes()
}

// An object is a JSON object with its members in the order of the text.
type object []member

type member struct {
	name  string
	value any
}

func (o object) all() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, m := range o {
			if !yield(m.name, m.value) {
				return
			}
		}
	}
}

var errTrailing = errors.New("more than one JSON value")

// decode is as json.Unmarshal, with objects and json.Number.
func decode(raw []byte) (any, error) {
	if !json.Valid(raw) { // bounds the depth too
		return nil, errors.New("not JSON")
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	v, err := decodeValue(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return v, nil
}

func decodeValue(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return decodeObject(dec)
	case json.Delim('['):
		return decodeArray(dec)
	}
	return token, nil
}

func decodeObject(dec *json.Decoder) (any, error) {
	o := object{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		value, err := decodeValue(dec)
		if err != nil {
			return nil, err
		}
		o = append(o, member{fmt.Sprint(name), value})
	}
	_, err := dec.Token()
	return o, err
}

func decodeArray(dec *json.Decoder) (any, error) {
	a := []any{}
	for dec.More() {
		value, err := decodeValue(dec)
		if err != nil {
			return nil, err
		}
		a = append(a, value)
	}
	_, err := dec.Token()
	return a, err
}

func encode(v any) []byte {
	var b bytes.Buffer
	encodeValue(&b, v)
	return b.Bytes()
}

func encodeValue(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case object:
		b.WriteByte('{')
		for i, m := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			encodeString(b, m.name)
			b.WriteByte(':')
			encodeValue(b, m.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, value := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			encodeValue(b, value)
		}
		b.WriteByte(']')
	case string:
		encodeString(b, v)
	case nil:
		b.WriteString("null")
	default:
		fmt.Fprint(b, v) // json.Number or bool, written as JSON has them
	}
}

func encodeString(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\ufffd") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case !unsafe(r, false):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		}
	}
	b.WriteByte('"')
}
