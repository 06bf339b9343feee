package rules

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"cordon/investigate/query"
)

// A modifiers is what stands after a field's name: "field|contains|all".
type modifiers struct {
	kind     query.PatternKind
	kinds    int // how many modifiers set the kind
	all      bool
	cased    bool
	negated  bool
	re       bool
	reFlags  string
	cidr     bool
	exists   bool
	ordering bool
	fieldref bool
}

func parseModifiers(names []string) (modifiers, error) {
	var m modifiers
	for _, name := range names {
		switch name {
		case "contains":
			m.set(query.Part)
		case "startswith":
			m.set(query.Prefix)
		case "endswith":
			m.set(query.Suffix)
		case "re":
			m.set(query.Expression)
			m.re = true
		case "i", "m", "s":
			if !m.re {
				return m, fmt.Errorf("modifier %q without re before it", name)
			}
			m.reFlags += name
		case "cidr":
			m.set(query.Network)
			m.cidr = true
		case "exists":
			m.set(query.Exists)
			m.exists = true
		case "lt", "lte", "gt", "gte":
			m.set(orderings[name])
			m.ordering = true
		case "all":
			m.all = true
		case "cased":
			m.cased = true
		case "neq":
			m.negated = true
		case "fieldref":
			m.fieldref = true
		default:
			return m, fmt.Errorf("unknown modifier %q", name)
		}
	}
	if m.kinds > 1 || m.fieldref && m.kind != query.Exact && m.kind != query.Part {
		return m, fmt.Errorf("modifiers %q contradict each other", strings.Join(names, "|"))
	}
	return m, nil
}

var orderings = map[string]query.PatternKind{
	"lt": query.LessThan, "lte": query.AtMost, "gt": query.MoreThan, "gte": query.AtLeast,
}

func (m *modifiers) set(k query.PatternKind) { m.kind, m.kinds = k, m.kinds+1 }

func compileField(f entry) (*query.Expr, error) {
	parts := strings.Split(f.key, "|")
	name := parts[0]
	m, err := parseModifiers(parts[1:])
	if err != nil {
		return nil, err
	}
	values := items(f.value)
	if len(values) == 0 {
		return nil, errors.New("no value: nothing would match")
	}
	if name == "" {
		return compileKeywords(values, m)
	}
	if m.fieldref {
		return compileFieldref(name, values, m)
	}
	var patterns []query.Pattern
	var tests []*query.Expr
	for _, v := range values {
		p, negate, err := m.pattern(v)
		if err != nil {
			return nil, at(lineOf(v), err)
		}
		e := query.MatchesAny(name, p)
		if negate {
			e = query.Negate(e)
		}
		patterns, tests = append(patterns, p), append(tests, e)
	}
	var e *query.Expr
	switch {
	case m.all:
		e = oneOr(query.All, tests)
	case m.exists:
		e = oneOr(query.Any, tests)
	default:
		e = query.MatchesAny(name, patterns...)
	}
	if m.negated {
		e = query.Negate(e)
	}
	return e, nil
}

// compileKeywords is a mapping without a field name: "'|all': [a, b]".
func compileKeywords(values []ast.Node, m modifiers) (*query.Expr, error) {
	if m != (modifiers{all: m.all}) {
		return nil, errors.New("keywords take no modifier but all")
	}
	var words []*query.Expr
	for _, v := range values {
		e, err := compileKeyword(v)
		if err != nil {
			return nil, err
		}
		words = append(words, e)
	}
	if m.all {
		return oneOr(query.All, words), nil
	}
	return oneOr(query.Any, words), nil
}

// compileFieldref compares a field with other fields of the same event: whether
// it equals one of them or, with contains, has one's text in it. A field that
// the event lacks equals nothing.
func compileFieldref(name string, values []ast.Node, m modifiers) (*query.Expr, error) {
	op := query.Equal
	if m.kind == query.Part {
		op = query.Contains
	}
	var tests []*query.Expr
	for _, v := range values {
		other, err := scalarText(v)
		if err != nil || other == "" {
			return nil, errors.Join(errors.New("fieldref needs the name of a field"), err)
		}
		tests = append(tests, query.Compare(op, query.Field(name), query.Field(other)))
	}
	e := oneOr(query.Any, tests)
	if m.all {
		e = oneOr(query.All, tests)
	}
	if m.negated {
		e = query.Negate(e)
	}
	return e, nil
}

// pattern compiles one value; negate is true for "exists: false".
func (m *modifiers) pattern(n ast.Node) (p query.Pattern, negate bool, err error) {
	v, text, err := scalar(n)
	if err != nil {
		return p, false, err
	}
	p = query.Pattern{Kind: m.kind}
	switch {
	case m.exists:
		want, ok := v.(bool)
		if !ok {
			return p, false, fmt.Errorf("exists needs true or false, not %q", text)
		}
		return p, !want, nil
	case m.ordering:
		number, ok := v.(float64)
		if !ok {
			return p, false, fmt.Errorf("%q is not a number", text)
		}
		p.Number = number
		return p, false, nil
	case m.re:
		p.Regexp, err = compileRegexp(text, m.reFlags)
		return p, false, err
	case m.cidr:
		p.Prefix, err = netip.ParsePrefix(text)
		if err != nil {
			err = fmt.Errorf("%q is not a network like 192.0.2.0/24", text)
		}
		p.Prefix = p.Prefix.Masked()
		return p, false, err
	case v == nil:
		if m.kinds > 0 {
			return p, false, errors.New("null takes no such modifier")
		}
		p.Kind = query.Null
		return p, false, nil
	}
	return m.textPattern(text)
}

// textPattern compiles a value with Sigma's wildcards.
func (m *modifiers) textPattern(text string) (query.Pattern, bool, error) {
	if text == "" && m.kind != query.Exact {
		return query.Pattern{}, false, errors.New("an empty value here matches every value")
	}
	w := parseWildcards(text)
	if plain, ok := w.plain(); ok {
		return query.NewPattern(m.kind, plain, m.cased), false, nil
	}
	re, err := w.regexp(m.cased, m.kind)
	return query.Pattern{Kind: query.Expression, Regexp: re}, false, err
}

func compileRegexp(src, flags string) (*regexp.Regexp, error) {
	if len(src) > 4<<10 {
		return nil, fmt.Errorf("a regular expression of %d characters is too long", len(src))
	}
	if flags != "" {
		src = "(?" + flags + ")" + src
	}
	re, err := regexp.Compile(src)
	if err != nil {
		return nil, fmt.Errorf("regular expression that RE2 cannot use: %w", err)
	}
	return re, nil
}

func numberValue(text string) any {
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil {
		return text
	}
	return n
}
