package rules

import (
	"errors"
	"fmt"
	"slices"
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
