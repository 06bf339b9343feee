package source

import (
	"bytes"
	"errors"
	"io"
	"regexp"
)

const (
	// maxValue bounds a single value. CloudTrail's records are 256 KB at most,
	// or 1 MB where that has been asked for. Source: "CloudTrail record
	// contents", AWS CloudTrail user guide.
	maxValue = 4 << 20
	// maxRewound bounds what is read again in search of where damage ends.
	maxRewound = 256 << 20
	// maxNested bounds arrays inside arrays that are looked into for records.
	maxNested = 8
	// firstBuffer is what the window onto the stream begins with.
	firstBuffer = 128 << 10
)

var (
	errCut       = errors.New("the file ends in the middle of a value")
	errEndless   = errors.New("a value without an end")
	errMalformed = errors.New("malformed JSON")
	errTooLarge  = errors.New("a value larger than 4 MiB")
)

// containers are the members that hold an array of records, or of what records
// are wrapped in: files of a trail; LookupEvents; FilterLogEvents and
// GetLogEvents; what CloudWatch Logs sends to a subscriber.
var containers = map[string]bool{"Records": true, "Events": true, "events": true, "logEvents": true}

// A splitter cuts a stream into the JSON values that may be records: those that
// follow one another, the elements of arrays, and those of containers. It looks
// no deeper than it must to find where each ends; whoever is given a value
// checks it. After damage it goes on at the next value that it can recognise.
type splitter struct {
	r   io.Reader
	err error // why r gives no more

	buf      []byte
	pos, end int   // buf[pos:end] is still to be looked at
	keep     int   // what must stay in buf begins here; -1 for nothing
	base     int64 // where in the stream buf begins
	rewound  int
	arrays   int // arrays and containers met

	// value is given each value, which is good until it returns, and where in
	// the stream it begins. It says whether the value was well-formed.
	value func(at int64, raw []byte) bool
	// damage is told of what could not be read, and where in the stream.
	damage func(at int64, err error)
	// stray is told of a line that is no JSON.
	stray func()
}

// run reads the stream to its end, or to the error of its reader.
func (s *splitter) run() error {
	s.keep = -1
	for {
		c, ok := s.space()
		switch {
		case !ok:
			return s.readError()
		case c == '{' || c == '[':
			s.element(0)
		case c == ',' || c == ']' || c == '}':
			s.pos++
		default:
			s.line()
		}
		if s.rewound > maxRewound {
			return s.lines()
		}
	}
}

