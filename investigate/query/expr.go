// Package query holds the project's one predicate: an expression over the
// fields of an event. An operator's filter line, the filter of a CloudWatch
// Logs Insights query and the detections of Sigma rules all become an Expr, and
// there is one evaluator for all of them.
//
// Rules of the package:
//
//   - An Expr is a tree of data. It is never changed after it was built, so any
//     number of goroutines may match with it.
//   - Values are compared as the log has them; nothing here is fit to be shown.
//   - Regular expressions are RE2 (package regexp), so no expression can hang on
//     an event. The length and the nesting of an expression are limited before
//     it is parsed.
//   - What is not understood is an error that names its line and column, never
//     skipped.
//
// Logs Insights semantics, after "filter" and "Boolean, comparison, numeric,
// datetime, and other functions" in the CloudWatch Logs user guide: = != < <= >
// >= take all data types; "like" with a string is a substring test and "like" or
// "=~" with /.../ a regular expression, all three case-sensitive; the examples
// compare the text field accountId with a bare number, so text that reads as a
// number equals that number. The guide does not say what a comparison with a
// field that the event lacks gives. Here such a field, and one that is JSON
// null, equals nothing and is neither less nor greater than anything. The
// negations !=, "not in" and "not like" are therefore true of it: a filter that
// excludes something never hides an event that lacks the field.
package query

import (
	"regexp"
	"slices"
)

// Fields is what an expression reads of one event. Lookup answers a dotted path
// with array indexes ("requestParameters.items.0.name"); ok is false where the
// event has no such field. Values are those of encoding/json, with json.Number
// or any Go number for numbers.
//
// Two paths have a meaning of their own, as in Logs Insights: "@message" is the
// record's JSON text and "@timestamp" the milliseconds since 1970.
type Fields interface {
	Lookup(path string) (value any, ok bool)
}

// Searcher is what Fields may have besides, to answer plain words without the
// whole text: Contains reports whether word, which is in lower case already, is
// anywhere in the event, whatever its case there. Without it, plain words are
// looked for in "@message".
type Searcher interface {
	Contains(word string) bool
}

// Op says what a node of an expression does.
type Op uint8

// The operators. The comment names the parts of Expr that each one reads.
const (
	And          Op = iota // Args: all hold; true of none
	Or                     // Args: one holds; false of none
	Not                    // Args[0] does not hold
	Equal                  // Left, Right[0]
	NotEqual               // Left, Right[0]
	Less                   // Left, Right[0]
	LessEqual              // Left, Right[0]
	Greater                // Left, Right[0]
	GreaterEqual           // Left, Right[0]
	In                     // Left equals one of Right
	Contains               // Left has the text Right[0] in it
	Regexp                 // Left matches Regexp
	True                   // Left is true, or a number that is not 0
	Present                // Left exists
	Empty                  // Left is absent or ""
	Blank                  // Left is absent or only white space
	Word                   // Text, in lower case, is anywhere in the event
	Matches                // Left matches one of Patterns, as Sigma defines it
)

// An Expr is a predicate over one event: a tree of data, read-only once built.
// Its zero value is true of every event.
type Expr struct {
	Op       Op
	Args     []*Expr
	Left     Operand
	Right    []Operand
	Regexp   *regexp.Regexp
	Text     string
	Patterns []Pattern
}

// An Operand is one side of a comparison: a function's result if Func is set,
// else a field if Path is set, else the literal Value (string, float64 or bool).
type Operand struct {
	Path  string
	Func  string // "strcontains"
	Args  []Operand
	Value any
}

// Field is the operand that reads the field at path.
func Field(path string) Operand { return Operand{Path: path} }

// Literal is the operand that is value itself: a string, float64 or bool.
func Literal(value any) Operand { return Operand{Value: value} }

// All holds where every one of args does; with none it holds always.
func All(args ...*Expr) *Expr { return &Expr{Op: And, Args: args} }

// Any holds where one of args does; with none it never holds.
func Any(args ...*Expr) *Expr { return &Expr{Op: Or, Args: args} }

// Negate holds where arg does not.
func Negate(arg *Expr) *Expr { return &Expr{Op: Not, Args: []*Expr{arg}} }

// Compare compares two operands; op is one of Equal to GreaterEqual.
func Compare(op Op, left, right Operand) *Expr {
	return &Expr{Op: op, Left: left, Right: []Operand{right}}
}

// HasWord holds where text is anywhere in the event, whatever its case.
func HasWord(text string) *Expr { return &Expr{Op: Word, Text: fold(text)} }

// MatchesAny holds where the field at path, or one element of it if it is a
// list, matches one of the patterns.
func MatchesAny(path string, patterns ...Pattern) *Expr {
	return &Expr{Op: Matches, Left: Field(path), Patterns: patterns}
}

// Columns returns the paths that the expression reads, sorted, each once.
// Plain words read none: see Words.
func (e *Expr) Columns() []string {
	var paths []string
	e.walk(func(n *Expr) {
		paths = n.Left.appendPaths(paths)
		for _, o := range n.Right {
			paths = o.appendPaths(paths)
		}
	})
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Words returns the plain words that the expression looks for anywhere in an
// event, in lower case.
func (e *Expr) Words() []string {
	var words []string
	e.walk(func(n *Expr) {
		if n.Op == Word {
			words = append(words, n.Text)
		}
	})
	return words
}

func (e *Expr) walk(visit func(*Expr)) {
	visit(e)
	for _, a := range e.Args {
		a.walk(visit)
	}
}

func (o Operand) appendPaths(paths []string) []string {
	if o.Path != "" {
		paths = append(paths, o.Path)
	}
	for _, a := range o.Args {
		paths = a.appendPaths(paths)
	}
	return paths
}
