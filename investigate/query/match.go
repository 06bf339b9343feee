package query

import (
	"cmp"
	"strings"
	"unicode"
)

// Match reports whether the expression holds for the event whose fields are f.
func (e *Expr) Match(f Fields) bool {
	switch e.Op {
	case And:
		for _, a := range e.Args {
			if !a.Match(f) {
				return false
			}
		}
		return true
	case Or:
		for _, a := range e.Args {
			if a.Match(f) {
				return true
			}
		}
		return false
	case Not:
		return !e.Args[0].Match(f)
	case Word:
		return hasWord(f, e.Text)
	case Matches:
		return e.matchPatterns(f)
	}
	return e.test(f)
}

// test evaluates the operators of Logs Insights on a leaf.
func (e *Expr) test(f Fields) bool {
	left, ok := e.Left.value(f)
	switch e.Op {
	case Present:
		return ok
	case Empty:
		return !ok || Text(left) == ""
	case Blank:
		return !ok || strings.TrimFunc(Text(left), unicode.IsSpace) == ""
	case NotEqual:
		right, rok := e.Right[0].value(f)
		return !ok || !rok || compare(left, right) != 0
	}
	if !ok {
		return false
	}
	switch e.Op {
	case In:
		for _, o := range e.Right {
			if right, rok := o.value(f); rok && compare(left, right) == 0 {
				return true
			}
		}
		return false
	case Regexp:
		return e.Regexp.MatchString(Text(left))
	case True:
		return truthy(left)
	}
	right, ok := e.Right[0].value(f)
	if !ok {
		return false
	}
	switch e.Op {
	case Contains:
		return strings.Contains(Text(left), Text(right))
	case Equal:
		return compare(left, right) == 0
	case Less:
		return compare(left, right) < 0
	case LessEqual:
		return compare(left, right) <= 0
	case Greater:
		return compare(left, right) > 0
	case GreaterEqual:
		return compare(left, right) >= 0
	}
	return false
}

// value is what an operand is for this event; ok is false for a field that is
// absent or null.
func (o Operand) value(f Fields) (value any, ok bool) {
	switch {
	case o.Func != "":
		return o.call(f)
	case o.Path != "":
		value, ok = f.Lookup(o.Path)
		return value, ok && value != nil
	}
	return o.Value, true
}

// call evaluates strcontains(string, searchValue), which the guide gives as 1
// if the string contains the value and 0 otherwise.
func (o Operand) call(f Fields) (any, bool) {
	whole, ok := o.Args[0].value(f)
	part, pok := o.Args[1].value(f)
	if ok && pok && strings.Contains(Text(whole), Text(part)) {
		return float64(1), true
	}
	return float64(0), true
}

// compare orders two values: as numbers if one of them is a number and both
// read as one, else as text, byte by byte.
func compare(a, b any) int {
	if isNumber(a) || isNumber(b) {
		x, xok := number(a)
		y, yok := number(b)
		if xok && yok {
			return cmp.Compare(x, y)
		}
	}
	return strings.Compare(Text(a), Text(b))
}

func hasWord(f Fields, word string) bool {
	if s, ok := f.(Searcher); ok {
		return s.Contains(word)
	}
	message, ok := f.Lookup("@message")
	return ok && containsFold(Text(message), word)
}
