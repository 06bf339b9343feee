package account

import (
	"slices"
	"strings"
)

// A question is what policies are asked: may this caller perform the action on
// the resource, in these circumstances?
type question struct {
	action    string // "iam:ListUsers"
	resource  string // an ARN, or *
	keys      map[string][]string
	variables bool // set while a document of the newer version is evaluated
}

// A verdict is what a set of policies says.
type verdict int

const (
	silent verdict = iota
	allows
	denies
)

// values returns a condition key's values; the names of keys are not
// distinguished by case. No values means that the request has no such key.
func (q *question) values(key string) []string { return q.keys[strings.ToLower(key)] }

// pattern compiles a string of a policy, its variables replaced.
func (q *question) pattern(s string) ([]rune, bool) {
	if !q.variables || !strings.Contains(s, "${") {
		return compile(s), true
	}
	return q.expand(s)
}

// literal replaces a string's variables and leaves * and ? as they are.
func (q *question) literal(s string) (string, bool) {
	if !q.variables || !strings.Contains(s, "${") {
		return s, true
	}
	pattern, ok := q.expand(s)
	if !ok {
		return "", false
	}
	for i, r := range pattern {
		switch r {
		case anyRun:
			pattern[i] = '*'
		case anyOne:
			pattern[i] = '?'
		}
	}
	return string(pattern), true
}

// evaluate asks a set of policies: one that denies outweighs all that allow.
//
// Source: "Policy evaluation logic", IAM user guide.
func (q *question) evaluate(documents []*document) verdict {
	result := silent
	for _, d := range documents {
		q.variables = d.variables
		for i := range d.statements {
			s := &d.statements[i]
			switch {
			case !s.applies(q):
			case s.deny:
				return denies
			default:
				result = allows
			}
		}
	}
	return result
}

// applies reports whether a statement speaks of the question, its principals
// aside.
func (s *statement) applies(q *question) bool {
	if !s.coversAction(q.action) || !s.coversResource(q) {
		return false
	}
	return !slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(q) })
}

func (s *statement) coversAction(action string) bool {
	action = strings.ToLower(action)
	covers := func(pattern string) bool { return matches(compile(strings.ToLower(pattern)), action) }
	if len(s.notActions) > 0 {
		return !slices.ContainsFunc(s.notActions, covers)
	}
	return slices.ContainsFunc(s.actions, covers)
}

// coversResource is true of a trust policy's statement, which names none: its
// resource is the role.
func (s *statement) coversResource(q *question) bool {
	covers := func(pattern string) bool {
		p, ok := q.pattern(pattern)
		return ok && matches(p, q.resource)
	}
	switch {
	case !s.hasResources:
		return true
	case len(s.notResources) > 0:
		return !slices.ContainsFunc(s.notResources, covers)
	}
	return slices.ContainsFunc(s.resources, covers)
}
