package query

import (
	"encoding/json"
	"strconv"
	"strings"
)

// Text is a field's value as text: a string as it is, a number and a boolean as JSON
// writes them, a list or an object as its JSON.
func Text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	case nil:
		return ""
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // not a value that JSON has
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// isNumber reports whether a value is a number already, or the boolean that
// Logs Insights shows as 1 or 0.
func isNumber(v any) bool {
	switch v.(type) {
	case json.Number, float64, int64, int:
		return true
	}
	return false
}

// number reads a value as a number: numbers, text that is one, and booleans as
// 1 and 0.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case json.Number:
		return parseNumber(v.String())
	case string:
		return parseNumber(v)
	}
	return 0, false
}

// parseNumber reads decimal numbers alone: ParseFloat would also take "inf",
// "nan" and "0x1p-2", which are words in a log.
func parseNumber(s string) (float64, bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

func truthy(v any) bool {
	if s, ok := v.(string); ok {
		return strings.EqualFold(s, "true")
	}
	n, ok := number(v)
	return ok && n != 0
}

// fold is the one way in which this package ignores case.
func fold(s string) string { return strings.ToLower(s) }

// containsFold reports whether lower, in lower case already, is in s whatever
// the case of s. Where lower is ASCII, so is all that it can match.
func containsFold[T string | []byte](s T, lower string) bool {
	if lower == "" {
		return true
	}
	if !isASCII(lower) {
		return strings.Contains(fold(string(s)), lower)
	}
	first, last := lower[0], len(s)-len(lower)
	upper := first
	if 'a' <= first && first <= 'z' {
		upper = first - 'a' + 'A'
	}
	for i := 0; i <= last; i++ {
		if c := s[i]; (c == first || c == upper) && equalFoldASCII(s[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func equalFoldASCII[T string | []byte](s T, lower string) bool {
	for i := range len(lower) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