// readError is why the stream ended, nil if that was its end.
func (s *splitter) readError() error {
	if errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// element reads one value of an array, or of the stream itself.
func (s *splitter) element(nested int) {
	var err error
	start := s.base + int64(s.pos)
	switch c := s.buf[s.pos]; {
	case c == '{':
		err = s.object(nested)
	case c == '[' && nested < maxNested:
		err = s.array(nested + 1)
	default:
		err = s.whole()
	}
	if err == nil || errors.Is(err, errCut) && s.readError() != nil {
		return // the reader's error says it
	}
	s.damage(start, err)
}

// array reads the elements of an array one by one.
func (s *splitter) array(nested int) error {
	s.arrays++
	s.pos++
	for {
		c, ok := s.space()
		switch {
		case !ok:
			return errCut
		case s.rewound > maxRewound:
			return errMalformed
		case c == ']':
			s.pos++
			return nil
		case c == ',':
			s.pos++
		case c == '}' || c == ':':
			return errMalformed
		default:
			s.element(nested)
		}
	}
}

// object reads an object: a container's records one by one, any other as a
// value.
func (s *splitter) object(nested int) error {
	s.keep = s.pos
	container, err := s.members(nested)
	switch {
	case container:
		s.keep = -1
		return err
	case err == nil:
		return s.give()
	case errors.Is(err, errMalformed):
		s.pos = s.keep
		return s.whole()
	}
	return s.recover(err)
}

// members passes over the members of an object. Once it meets a container's it
// keeps the object no longer, and container is true.
func (s *splitter) members(nested int) (container bool, err error) {
	s.pos++
	for {
		c, ok := s.space()
		switch {
		case !ok:
			return container, s.stopped()
		case c == '}':
			s.pos++
			return container, nil
		case c == ',':
			s.pos++
			continue
		case c != '"':
			return container, errMalformed
		}
		name, err := s.name()
		if err != nil {
			return container, err
		}
		isContainer := nested < maxNested && containers[string(name)]
		if err := s.colon(); err != nil {
			return container, err
		}
		if isContainer && s.buf[s.pos] == '[' {
			container, s.keep = true, -1
			if err := s.array(nested + 1); err != nil {
				return true, err
			}
			continue
		}
		if err := s.skip(); err != nil {
			return container, err
		}
	}
}

// name passes over a member's name and returns it, good until the next fill.
func (s *splitter) name() ([]byte, error) {
	from := s.base + int64(s.pos) + 1
	s.pos++
	if err := s.skipString(); err != nil {
		return nil, err
	}
	if from < s.base { // of a container's later member, and longer than a window
		return nil, nil
	}
	return s.buf[from-s.base : s.pos-1], nil
}

func (s *splitter) colon() error {
	c, ok := s.space()
	switch {
	case !ok:
		return s.stopped()
	case c != ':':
		return errMalformed
	}
	s.pos++
	if _, ok := s.space(); !ok {
		return s.stopped()
	}
	return nil
}

// whole reads a value of any type without a look at what is in it.
func (s *splitter) whole() error {
	s.keep = s.pos
	if err := s.skip(); err != nil {
		return s.recover(err)
	}
	return s.give()
}

// give hands over the value that was kept. If it is not well-formed it may have
// run on into others.
func (s *splitter) give() error {
	raw := s.buf[s.keep:s.pos]
	if s.value(s.base+int64(s.keep), raw) {
		s.keep = -1
		return nil
	}
	if next := nextValue(raw); next > 0 {
		s.rewind(s.keep + next)
	}
	s.keep = -1
	return nil
}

// recover goes on at the next value that can be recognised after one whose end
// was not found, or behind that one if it is only too large. It returns err.
func (s *splitter) recover(err error) error {
	start := s.keep
	s.keep = -1
	if next := nextValue(s.buf[start:s.end]); next > 0 {
		s.rewind(start + next)
		if errors.Is(err, errCut) {
			return errEndless
		}
		return err
	}
	if errors.Is(err, errTooLarge) {
		s.rewind(start)
		if s.skip() == nil {
			return err
		}
	}
	s.seek()
	return err
}

// seek passes over everything up to the next value that can be recognised.
func (s *splitter) seek() {
	for {
		if next := nextValue(s.buf[s.pos:s.end]); next > 0 {
			s.pos += next
			return
		}
		s.pos = max(s.pos, s.end-len(recordStart))
		if !s.fill() {
			s.pos = s.end
			return
		}
	}
}

func (s *splitter) rewind(to int) {
	s.rewound += max(s.pos-to, 0)
	s.pos = to
}

// recordStart is how AWS begins a record in every file it writes.
var recordStart = []byte(`{"eventVersion"`)

// nextValue is where in raw, after its first byte, something begins that looks
// like a value of its own: a record as AWS writes it, or an object at the
// beginning of a line. It is 0 if nothing does.
func nextValue(raw []byte) int {
	if len(raw) == 0 {
		return 0
	}
	best := 0
	if i := bytes.Index(raw[1:], recordStart); i >= 0 {
		best = i + 1
	}
	if i := bytes.Index(raw[1:], []byte("\n{")); i >= 0 && (best == 0 || i+2 < best) {
		best = i + 2
	}
	return best
}

// exportPrefix is what CloudWatch Logs puts before each message that it exports
// to S3, and filters print: the time. Source: "Exporting log data to Amazon S3",
// CloudWatch Logs user guide.
var exportPrefix = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[0-9:.]+Z?[ \t]+`)

// line passes over a line that begins like no JSON, or over the time before a
// line's JSON.
func (s *splitter) line() {
	for s.end-s.pos < 64 && s.fill() {
	}
	if m := exportPrefix.Find(s.buf[s.pos:min(s.end, s.pos+64)]); m != nil {
		s.pos += len(m)
		if s.pos < s.end && s.buf[s.pos] == '{' {
			return
		}
	}
	s.stray()
	for {
		if i := bytes.IndexByte(s.buf[s.pos:s.end], '\n'); i >= 0 {
			s.pos += i + 1
			return
		}
		s.pos = s.end
		if !s.fill() {
			return
		}
	}
}

// lines reads the rest of a stream with so much damage in it that only line ends
// can be trusted.
func (s *splitter) lines() error {
	for {
		s.keep = s.pos
		i := bytes.IndexByte(s.buf[s.pos:s.end], '\n')
		for i < 0 && s.fill() {
			i = bytes.IndexByte(s.buf[s.pos:s.end], '\n')
		}
		line := s.buf[s.pos:s.end]
		if i >= 0 {
			line = line[:i]
		}
		at := s.base + int64(s.pos)
		if len(bytes.TrimSpace(line)) > 0 {
			s.value(at, line)
		}
		s.pos += len(line) + 1
		if i < 0 {
			s.pos, s.keep = s.end, -1
			if !s.fill() {
				return s.readError()
			}
		}
	}
}
