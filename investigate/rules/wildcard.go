package rules

import (
	"regexp"
	"strings"

	"cordon/investigate/query"
)

// A wildcards is a Sigma value, split at its wildcards: text, or one of * and ?.
type wildcards []wildcard

type wildcard struct {
	text string
	any  byte // '*', '?' or 0 for text
}

// parseWildcards reads a value as "Escaping" in the Sigma Rules Specification
// has it: a backslash before *, ? or a backslash makes that a plain character;
// before anything else it is itself.
func parseWildcards(s string) wildcards {
	var w wildcards
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			w = append(w, wildcard{text: b.String()})
			b.Reset()
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`*?\`, s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case c == '*' || c == '?':
			flush()
			w = append(w, wildcard{any: c})
		default:
			b.WriteByte(c)
		}
	}
	flush()
	return w
}

// plain is the text of a value without wildcards.
func (w wildcards) plain() (string, bool) {
	switch {
	case len(w) == 0:
		return "", true
	case len(w) == 1 && w[0].any == 0:
		return w[0].text, true
	}
	return "", false
}

// regexp is the value as a regular expression, anchored as kind has it.
func (w wildcards) regexp(cased bool, kind query.PatternKind) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString("(?s")
	if !cased {
		b.WriteByte('i')
	}
	b.WriteByte(')')
	if kind == query.Exact || kind == query.Prefix {
		b.WriteByte('^')
	}
	for _, part := range w {
		switch part.any {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(part.text))
		}
	}
	if kind == query.Exact || kind == query.Suffix {
		b.WriteByte('$')
	}
	return compileRegexp(b.String(), "")
}
