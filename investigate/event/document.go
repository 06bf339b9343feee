package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// A Document is a whole record, decoded: objects are map[string]any, arrays
// []any, numbers json.Number.
type Document map[string]any

// Document decodes the whole record. It fails only for an event that was not
// made by Read.
func (e *Event) Document() (Document, error) {
	dec := json.NewDecoder(bytes.NewReader(e.Raw))
	dec.UseNumber()
	var d Document
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("decoding event %s: %w", e.ID, err)
	}
	return d, nil
}

// Lookup finds the value at a path of member names and array indexes separated
// by dots: "requestParameters.items.0.name". A member whose own name has dots
// is found too; where both readings fit, the one with the shorter names wins.
// Names are case-sensitive. A null is found, as nil.
func (d Document) Lookup(path string) (any, bool) {
	return lookup(map[string]any(d), path)
}

func lookup(v any, path string) (any, bool) {
	switch v := v.(type) {
	case map[string]any:
		return lookupMember(v, path)
	case []any:
		head, rest, more := strings.Cut(path, ".")
		i, err := strconv.ParseUint(head, 10, 31)
		if err != nil || i >= uint64(len(v)) {
			return nil, false
		}
		if !more {
			return v[i], true
		}
		return lookup(v[i], rest)
	}
	return nil, false
}

func lookupMember(m map[string]any, path string) (any, bool) {
	for end := 0; ; end++ {
		dot := strings.IndexByte(path[end:], '.')
		if dot < 0 {
			v, ok := m[path]
			return v, ok
		}
		end += dot
		inner, ok := m[path[:end]]
		if !ok {
			continue
		}
		if v, ok := lookup(inner, path[end+1:]); ok {
			return v, true
		}
	}
}
