package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The versions of the policy language. Variables exist in the newer only.
const (
	versionOld = "2008-10-17"
	versionNew = "2012-10-17"
)

// A document is a policy as it was put, and what it says.
type document struct {
	text       string
	variables  bool
	statements []statement
}

type statement struct {
	deny                       bool
	actions, notActions        []string
	resources, notResources    []string
	principals, notPrincipals  []principal
	anyPrincipal               bool
	conditions                 []condition
	hasPrincipal, hasResources bool
}

// A principal is one entry of a Principal element: AWS, Service, Federated.
type principal struct{ kind, value string }

// size counts a policy's characters as the quotas do: without white space.
func size(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// syntaxErrors is what IAM says of most that is wrong with a document.
func syntaxErrors() error { return malformedPolicy("Syntax errors in policy.") }

// parsePolicy reads an identity-based policy: the kind that is put on a user,
// role or group, or is managed. What cannot be evaluated is refused here, so
// that no part of a policy in force is ever passed over.
//
// Source: "Grammar of the IAM JSON policy language", IAM user guide.
func parsePolicy(text string) (*document, error) {
	d, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	for _, s := range d.statements {
		switch {
		case s.hasPrincipal:
			return nil, malformedPolicy("Policy document should not specify a principal.")
		case !s.hasResources:
			return nil, malformedPolicy("Policy statement must contain resources.")
		}
	}
	return d, nil
}

// parseTrust reads a role's trust policy.
func parseTrust(text string) (*document, error) {
	d, err := parseDocument(text)
	if err != nil {
		return nil, err
	}
	for _, s := range d.statements {
		switch {
		case s.hasResources:
			return nil, malformedPolicy("Has prohibited field Resource")
		case !s.hasPrincipal:
			return nil, malformedPolicy("Missing required field Principal")
		}
		for _, action := range slices.Concat(s.actions, s.notActions) {
			if action != "*" && !strings.HasPrefix(action, "sts:") {
				return nil, malformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
	}
	return d, nil
}

func parseDocument(text string) (*document, error) {
	fields, err := object([]byte(text))
	if err != nil {
		return nil, syntaxErrors()
	}
	d := &document{text: text}
	var statements []json.RawMessage
	for name, raw := range fields {
		switch name {
		case "Version":
			if err := d.readVersion(raw); err != nil {
				return nil, err
			}
		case "Id":
			if _, err := stringOf(raw); err != nil {
				return nil, syntaxErrors()
			}
		case "Statement":
			statements = listOf(raw)
		default:
			return nil, syntaxErrors()
		}
	}
	if len(statements) == 0 {
		return nil, syntaxErrors()
	}
	seen := map[string]bool{}
	for _, raw := range statements {
		s, sid, err := parseStatement(raw)
		if err != nil {
			return nil, err
		}
		if sid != "" && seen[sid] {
			return nil, malformedPolicy("Statement IDs (SID) in a single policy must be unique.")
		}
		seen[sid] = true
		d.statements = append(d.statements, s)
	}
	return d, nil
}

func (d *document) readVersion(raw json.RawMessage) error {
	version, err := stringOf(raw)
	if err != nil || version != versionOld && version != versionNew {
		return malformedPolicy("The policy must contain a valid version string.")
	}
	d.variables = version == versionNew
	return nil
}

var (
	sidPattern    = regexp.MustCompile(`^[0-9A-Za-z]*$`)
	actionPattern = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$`)
)

func parseStatement(raw json.RawMessage) (statement, string, error) {
	fields, err := object(raw)
	if err != nil {
		return statement{}, "", syntaxErrors()
	}
	s, sid, effect := statement{}, "", ""
	for name, raw := range fields {
		switch name {
		case "Sid":
			sid, err = stringOf(raw)
		case "Effect":
			effect, err = stringOf(raw)
		case "Action":
			s.actions, err = stringsOf(raw)
		case "NotAction":
			s.notActions, err = stringsOf(raw)
		case "Resource":
			s.resources, err = stringsOf(raw)
			s.hasResources = true
		case "NotResource":
			s.notResources, err = stringsOf(raw)
			s.hasResources = true
		case "Principal":
			s.principals, s.anyPrincipal, err = principalsOf(raw)
			s.hasPrincipal = true
		case "NotPrincipal":
			s.notPrincipals, _, err = principalsOf(raw)
			s.hasPrincipal = true
		case "Condition":
			if s.conditions, err = conditionsOf(raw); err != nil {
				return statement{}, "", err
			}
		default:
			return statement{}, "", syntaxErrors()
		}
		if err != nil {
			return statement{}, "", syntaxErrors()
		}
	}
	s.deny = effect == "Deny"
	return s, sid, s.check(sid, effect)
}

func (s *statement) check(sid, effect string) error {
	switch {
	case effect == "":
		return malformedPolicy("Missing required field Effect cannot be empty!")
	case effect != "Allow" && effect != "Deny":
		return malformedPolicy("Invalid effect: %s", effect)
	case !sidPattern.MatchString(sid):
		return malformedPolicy("Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*")
	case len(s.actions) == 0 && len(s.notActions) == 0:
		return malformedPolicy("Policy statement must contain actions.")
	case len(s.actions) > 0 && len(s.notActions) > 0,
		len(s.resources) > 0 && len(s.notResources) > 0,
		s.hasResources && len(s.resources) == 0 && len(s.notResources) == 0:
		return syntaxErrors()
	}
	for _, action := range slices.Concat(s.actions, s.notActions) {
		if action != "*" && !actionPattern.MatchString(action) {
			return malformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		}
	}
	for _, resource := range slices.Concat(s.resources, s.notResources) {
		if !resourceForm(resource) {
			return malformedPolicy("Resource %s must be in ARN format or \"*\".", resource)
		}
	}
	return nil
}

// resourceForm reports whether a Resource is an ARN, or * alone. A wildcard
// may stand for the rest of an ARN.
func resourceForm(resource string) bool {
	if resource == "*" {
		return true
	}
	return strings.HasPrefix(resource, "arn:") &&
		(strings.Count(resource, ":") >= 5 || strings.Contains(resource, "*"))
}

// object reads one JSON object with nothing after it, each name once.
func object(raw []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if t, err := decoder.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("not an object: %w", errNotPolicy)
	}
	fields := map[string]json.RawMessage{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("reading a name: %w", err)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("reading a value: %w", err)
		}
		key, _ := name.(string)
		if _, twice := fields[key]; twice {
			return nil, fmt.Errorf("%q twice: %w", key, errNotPolicy)
		}
		fields[key] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("reading the end: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more after the object: %w", errNotPolicy)
	}
	return fields, nil
}

var errNotPolicy = errors.New("not a policy")

// listOf returns a JSON array's elements, or the one element that is no array.
func listOf(raw json.RawMessage) []json.RawMessage {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err == nil {
		return list
	}
	return []json.RawMessage{raw}
}

func stringOf(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", fmt.Errorf("not a string: %w", errNotPolicy)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("reading a string: %w", err)
	}
	return s, nil
}

func stringsOf(raw json.RawMessage) ([]string, error) {
	var out []string
	for _, item := range listOf(raw) {
		s, err := stringOf(item)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func principalsOf(raw json.RawMessage) (list []principal, everyone bool, err error) {
	if s, err := stringOf(raw); err == nil {
		if s != "*" {
			return nil, false, fmt.Errorf("principal %q: %w", s, errNotPolicy)
		}
		return nil, true, nil
	}
	fields, err := object(raw)
	if err != nil {
		return nil, false, err
	}
	for kind, raw := range fields {
		if kind != "AWS" && kind != "Service" && kind != "Federated" && kind != "CanonicalUser" {
			return nil, false, fmt.Errorf("principal %q: %w", kind, errNotPolicy)
		}
		values, err := stringsOf(raw)
		if err != nil {
			return nil, false, err
		}
		for _, v := range values {
			if kind == "AWS" && v == "*" {
				everyone = true
				continue
			}
			list = append(list, principal{kind, v})
		}
	}
	return list, everyone, nil
}
