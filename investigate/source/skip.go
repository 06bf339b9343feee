package source

import (
	"bytes"
	"errors"
	"io"
)

// skip passes over one value, looking only for its end.
func (s *splitter) skip() error {
	switch s.buf[s.pos] {
	case '{', '[':
		return s.skipNested()
	case '"':
		s.pos++
		return s.skipString()
	}
	return s.skipScalar()
}

func (s *splitter) skipNested() error {
	depth := 0
	for {
		for s.pos < s.end {
			c := s.buf[s.pos]
			s.pos++
			switch c {
			case '"':
				if err := s.skipString(); err != nil {
					return err
				}
			case '{', '[':
				depth++
			case '}', ']':
				depth--
				if depth == 0 {
					return nil
				}
			}
		}
		if !s.fill() {
			return s.stopped()
		}
	}
}

// skipString passes over the rest of a string after its opening quote.
func (s *splitter) skipString() error {
	for {
		for i, c := range s.buf[s.pos:s.end] {
			if c != '"' && c != '\\' && c >= ' ' {
				continue
			}
			s.pos += i
			switch c {
			case '"':
				s.pos++
				return nil
			case '\\':
			default:
				return errMalformed
			}
			break
		}
		if s.pos < s.end && s.buf[s.pos] == '\\' {
			for s.end-s.pos < 2 {
				if !s.fill() {
					return s.stopped()
				}
			}
			s.pos += 2
			continue
		}
		s.pos = s.end
		if !s.fill() {
			return s.stopped()
		}
	}
}

func (s *splitter) skipScalar() error {
	for {
		if i := bytes.IndexAny(s.buf[s.pos:s.end], " \t\r\n,]}"); i >= 0 {
			s.pos += max(i, 1)
			return nil
		}
		s.pos = s.end
		if !s.fill() {
			if errors.Is(s.err, io.EOF) {
				return nil
			}
			return s.stopped()
		}
	}
}

// space passes over white space, and returns the byte after it without passing
// over that. It is false if there is none.
func (s *splitter) space() (byte, bool) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\n', '\r':
				s.pos++
			default:
				return c, true
			}
		}
		if !s.fill() {
			return 0, false
		}
	}
}

// stopped says why there is nothing more to look at.
func (s *splitter) stopped() error {
	if s.err == nil {
		return errTooLarge
	}
	return errCut
}

// fill brings more of the stream into the window. It is false at the stream's
// end, and when what must be kept has grown too large.
func (s *splitter) fill() bool {
	if s.err != nil {
		return false
	}
	from := s.pos
	if s.keep >= 0 {
		from = s.keep
	}
	if from > 0 && s.end-from < len(s.buf)/2 || s.end == len(s.buf) && from > 0 {
		copy(s.buf, s.buf[from:s.end])
		s.pos, s.end, s.base = s.pos-from, s.end-from, s.base+int64(from)
		if s.keep >= 0 {
			s.keep = 0
		}
	}
	if s.end == len(s.buf) {
		if s.end >= maxValue {
			return false
		}
		grown := make([]byte, min(max(2*len(s.buf), firstBuffer), maxValue))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	s.err = io.ErrNoProgress
	return false
}
