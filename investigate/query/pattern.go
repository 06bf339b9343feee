package query

import (
	"net/netip"
	"regexp"
	"strings"
)

// A Pattern is one value of a Sigma detection: what a field's value must be.
// Patterns ignore case unless Cased is set.
type Pattern struct {
	Kind  PatternKind
	Text  string // Exact, Prefix, Suffix, Part: in lower case unless Cased
	Cased bool
	// Number is what the value is compared with by the ordering kinds.
	Number float64
	Regexp *regexp.Regexp // Pattern: wildcards and regular expressions
	Prefix netip.Prefix   // Network
}

// PatternKind says how a Pattern compares.
type PatternKind uint8

// The kinds of pattern, with the Sigma modifier that makes each.
const (
	Exact      PatternKind = iota // none
	Prefix                        // startswith
	Suffix                        // endswith
	Part                          // contains
	Expression                    // re, and wildcards inside a value
	Network                       // cidr
	Null                          // the value null: absent, or JSON null
	Exists                        // exists: true
	LessThan                      // lt
	AtMost                        // lte
	MoreThan                      // gt
	AtLeast                       // gte
)

// NewPattern makes a pattern of one of the textual kinds.
func NewPattern(kind PatternKind, value string, cased bool) Pattern {
	if !cased {
		value = fold(value)
	}
	return Pattern{Kind: kind, Text: value, Cased: cased}
}

// matchPatterns reads the field as Sigma does: a list matches if one of its
// elements does. An object matches as its JSON does; contains and wildcards also
// look at each value inside it, so that the text of a policy document is found
// without the escapes of JSON.
func (e *Expr) matchPatterns(f Fields) bool {
	v, ok := lookupAny(f, e.Left.Path)
	for i := range e.Patterns {
		if e.Patterns[i].matches(v, ok) {
			return true
		}
	}
	return false
}

// A Spreader is what Fields may have besides, for Sigma's field names, which
// have no indexes: Spread answers a path that runs through lists, with the
// values found in every element as one list.
type Spreader interface {
	Spread(path string) (value any, ok bool)
}

func lookupAny(f Fields, path string) (any, bool) {
	if s, ok := f.(Spreader); ok {
		return s.Spread(path)
	}
	return f.Lookup(path)
}

func (p *Pattern) matches(v any, ok bool) bool {
	absent := !ok || v == nil
	switch p.Kind {
	case Null:
		return absent
	case Exists:
		return ok
	}
	if absent {
		return false
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if p.matches(item, true) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, item := range v {
			if (p.Kind == Part || p.Kind == Expression) && p.matches(item, true) {
				return true
			}
		}
	}
	return p.matchesOne(v)
}

func (p *Pattern) matchesOne(v any) bool {
	switch p.Kind {
	case LessThan, AtMost, MoreThan, AtLeast:
		n, ok := number(v)
		return ok && p.orders(n)
	}
	s := Text(v)
	switch p.Kind {
	case Exact:
		if p.Cased {
			return s == p.Text
		}
		return len(s) == len(p.Text) && isASCII(s) && equalFoldASCII(s, p.Text) || strings.EqualFold(s, p.Text)
	case Prefix:
		return p.prefixOf(s)
	case Suffix:
		return strings.HasSuffix(p.cased(s), p.Text)
	case Part:
		if p.Cased {
			return strings.Contains(s, p.Text)
		}
		return containsFold(s, p.Text)
	case Expression:
		return p.Regexp.MatchString(s)
	case Network:
		addr, err := netip.ParseAddr(s)
		return err == nil && p.Prefix.Contains(addr.Unmap())
	}
	return false
}

// prefixOf is strings.HasPrefix without an allocation for the usual text: it
// is asked of every event's name.
func (p *Pattern) prefixOf(s string) bool {
	if n := len(p.Text); !p.Cased && len(s) >= n && isASCII(s[:n]) {
		return equalFoldASCII(s[:n], p.Text)
	}
	return strings.HasPrefix(p.cased(s), p.Text)
}

func (p *Pattern) cased(s string) string {
	if p.Cased {
		return s
	}
	return fold(s)
}

func (p *Pattern) orders(n float64) bool {
	switch p.Kind {
	case LessThan:
		return n < p.Number
	case AtMost:
		return n <= p.Number
	case MoreThan:
		return n > p.Number
	}
	return n >= p.Number
}
