package query

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseLine parses what an operator types to narrow a list of events. An empty
// line holds for every event.
//
// The line is an expression, with ParseFilter's verdict on it, if outside of
// quotes it has one of = < >, or one of the words and, or, not, in, like, or the
// name of a function with its parenthesis. A line that was meant as an
// expression is thus never taken for words. Its fields must be those of a
// CloudTrail record, unless they stand in backticks.
//
// Every other line is plain words, and all of them must be somewhere in the
// event, whatever the case: `alice denied`. A word after ! must not be there:
// `alice !describe`. Quotes hold a phrase together, and make words of anything:
// `"a = b"`.
func ParseLine(src string) (*Expr, error) {
	if len(src) > maxLength || !utf8.ValidString(src) {
		_, err := tokenize(src)
		return nil, err
	}
	words, err := splitWords(src)
	if err != nil {
		return nil, err
	}
	if isExpression(words) {
		e, err := ParseFilter(src)
		if err != nil {
			return nil, hintWords(err)
		}
		return e, checkFields(src)
	}
	all := make([]*Expr, 0, len(words))
	for _, w := range words {
		e := HasWord(w.text)
		if w.inverted {
			e = Negate(e)
		}
		all = append(all, e)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return All(all...), nil
}

// A plainWord is one word or quoted phrase of a line.
type plainWord struct {
	text     string
	quoted   bool
	inverted bool
}

// splitWords splits a line at white space, keeping quoted phrases whole. A
// quote inside a word is part of the word.
func splitWords(src string) ([]plainWord, error) {
	var words []plainWord
	column := 1
	take := func(n int) string {
		part := src[:n]
		src = src[n:]
		column += utf8.RuneCountInString(part)
		return part
	}
	for {
		take(len(src) - len(strings.TrimLeftFunc(src, unicode.IsSpace)))
		if src == "" {
			return words, nil
		}
		start := column
		var w plainWord
		if strings.HasPrefix(src, "!") && !strings.HasPrefix(src, "!=") {
			w.inverted = true
			take(1)
		}
		if src != "" && (src[0] == '"' || src[0] == '\'') {
			end := closingQuote(src)
			if end < 0 {
				return nil, &SyntaxError{Line: 1, Column: start, Problem: "text in quotes that are not closed"}
			}
			w.quoted = true
			w.text = unquote(take(end + 1))
		} else {
			end := strings.IndexFunc(src, unicode.IsSpace)
			if end < 0 {
				end = len(src)
			}
			w.text = take(end)
		}
		if w.text == "" && (w.inverted || w.quoted) {
			return nil, &SyntaxError{Line: 1, Column: start, Problem: "no word here", Expected: "a word to look for"}
		}
		words = append(words, w)
	}
}

// closingQuote is the index of the quote that closes the one src starts with,
// or -1.
func closingQuote(src string) int {
	for i := 1; i < len(src); i++ {
		switch src[i] {
		case '\\':
			i++
		case src[0]:
			return i
		}
	}
	return -1
}

func isExpression(words []plainWord) bool {
	for _, w := range words {
		if w.quoted {
			continue
		}
		word := strings.ToLower(strings.Trim(w.text, "()[],"))
		if keywords[word] || strings.ContainsAny(w.text, "=<>") || callsFunction(w.text) {
			return true
		}
	}
	return false
}

func callsFunction(word string) bool {
	name, _, ok := strings.Cut(strings.ToLower(strings.TrimLeft(word, "(")), "(")
	_, known := tests[name]
	return ok && (known || name == "strcontains")
}

// hintWords says how to look for the words of a line that is no expression.
func hintWords(err error) error {
	var e *SyntaxError
	if !errors.As(err, &e) {
		return err
	}
	hint := `to look for words like and, in or = in the events, put them in "quotes"`
	if e.Hint != "" {
		hint = fmt.Sprintf("%s; %s", e.Hint, hint)
	}
	with := *e
	with.Hint = hint
	return &with
}
