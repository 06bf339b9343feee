package query

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

func (d *disjunction) expr() (*Expr, error) { return join(Or, d.Terms, (*conjunction).expr) }

func (c *conjunction) expr() (*Expr, error) { return join(And, c.Terms, (*negation).expr) }

// join makes one node of several terms, or hands on the only one.
func join[T any](op Op, terms []T, build func(T) (*Expr, error)) (*Expr, error) {
	args := make([]*Expr, len(terms))
	for i, t := range terms {
		arg, err := build(t)
		if err != nil {
			return nil, err
		}
		args[i] = arg
	}
	if len(args) == 1 {
		return args[0], nil
	}
	return &Expr{Op: op, Args: args}, nil
}

func (n *negation) expr() (*Expr, error) {
	build := n.Test.expr
	if n.Group != nil {
		build = n.Group.expr
	}
	e, err := build()
	if err == nil && len(n.Nots)%2 == 1 {
		e = Negate(e)
	}
	return e, err
}

var comparisons = map[string]Op{
	"=": Equal, "!=": NotEqual, "<": Less, "<=": LessEqual, ">": Greater, ">=": GreaterEqual,
}

func (t *test) expr() (*Expr, error) {
	var e *Expr
	var err error
	switch {
	case t.Compare != "":
		e, err = t.comparison()
	case t.In != nil:
		e, err = t.membership()
	case t.Like != nil:
		e, err = t.likeness()
	default:
		return t.Left.truth()
	}
	if err == nil && t.Not {
		e = Negate(e)
	}
	return e, err
}

func (t *test) comparison() (*Expr, error) {
	left, err := t.Left.operand()
	if err != nil {
		return nil, err
	}
	right, err := t.Right.operandOrBool()
	if err != nil {
		return nil, err
	}
	if err := t.checkTimestamp(left, right); err != nil {
		return nil, err
	}
	return Compare(comparisons[t.Compare], left, right), nil
}

// checkTimestamp refuses to compare @timestamp, a number of milliseconds, with
// a date as text: it would compare without a complaint, and wrongly.
func (t *test) checkTimestamp(left, right Operand) error {
	for _, pair := range [][2]Operand{{left, right}, {right, left}} {
		s, isText := pair[1].Value.(string)
		if _, isNumber := parseNumber(s); pair[0].Path == "@timestamp" && isText && !isNumber {
			return problem(t.Right.Pos, "@timestamp is a number of milliseconds since 1970",
				"compare a time written as text with eventTime")
		}
	}
	return nil
}

func (t *test) membership() (*Expr, error) {
	left, err := t.Left.operand()
	if err != nil {
		return nil, err
	}
	items := make([]Operand, len(t.In.Items))
	for i, it := range t.In.Items {
		if items[i], err = it.operandOrBool(); err != nil {
			return nil, err
		}
	}
	return &Expr{Op: In, Left: left, Right: items}, nil
}

func (t *test) likeness() (*Expr, error) {
	left, err := t.Left.operand()
	if err != nil {
		return nil, err
	}
	if t.Like.String != nil {
		return Compare(Contains, left, Literal(unquote(*t.Like.String))), nil
	}
	src := *t.Like.Regex
	re, err := regexp.Compile(strings.ReplaceAll(src[1:len(src)-1], `\/`, `/`))
	if err != nil {
		return nil, problem(t.Like.Pos, "a regular expression that cannot be used: "+err.Error(),
			"regular expressions are RE2: no look-around, no back-references")
	}
	return &Expr{Op: Regexp, Left: left, Regexp: re}, nil
}

// tests are the functions that are conditions of their own.
var tests = map[string]Op{"ispresent": Present, "isempty": Empty, "isblank": Blank}

// truth is an operand that stands alone as a condition: only a function can.
func (o *operand) truth() (*Expr, error) {
	if o.Call == nil {
		e := problem(o.Pos, "a condition that compares nothing", "")
		e.Expected = expectOperator + " after it"
		return nil, e
	}
	op, ok := tests[strings.ToLower(o.Call.Name)]
	if !ok {
		call, err := o.operand()
		return &Expr{Op: True, Left: call}, err
	}
	if len(o.Call.Args) != 1 {
		return nil, o.wrongArguments("one field")
	}
	arg, err := o.Call.Args[0].operand()
	return &Expr{Op: op, Left: arg}, err
}

func (o *operand) operand() (Operand, error) {
	switch {
	case o.Path != nil:
		return Field(cleanPath(*o.Path)), nil
	case o.Number != nil:
		return literalNumber(*o.Number), nil
	case o.String != nil:
		return Literal(unquote(*o.String)), nil
	}
	name := strings.ToLower(o.Call.Name)
	if _, ok := tests[name]; ok {
		return Operand{}, problem(o.Pos, name+"() is a condition already", "use it without comparing it to anything")
	}
	if name != "strcontains" {
		e := problem(o.Pos, fmt.Sprintf("unknown function %q", o.Call.Name), "")
		e.Expected = "ispresent, isempty, isblank or strcontains"
		return Operand{}, e
	}
	if len(o.Call.Args) != 2 {
		return Operand{}, o.wrongArguments("a field and a text")
	}
	out := Operand{Func: name, Args: make([]Operand, 2)}
	for i, a := range o.Call.Args {
		arg, err := a.operand()
		if err != nil {
			return Operand{}, err
		}
		out.Args[i] = arg
	}
	return out, nil
}

// operandOrBool reads bare true and false as the values, on the right side.
func (o *operand) operandOrBool() (Operand, error) {
	if o.Path != nil {
		switch strings.ToLower(*o.Path) {
		case "true":
			return Literal(true), nil
		case "false":
			return Literal(false), nil
		}
	}
	return o.operand()
}

func (o *operand) wrongArguments(want string) error {
	e := problem(o.Pos, fmt.Sprintf("%s() with %d arguments", o.Call.Name, len(o.Call.Args)), "")
	e.Expected = want
	return e
}

func problem(at lexer.Position, text, hint string) *SyntaxError {
	return &SyntaxError{Line: at.Line, Column: at.Column, Problem: text, Hint: hint}
}

// literalNumber keeps a number as it was written where a float64 would not be
// the same number: account ids have 12 digits, but other ids have more.
func literalNumber(s string) Operand {
	n, ok := parseNumber(s)
	if !ok {
		return Literal(s)
	}
	return Literal(n)
}

// cleanPath takes the backticks off and writes indexes as ".0".
func cleanPath(s string) string {
	var b strings.Builder
	quoted := false
	for _, r := range s {
		switch {
		case r == '`':
			quoted = !quoted
		case r == '[' && !quoted:
			b.WriteByte('.')
		case r == ']' && !quoted:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unquote takes the quotes off. A backslash escapes a quote or a backslash;
// before anything else it stands for itself, so that "\d" is two characters.
func unquote(s string) string {
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`).Replace(s)
}
