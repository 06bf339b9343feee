package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxDepth is how deep the values of a record may nest. Real records stay below
// thirty; without a bound a hostile one could exhaust the stack of whatever
// walks it later.
const maxDepth = 500

var errSyntax = errors.New("not well-formed JSON")

// A scanner reads one JSON text forward. It checks all that it passes over, so
// that every span it hands out is well-formed, and builds nothing.
type scanner struct {
	b []byte
	i int
}

func (s *scanner) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", errSyntax, what, s.i+1)
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return
		}
	}
}

// peek is the next byte, or 0 at the end, which begins no JSON value.
func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// value passes over one value of any type and returns its bytes.
func (s *scanner) value(depth int) ([]byte, error) {
	start := s.i
	var err error
	switch c := s.peek(); c {
	case '{':
		err = s.object(depth, nil)
	case '[':
		err = s.array(depth)
	case '"':
		err = s.str()
	case 't':
		err = s.literal("true")
	case 'f':
		err = s.literal("false")
	case 'n':
		err = s.literal("null")
	default:
		err = s.number()
	}
	return s.b[start:s.i], err
}

// object passes over an object; visit, unless nil, is given each member's name
// without its quotes, and its value.
func (s *scanner) object(depth int, visit func(name, value []byte)) error {
	if depth >= maxDepth {
		return s.fail(fmt.Sprintf("more than %d values inside one another", maxDepth))
	}
	if s.peek() != '{' {
		return s.fail("no object")
	}
	s.i++
	s.space()
	if s.peek() == '}' {
		s.i++
		return nil
	}
	for {
		start := s.i
		if err := s.str(); err != nil {
			return err
		}
		name := s.b[start+1 : s.i-1]
		s.space()
		if s.peek() != ':' {
			return s.fail("no colon after a member's name")
		}
		s.i++
		s.space()
		value, err := s.value(depth + 1)
		if err != nil {
			return err
		}
		if visit != nil {
			visit(name, value)
		}
		if done, err := s.next('}'); done || err != nil {
			return err
		}
	}
}

func (s *scanner) array(depth int) error {
	if depth >= maxDepth {
		return s.fail(fmt.Sprintf("more than %d values inside one another", maxDepth))
	}
	s.i++
	s.space()
	if s.peek() == ']' {
		s.i++
		return nil
	}
	for {
		if _, err := s.value(depth + 1); err != nil {
			return err
		}
		if done, err := s.next(']'); done || err != nil {
			return err
		}
	}
}

// next passes over the comma before a further member or element, or the bracket
// that ends them.
func (s *scanner) next(end byte) (done bool, err error) {
	s.space()
	switch s.peek() {
	case end:
		s.i++
		return true, nil
	case ',':
		s.i++
		s.space()
		return false, nil
	}
	return false, s.fail("neither a comma nor " + string(end))
}

func (s *scanner) literal(word string) error {
	if !bytes.HasPrefix(s.b[s.i:], []byte(word)) {
		return s.fail("no JSON value")
	}
	s.i += len(word)
	return nil
}

func (s *scanner) str() error {
	if s.peek() != '"' {
		return s.fail("no string")
	}
	for i := s.i + 1; i < len(s.b); i++ {
		switch c := s.b[i]; {
		case c == '"':
			s.i = i + 1
			return nil
		case c < ' ':
			s.i = i
			return s.fail("a control character in a string")
		case c == '\\':
			n := escapeLen(s.b[i:])
			if n == 0 {
				s.i = i
				return s.fail("an unknown escape in a string")
			}
			i += n - 1
		}
	}
	s.i = len(s.b)
	return s.fail("a string without an end")
}

// escapeLen is the length of the escape that b begins with, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	if b[1] != 'u' {
		if bytes.IndexByte([]byte(`"\/bfnrt`), b[1]) < 0 {
			return 0
		}
		return 2
	}
	if len(b) < 6 {
		return 0
	}
	for _, c := range b[2:6] {
		if !isHex(c) {
			return 0
		}
	}
	return 6
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (s *scanner) number() error {
	if s.peek() == '-' {
		s.i++
	}
	switch {
	case s.peek() == '0':
		s.i++
	case !s.digits():
		return s.fail("no JSON value")
	}
	if s.peek() == '.' {
		s.i++
		if !s.digits() {
			return s.fail("no digit after a decimal point")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		if !s.digits() {
			return s.fail("no digit in an exponent")
		}
	}
	return nil
}

// digits passes over digits and reports whether there were any.
func (s *scanner) digits() bool {
	start := s.i
	for c := s.peek(); '0' <= c && c <= '9'; c = s.peek() {
		s.i++
	}
	return s.i > start
}

// members calls visit for each member of a value known to be well-formed, and
// for none if it is not an object.
func members(value []byte, visit func(name, value []byte)) {
	if len(value) == 0 || value[0] != '{' {
		return
	}
	s := scanner{b: value}
	if err := s.object(0, visit); err != nil {
		// Only its depth can be wrong, and that was less inside the whole.
		panic("event: a checked value does not scan: " + err.Error())
	}
}

// unquote is the text of a JSON string known to be well-formed, and of a number
// or boolean as written. Anything else has none.
func unquote(value []byte) []byte {
	switch {
	case len(value) == 0, value[0] == '{', value[0] == '[', value[0] == 'n':
		return nil
	case value[0] != '"':
		return value
	}
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return inner
	}
	return []byte(text)
}
