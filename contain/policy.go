package contain

import (
	"encoding/json"
	"net/url"
	"reflect"
	"regexp"
	"unicode"
)

// A policy is an inline policy as it stands, its document decoded.
type policy struct {
	name string
	doc  string
}

// sidPrefix and the operation's id are the Sid of cordon's own policies. IAM
// allows only letters and digits in a Sid.
const sidPrefix = "Cordon"

var ourSid = regexp.MustCompile(`^` + sidPrefix + `([a-z0-9]{8,64})$`)

// denyDocument is the policy that cordon writes, without white space, which
// IAM does not count.
func denyDocument(opID string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"` + sidPrefix + opID + `","Effect":"Deny","Action":"*","Resource":"*"}]}`
}

// A class is what a document means for containment.
type class struct {
	// opID is the operation that wrote it: it is cordon's own.
	opID string
	// denies tells whether it denies every action on every resource, without a
	// condition; alone, whether it says nothing else.
	denies, alone bool
}

func (c class) ours() bool { return c.opID != "" }

// classify reads a document. Cordon's own is known by the form of its Sid and
// by being in every other respect the document that cordon writes, so that no
// local log is needed to know it.
func classify(doc string) class {
	var d map[string]any
	if err := json.Unmarshal([]byte(doc), &d); err != nil {
		return class{}
	}
	statements := list(d["Statement"])
	c := class{alone: len(statements) > 0}
	for _, s := range statements {
		if deniesAll(s) {
			c.denies = true
		} else {
			c.alone = false
		}
	}
	c.alone = c.alone && only(d, "Version", "Id", "Statement")
	if c.alone && len(statements) == 1 && d["Version"] == "2012-10-17" && d["Id"] == nil {
		sid, _ := statements[0].(map[string]any)["Sid"].(string)
		if m := ourSid.FindStringSubmatch(sid); m != nil {
			c.opID = m[1]
		}
	}
	return c
}

func deniesAll(statement any) bool {
	s, ok := statement.(map[string]any)
	return ok && only(s, "Sid", "Effect", "Action", "Resource") &&
		s["Effect"] == "Deny" && isStar(s["Action"]) && isStar(s["Resource"])
}

func isStar(v any) bool {
	l := list(v)
	return len(l) == 1 && l[0] == "*"
}

// list gives a policy element as a list: IAM takes one value for a list of one.
func list(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func only(m map[string]any, keys ...string) bool {
	n := 0
	for _, k := range keys {
		if _, ok := m[k]; ok {
			n++
		}
	}
	return n == len(m)
}

// sameDocument compares two documents as JSON; what is no JSON, byte by byte.
func sameDocument(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

// decodeDocument undoes the URL encoding (RFC 3986) in which IAM returns
// documents. One that is not so encoded is returned as it is.
func decodeDocument(raw string) string {
	if decoded, err := url.PathUnescape(raw); err == nil {
		return decoded
	}
	return raw
}

// size counts the characters of a document as IAM does for its quotas: without
// white space ("IAM and AWS STS quotas", IAM User Guide).
func size(doc string) int {
	n := 0
	for _, r := range doc {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
