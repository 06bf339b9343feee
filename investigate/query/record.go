package query

import (
	"bytes"
	"strings"

	"cordon/investigate/event"
)

// A Record is one event as Fields: the fields that event.Event holds are
// answered from there, and the JSON is parsed, once, for the first of any other.
// It serves one goroutine.
type Record struct {
	event  *event.Event
	doc    event.Document
	parsed bool
}

// NewRecord makes an event's fields readable by an expression.
func NewRecord(e *event.Event) *Record { return &Record{event: e} }

// Reset makes the record that of another event, to save an allocation for each
// of many.
func (r *Record) Reset(e *event.Event) { *r = Record{event: e} }

// Typed reports whether a path is answered without parsing the event's JSON.
func Typed(path string) bool {
	var r Record
	r.event = &event.Event{}
	_, typed := r.typed(path)
	return typed
}

// typed answers a path from the event's own fields, where "" means absent.
func (r *Record) typed(path string) (value string, typed bool) {
	e := r.event
	switch path {
	case "eventName":
		return e.Name, true
	case "eventSource":
		return e.Source, true
	case "awsRegion":
		return e.Region, true
	case "sourceIPAddress":
		return e.SourceIP, true
	case "userAgent":
		return e.UserAgent, true
	case "errorCode":
		return e.ErrorCode, true
	case "errorMessage":
		return e.ErrorMessage, true
	case "eventID":
		return e.ID, true
	case "requestID":
		return e.RequestID, true
	case "sharedEventID":
		return e.SharedID, true
	case "userIdentity.accessKeyId":
		return e.AccessKey, true
	case "userIdentity.type":
		return e.IdentityType, true
	case "userIdentity.invokedBy":
		return e.InvokedBy, true
	}
	return "", false
}

// Lookup answers any path of the record, "@message" and "@timestamp".
func (r *Record) Lookup(path string) (any, bool) {
	if s, typed := r.typed(path); typed {
		return s, s != ""
	}
	switch path {
	case "@message":
		return string(r.event.Raw), true
	case "@timestamp":
		return r.event.Time.UnixMilli(), !r.event.Time.IsZero()
	}
	return r.document().Lookup(path)
}

// Spread answers a path as Sigma rules write them: where it comes to a list
// without an index, it goes on in every element.
func (r *Record) Spread(path string) (any, bool) {
	if v, ok := r.Lookup(path); ok {
		return v, true
	}
	if _, typed := r.typed(path); typed || !strings.Contains(path, ".") {
		return nil, false
	}
	found := spread(map[string]any(r.document()), path, nil)
	if len(found) == 0 {
		return nil, false
	}
	return found, true
}

// spread collects what path leads to below v. Keys may have dots in them, so
// each length of a key is tried.
func spread(v any, path string, found []any) []any {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			found = spread(item, path, found)
		}
	case map[string]any:
		if value, ok := v[path]; ok {
			return append(found, value)
		}
		for i := range len(path) {
			if path[i] != '.' {
				continue
			}
			if value, ok := v[path[:i]]; ok {
				found = spread(value, path[i+1:], found)
			}
		}
	}
	return found
}

func (r *Record) document() event.Document {
	if !r.parsed {
		r.parsed = true
		// A record that is no JSON has no fields beyond those of the event.
		r.doc, _ = r.event.Document()
	}
	return r.doc
}

// Contains reports whether word, in lower case, is anywhere in the record's
// JSON: as it is written, or as what its escapes stand for, so that a policy
// document inside a string is found by its own text.
func (r *Record) Contains(word string) bool {
	raw := r.event.Raw
	if containsFold(raw, word) {
		return true
	}
	return bytes.IndexByte(raw, '\\') >= 0 && containsFold(unescape.Replace(string(raw)), word)
}

// unescape undoes the escapes that JSON encoders write for printable text.
var unescape = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\/`, `/`, `\n`, "\n", `\t`, "\t",
	`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u0027`, "'", `\u003d`, "=",
	`\u003C`, "<", `\u003E`, ">", `\u003D`, "=")
