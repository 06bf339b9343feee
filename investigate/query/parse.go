package query

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// A SyntaxError says where an expression went wrong and what would have been
// right there. Line and Column start at 1; columns count characters. It quotes
// the source, so it goes through package clean before a person sees it.
type SyntaxError struct {
	Line, Column int
	Found        string // what stood there; empty if Problem says it all
	Expected     string // what could have stood there; may be empty
	Problem      string // what is wrong, where it is not what was found
	Hint         string // what to do about it; may be empty
}

// Error is "line 1, column 5: found "x", expected ...".
func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d, column %d: ", e.Line, e.Column)
	if e.Problem != "" {
		b.WriteString(e.Problem)
	} else {
		fmt.Fprintf(&b, "found %s", e.Found)
	}
	if e.Expected != "" {
		b.WriteString(", expected " + e.Expected)
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// ParseFilter parses what stands after "filter" in a CloudWatch Logs Insights
// query. Every error is a *SyntaxError.
//
//	= != < <= > >=          field, "text", 'text', number, true, false
//	in [..]   not in [..]
//	like "part"   like /re/   =~ /re/   not like ...
//	and  or  not  ( )       keywords in any case
//	ispresent(f) isempty(f) isblank(f) strcontains(f, "part")
//
// Fields are dotted paths (userIdentity.sessionContext.attributes.mfaAuthenticated)
// with indexes (items.0.name or items[0].name); other characters need backticks.
func ParseFilter(src string) (*Expr, error) {
	toks, err := tokenize(src)
	if err != nil {
		return nil, err
	}
	if len(toks) == 0 {
		return nil, &SyntaxError{Line: 1, Column: 1, Found: "nothing", Expected: expectOperand}
	}
	if err := checkNesting(toks); err != nil {
		return nil, err
	}
	tree, err := insights().parser.ParseString("", src)
	if err != nil {
		return nil, syntaxError(err, toks)
	}
	return tree.expr()
}

// A token is one lexeme with the kind that the grammar calls it by.
type token struct {
	lexer.Token
	kind string
}

// tokenize splits src, without spaces and comments.
func tokenize(src string) ([]token, error) {
	if len(src) > maxLength {
		return nil, &SyntaxError{
			Line: 1, Column: 1,
			Problem: fmt.Sprintf("an expression of %d bytes is too long: at most %d", len(src), maxLength),
		}
	}
	if !utf8.ValidString(src) {
		return nil, &SyntaxError{Line: 1, Column: 1, Problem: "the text is not valid UTF-8"}
	}
	lang := insights()
	all, err := lang.parser.Lex("", strings.NewReader(src))
	if err != nil {
		return nil, lexError(err, src)
	}
	var toks []token
	for _, t := range all {
		if t.EOF() {
			break
		}
		if kind := lang.kinds[t.Type]; kind != "space" && kind != "comment" {
			toks = append(toks, token{Token: t, kind: kind})
		}
	}
	return toks, nil
}

// checkNesting keeps hostile input from the parser's stack.
func checkNesting(toks []token) error {
	depth := 0
	for _, t := range toks {
		switch t.Value {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth > maxNesting {
			return &SyntaxError{
				Line: t.Pos.Line, Column: t.Pos.Column,
				Problem: fmt.Sprintf("more than %d parentheses inside each other", maxNesting),
			}
		}
	}
	return nil
}

// lexError names what the tokens have no rule for.
func lexError(err error, src string) error {
	var at lexer.Position
	var perr participle.Error
	if errors.As(err, &perr) {
		at = perr.Position()
	}
	e := &SyntaxError{Line: at.Line, Column: at.Column}
	rest := src[min(at.Offset, len(src)):]
	r, _ := utf8.DecodeRuneInString(rest)
	switch r {
	case '"', '\'':
		e.Problem = "text in quotes that are not closed"
	case '/':
		e.Problem = "a regular expression that is not closed by /"
	case '`':
		e.Problem = "a field name in backticks that are not closed"
	case '|':
		e.Found, e.Expected = `"|"`, "only the condition of one filter, without further commands"
	case '&':
		e.Found, e.Hint = `"&"`, "write and"
	case '!':
		e.Found, e.Hint = `"!"`, "write not, or != between a field and a value"
	default:
		e.Found, e.Hint = fmt.Sprintf("%q", r), "a field name with such characters needs `backticks`, text needs \"quotes\""
	}
	return e
}

// What may stand at a place, by what stands before it.
const (
	expectOperand  = "a field, a function or ("
	expectOperator = "an operator (= != < <= > >= =~ like in)"
	expectValue    = `a value ("text", a number or a field)`
	expectPattern  = `"text" or a /regular expression/`
	expectEnd      = "and, or or the end"
	expectComma    = ", or ]"
)

// syntaxError turns the parser's complaint into the place, what stands there
// and what could have stood there.
func syntaxError(err error, toks []token) error {
	var perr participle.Error
	if !errors.As(err, &perr) {
		return &SyntaxError{Line: 1, Column: 1, Problem: err.Error()}
	}
	at := perr.Position()
	i := 0
	for i < len(toks) && toks[i].Pos.Offset < at.Offset {
		i++
	}
	// The parser goes back to a comma that was right, when what follows is not.
	if i > 0 && i < len(toks) && toks[i].Value == "," && expectedAfter(toks[:i]) == expectComma {
		i++
	}
	e := &SyntaxError{Line: at.Line, Column: at.Column, Found: "the end"}
	if i < len(toks) {
		e.Found = fmt.Sprintf("%q", toks[i].Value)
		e.Line, e.Column = toks[i].Pos.Line, toks[i].Pos.Column
	}
	e.Expected = expectedAfter(toks[:i])
	return e
}

func expectedAfter(before []token) string {
	if len(before) == 0 {
		return expectOperand
	}
	last := before[len(before)-1]
	switch {
	case last.Value == "in":
		return "a list in [brackets]"
	case last.Value == "like", last.Value == "=~":
		return expectPattern
	case last.Value == "not" && followsOperand(before):
		return "in or like"
	case last.kind == "Keyword":
		return expectOperand
	case last.kind == "Compare":
		return expectValue
	case openBracket(before) == "[":
		if last.Value == "[" || last.Value == "," {
			return `"text" or a number`
		}
		return expectComma
	case last.Value == "(":
		return expectOperand
	case last.kind == "Regex", last.Value == "]", endsTest(before):
		if openBracket(before) == "(" {
			return "and, or or )"
		}
		return expectEnd
	case last.Value == ")":
		return "an operator, and, or or the end"
	}
	return expectOperator
}

// followsOperand reports whether the token before the last could be the left
// side of a test.
func followsOperand(before []token) bool {
	if len(before) < 2 {
		return false
	}
	prev := before[len(before)-2]
	return prev.kind == "Path" || prev.kind == "String" || prev.kind == "Number" || prev.Value == ")"
}

// openBracket is the innermost bracket not yet closed.
func openBracket(before []token) string {
	var open []string
	for _, t := range before {
		switch t.Value {
		case "(", "[":
			open = append(open, t.Value)
		case ")", "]":
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	if len(open) == 0 {
		return ""
	}
	return open[len(open)-1]
}

// endsTest reports whether the last token is the right side of a test.
func endsTest(before []token) bool {
	if len(before) < 2 {
		return false
	}
	prev := before[len(before)-2]
	return prev.kind == "Compare" || prev.Value == "like"
}
