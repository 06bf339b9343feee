package investigate

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// A field is a place in a record whose value the store keeps in a column.
type field int

// The fields up to errorCode are those that query.Record answers from the event
// itself, with "" for absent; the columns hold them so. The rest are skimmed
// from the record.
const (
	eventName field = iota
	eventSource
	awsRegion
	sourceIPAddress
	userAgent
	accessKeyID
	identityType
	invokedBy
	errorCode
	eventTime
	eventType
	readOnly
	managementEvent
	recipientAccountID
	principalID
	identityARN
	identityAccountID
	userName
	issuerUserName
	issuerARN
	mfaAuthenticated
	fields // how many there are

	firstSkimmed = eventTime
)

// paths are the fields' names in an expression.
var paths = [fields]string{
	eventName:          "eventName",
	eventSource:        "eventSource",
	awsRegion:          "awsRegion",
	sourceIPAddress:    "sourceIPAddress",
	userAgent:          "userAgent",
	accessKeyID:        "userIdentity.accessKeyId",
	identityType:       "userIdentity.type",
	invokedBy:          "userIdentity.invokedBy",
	errorCode:          "errorCode",
	eventTime:          "eventTime",
	eventType:          "eventType",
	readOnly:           "readOnly",
	managementEvent:    "managementEvent",
	recipientAccountID: "recipientAccountId",
	principalID:        "userIdentity.principalId",
	identityARN:        "userIdentity.arn",
	identityAccountID:  "userIdentity.accountId",
	userName:           "userIdentity.userName",
	issuerUserName:     "userIdentity.sessionContext.sessionIssuer.userName",
	issuerARN:          "userIdentity.sessionContext.sessionIssuer.arn",
	mfaAuthenticated:   "userIdentity.sessionContext.attributes.mfaAuthenticated",
}

// A branch is a place on the way to the wanted fields; one without members is
// such a field.
type branch struct {
	members map[string]*branch
	bit     uint32 // tells it from its siblings
	field   field
}

func wanted() *branch {
	root := &branch{}
	for f := firstSkimmed; f < fields; f++ {
		at := root
		for name := range strings.SplitSeq(paths[f], ".") {
			next := at.members[name]
			if next == nil {
				next = &branch{bit: 1 << len(at.members)}
				if at.members == nil {
					at.members = map[string]*branch{}
				}
				at.members[name] = next
			}
			at = next
		}
		at.field = f
	}
	return root
}

// A skimmed record: the wanted fields as they stand in its JSON, nil where the
// record has no such field, and the request's parameters.
//
// odd is set where reading forward could differ from decoding: a name that
// comes twice, has an escape or a dot in it, or a wanted field that is a number
// or a list. Expressions then read the record and not the columns.
type skimmed struct {
	values     [fields][]byte // those from firstSkimmed on
	parameters []byte
	odd        bool
}

// skim reads the wanted fields from a record in one pass. The record must be
// valid JSON, as event.Read has found it to be.
func skim(raw []byte, root *branch) skimmed {
	s := skimmer{b: raw}
	s.object(root)
	return s.out
}

type skimmer struct {
	b   []byte
	i   int
	out skimmed
}

func (s *skimmer) object(at *branch) {
	if !s.take('{') {
		s.out.odd = true
		return
	}
	if s.take('}') {
		return
	}
	var seen uint32
	for {
		name := s.name()
		if name == nil || !s.take(':') {
			s.out.odd = true
			return
		}
		s.space()
		next, start := at.members[string(name)], s.i
		switch {
		case next == nil:
			s.skip()
			if string(name) == "requestParameters" {
				s.out.parameters = s.b[start:s.i]
			}
		case seen&next.bit != 0:
			s.out.odd = true
			return
		default:
			seen |= next.bit
			s.value(next)
		}
		if s.out.odd {
			return
		}
		if !s.take(',') {
			s.out.odd = !s.take('}')
			return
		}
	}
}

// value reads a wanted value, or descends towards some.
func (s *skimmer) value(at *branch) {
	start := s.i
	c := s.peek()
	switch {
	case at.members == nil && (c == '"' || c == 't' || c == 'f' || c == 'n'):
		s.skip()
		s.out.values[at.field] = s.b[start:s.i]
	case at.members != nil && c == '{':
		s.object(at)
	case at.members != nil && c == 'n':
		s.skip()
	default:
		s.out.odd = true
	}
}

// name reads a member's name without its quotes; nil for one that could be
// taken for another.
func (s *skimmer) name() []byte {
	s.space()
	if s.peek() != '"' {
		return nil
	}
	start := s.i + 1
	s.skip()
	name := s.b[start : s.i-1]
	if bytes.IndexByte(name, '\\') >= 0 || bytes.IndexByte(name, '.') >= 0 {
		return nil
	}
	return name
}

// skip steps over one value.
func (s *skimmer) skip() {
	switch s.peek() {
	case '"':
		s.skipText()
	case '{', '[':
		s.skipNested()
	default:
		for s.i < len(s.b) && !bytes.ContainsRune([]byte(",}] \t\r\n"), rune(s.b[s.i])) {
			s.i++
		}
	}
}

func (s *skimmer) skipText() {
	s.i++
	for {
		end := bytes.IndexByte(s.b[s.i:], '"')
		if end < 0 {
			s.i, s.out.odd = len(s.b), true
			return
		}
		s.i += end + 1
		escapes := 0
		for j := s.i - 2; s.b[j] == '\\'; j-- {
			escapes++
		}
		if escapes%2 == 0 {
			return
		}
	}
}

func (s *skimmer) skipNested() {
	depth := 0
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case '"':
			s.skipText()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.i++
		if depth == 0 {
			return
		}
	}
	s.out.odd = true
}

func (s *skimmer) space() {
	for s.i < len(s.b) && (s.b[s.i] == ' ' || s.b[s.i] == '\n' || s.b[s.i] == '\r' || s.b[s.i] == '\t') {
		s.i++
	}
}

func (s *skimmer) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

func (s *skimmer) take(c byte) bool {
	s.space()
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

// internJSON gives a skimmed value its id; ok is false for a text that cannot be
// decoded.
func (v *values) internJSON(token []byte) (id valueID, ok bool) {
	switch {
	case len(token) == 0:
		return absent, true
	case token[0] == 'n':
		return null, true
	case token[0] == 't':
		return isTrue, true
	case token[0] == 'f':
		return isFalse, true
	}
	text := token[1 : len(token)-1]
	if bytes.IndexByte(text, '\\') < 0 && utf8.Valid(text) {
		return v.intern(text), true
	}
	var decoded string
	if err := json.Unmarshal(token, &decoded); err != nil {
		return absent, false
	}
	return v.internString(decoded), true
}
