package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"
)

var (
	// ErrNotRecord is returned for JSON that is not a CloudTrail record: no
	// object, or one with neither eventName nor eventSource.
	ErrNotRecord = errors.New("not a CloudTrail record")
	// ErrInsight is returned for a record of CloudTrail Insights, which tells
	// of an unusual rate of calls and not of a call. Source: "CloudTrail record
	// contents for Insights events", AWS CloudTrail user guide.
	ErrInsight = errors.New("a CloudTrail Insights event, which is no record of a call")
)

// Read reads one CloudTrail record: one JSON object, with or without white
// space around it. Fields that are unknown, missing or of an unexpected type do
// not matter; the rest of the record is kept. It fails with ErrNotRecord,
// ErrInsight, or an error that says where the text stops being JSON.
//
// The event keeps raw, which must not be changed afterwards.
func Read(raw []byte) (Event, error) {
	var r Reader
	return r.Read(raw)
}

// A Reader reads many records, and lets the strings that recur among them share
// memory. Its zero value is ready. It is for one goroutine.
type Reader struct {
	shared map[string]string
	// The identity of the record before: most records repeat it.
	rawIdentity []byte
	identity    identity
}

// fields are the members of a record that are looked at, as JSON.
type fields struct {
	id, sharedID, time, name, source, region, ip, agent   []byte
	errorCode, errorMessage, recipient, requestID         []byte
	readOnly, kind, category, identity, response, console []byte
}

func (f *fields) set(name, value []byte) {
	if bytes.IndexByte(name, '\\') >= 0 {
		name = unquote(bytes.Join([][]byte{{'"'}, name, {'"'}}, nil))
	}
	switch string(name) {
	case "eventID":
		f.id = value
	case "sharedEventID":
		f.sharedID = value
	case "eventTime":
		f.time = value
	case "eventName":
		f.name = value
	case "eventSource":
		f.source = value
	case "awsRegion":
		f.region = value
	case "sourceIPAddress":
		f.ip = value
	case "userAgent":
		f.agent = value
	case "errorCode":
		f.errorCode = value
	case "errorMessage":
		f.errorMessage = value
	case "recipientAccountId":
		f.recipient = value
	case "requestID":
		f.requestID = value
	case "readOnly":
		f.readOnly = value
	case "eventType":
		f.kind = value
	case "eventCategory":
		f.category = value
	case "userIdentity":
		f.identity = value
	case "responseElements":
		f.response = value
	case "sessionCredentialFromConsole":
		f.console = value
	}
}

// Read is as the function Read.
func (r *Reader) Read(raw []byte) (Event, error) {
	raw = bytes.TrimSpace(raw)
	s := scanner{b: raw}
	var f fields
	if s.peek() == '{' {
		if err := s.object(0, f.set); err != nil {
			return Event{}, err
		}
	} else if _, err := s.value(0); err != nil {
		return Event{}, err
	}
	if s.i != len(raw) {
		return Event{}, s.fail("something after the record's end")
	}
	return r.event(raw, &f)
}

func (r *Reader) event(raw []byte, f *fields) (Event, error) {
	e := Event{
		SharedID:     r.share(unquote(f.sharedID)),
		Time:         readTime(unquote(f.time)),
		Name:         r.share(unquote(f.name)),
		Source:       r.share(unquote(f.source)),
		Region:       r.share(unquote(f.region)),
		SourceIP:     r.share(unquote(f.ip)),
		UserAgent:    r.share(unquote(f.agent)),
		ErrorCode:    r.share(unquote(f.errorCode)),
		ErrorMessage: string(unquote(f.errorMessage)),
		RequestID:    string(unquote(f.requestID)),
		ReadOnly:     isTrue(f.readOnly),
		Raw:          raw,
	}
	if string(unquote(f.category)) == "Insight" || string(unquote(f.kind)) == "AwsCloudTrailInsight" {
		return Event{}, ErrInsight
	}
	if e.Name == "" && e.Source == "" {
		return Event{}, ErrNotRecord
	}
	e.ID = string(unquote(f.id))
	if e.ID == "" {
		e.ID = hashID(raw)
	}
	e.SignIn = r.signIn(&e, f.response)

	id := r.readIdentity(f.identity)
	e.AccessKey, e.InvokedBy, e.IdentityType = id.accessKey, id.invokedBy, id.kind
	e.Principal = id.principal(&e, string(unquote(f.kind)))
	e.Session = id.session(&e, isTrue(f.console))
	e.Account = r.share(unquote(f.recipient))
	if e.Account == "" {
		e.Account = id.account
	}
	return e, nil
}

// share returns b as a string, the same one as last time if it was seen before.
func (r *Reader) share(b []byte) string {
	const longest, most = 256, 1 << 15
	if len(b) == 0 {
		return ""
	}
	if s, ok := r.shared[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(s) > longest {
		return s
	}
	if r.shared == nil || len(r.shared) >= most {
		r.shared = make(map[string]string)
	}
	r.shared[s] = s
	return s
}

// readTime reads an eventTime; the zero time stands for one that cannot be read.
func readTime(b []byte) time.Time {
	t, err := time.Parse(time.RFC3339, string(b))
	if err != nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

func isTrue(value []byte) bool {
	return strings.EqualFold(string(unquote(value)), "true")
}

func hashID(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256-" + hex.EncodeToString(sum[:16])
}

// signIn is the outcome that a sign-in's response gives under the name of the
// event, as in {"ConsoleLogin":"Failure"}. Source: "AWS Management Console
// sign-in events", AWS CloudTrail user guide.
func (r *Reader) signIn(e *Event, response []byte) string {
	if e.Source != "signin.amazonaws.com" {
		return ""
	}
	var outcome string
	members(response, func(name, value []byte) {
		if string(name) == e.Name {
			outcome = r.share(unquote(value))
		}
	})
	return outcome
}
