package account

import (
	"strings"
	"unicode/utf8"
)

// Wildcards in a compiled pattern. They are no characters, so what a policy
// variable stands for can never act as one.
const (
	anyRun rune = -1 // *: any number of characters, none included
	anyOne rune = -2 // ?: exactly one
)

// compile turns * and ? into wildcards.
func compile(pattern string) []rune {
	out := make([]rune, 0, len(pattern))
	for _, r := range pattern {
		out = append(out, wildcard(r))
	}
	return out
}

func wildcard(r rune) rune {
	switch r {
	case '*':
		return anyRun
	case '?':
		return anyOne
	}
	return r
}

// matches reports whether the whole of s fits the pattern.
func matches(pattern []rune, s string) bool {
	p, i := 0, 0
	star, resume := -1, 0
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case p < len(pattern) && pattern[p] == anyRun:
			star, resume = p, i
			p++
		case p < len(pattern) && (pattern[p] == anyOne || pattern[p] == r):
			p++
			i += size
		case star >= 0:
			_, size := utf8.DecodeRuneInString(s[resume:])
			resume += size
			i = resume
			p = star + 1
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == anyRun {
		p++
	}
	return p == len(pattern)
}

// expand replaces a pattern's policy variables by their values in this
// request, which match literally. It is false if one has no value and no
// default: a part of a policy that names such a variable matches nothing.
//
// Source: "IAM policy elements: Variables and tags", IAM user guide.
func (q *question) expand(pattern string) ([]rune, bool) {
	var out []rune
	for {
		before, rest, found := strings.Cut(pattern, "${")
		out = append(out, compile(before)...)
		if !found {
			return out, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return append(out, compile("${"+rest)...), true
		}
		value, ok := q.variable(name)
		if !ok {
			return nil, false
		}
		out = append(out, []rune(value)...)
		pattern = after
	}
}

// variable returns what ${name} stands for: one of the characters that have a
// meaning in patterns, or a condition key of this request with one value.
func (q *question) variable(name string) (string, bool) {
	switch name {
	case "*", "?", "$":
		return name, true
	}
	key, fallback, hasFallback := strings.Cut(name, ",")
	if values := q.values(strings.TrimSpace(key)); len(values) == 1 {
		return values[0], true
	}
	if !hasFallback {
		return "", false
	}
	return strings.Trim(strings.TrimSpace(fallback), "'"), true
}

// matchesARN compares two ARNs part by part, as the ARN operators do: a
// wildcard does not reach across the first five colons.
func matchesARN(pattern []rune, s string) bool {
	parts := strings.SplitN(s, ":", 6)
	patterns := splitARN(pattern)
	if len(parts) != 6 || len(patterns) != 6 {
		return false
	}
	for i := range parts {
		if !matches(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

func splitARN(pattern []rune) [][]rune {
	var parts [][]rune
	from := 0
	for i, r := range pattern {
		if r == ':' && len(parts) < 5 {
			parts = append(parts, pattern[from:i])
			from = i + 1
		}
	}
	return append(parts, pattern[from:])
}
