package rules

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"cordon/investigate/query"
)

// A lineError is what is wrong with a rule, and in which line of its file.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string { return e.err.Error() }
func (e *lineError) Unwrap() error { return e.err }

func at(line int, err error) error {
	var le *lineError
	if err == nil || errors.As(err, &le) {
		return err
	}
	return &lineError{line, err}
}

// compileDetection makes a predicate of a rule's detection.
func compileDetection(n ast.Node) (*query.Expr, error) {
	parts, err := entries(n)
	if err != nil {
		return nil, at(lineOf(n), fmt.Errorf("detection: %w", err))
	}
	var selections []selection
	var conditions []entry
	for _, p := range parts {
		switch p.key {
		case "condition":
			conditions = append(conditions, p)
		case "timeframe":
			return nil, at(p.line, errors.New("timeframe is of an older Sigma; use a correlation"))
		default:
			e, err := compileSelection(p.value)
			if err != nil {
				return nil, at(p.line, fmt.Errorf("selection %q: %w", p.key, err))
			}
			selections = append(selections, selection{p.key, e})
		}
	}
	if len(conditions) != 1 {
		return nil, at(lineOf(n), fmt.Errorf("detection has %d conditions, and needs one", len(conditions)))
	}
	e, err := compileConditions(conditions[0], selections)
	return e, at(conditions[0].line, err)
}

// compileConditions joins the conditions of a list by "or", as Sigma has it.
func compileConditions(c entry, selections []selection) (*query.Expr, error) {
	var alternatives []*query.Expr
	for _, n := range items(c.value) {
		text, err := scalarText(n)
		if err != nil {
			return nil, fmt.Errorf("condition: %w", err)
		}
		e, err := compileCondition(text, selections)
		if err != nil {
			return nil, err
		}
		alternatives = append(alternatives, e)
	}
	if len(alternatives) == 0 {
		return nil, errors.New("condition is empty")
	}
	return cheapFirst(oneOr(query.Any, alternatives)), nil
}

var errEmpty = errors.New("empty: every event would match")

// compileSelection compiles a mapping (all of its fields), a list of mappings
// (one of them) or keywords (one of them).
func compileSelection(n ast.Node) (*query.Expr, error) {
	if isMapping(n) {
		return compileMapping(n)
	}
	if !isSequence(n) {
		return compileKeyword(n)
	}
	var alternatives []*query.Expr
	for _, item := range items(n) {
		compile := compileKeyword
		if isMapping(item) {
			compile = compileMapping
		}
		e, err := compile(item)
		if err != nil {
			return nil, at(lineOf(item), err)
		}
		alternatives = append(alternatives, e)
	}
	if len(alternatives) == 0 {
		return nil, errEmpty
	}
	return oneOr(query.Any, alternatives), nil
}

func compileMapping(n ast.Node) (*query.Expr, error) {
	fields, err := entries(n)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, errEmpty
	}
	var tests []*query.Expr
	for _, f := range fields {
		e, err := compileField(f)
		if err != nil {
			return nil, at(f.line, fmt.Errorf("field %q: %w", f.key, err))
		}
		tests = append(tests, e)
	}
	return oneOr(query.All, tests), nil
}

// compileKeyword looks for a value anywhere in the event.
func compileKeyword(n ast.Node) (*query.Expr, error) {
	v, text, err := scalar(n)
	if err != nil {
		return nil, err
	}
	if v == nil || strings.Trim(text, "*") == "" {
		return nil, errEmpty
	}
	w := parseWildcards(text)
	if plain, ok := w.plain(); ok {
		return query.HasWord(plain), nil
	}
	re, err := w.regexp(false, query.Part)
	if err != nil {
		return nil, err
	}
	return query.MatchesAny("@message", query.Pattern{Kind: query.Expression, Regexp: re}), nil
}

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

// cheapFirst orders what is joined by "and" or "or" so that tests which need the
// event's JSON come last. The order does not matter to the result.
func cheapFirst(e *query.Expr) *query.Expr {
	if len(e.Args) == 0 {
		return e
	}
	sorted := *e
	sorted.Args = make([]*query.Expr, len(e.Args))
	for i, a := range e.Args {
		sorted.Args[i] = cheapFirst(a)
	}
	slices.SortStableFunc(sorted.Args, func(a, b *query.Expr) int { return cost(a) - cost(b) })
	return &sorted
}

// cost is 0 for typed fields alone, 1 for plain words, 2 for the JSON.
func cost(e *query.Expr) int {
	for _, path := range e.Columns() {
		if !query.Typed(path) {
			return 2
		}
	}
	if len(e.Words()) > 0 {
		return 1
	}
	return 0
}

func numberValue(text string) any {
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	if err != nil {
		return text
	}
	return n
}
