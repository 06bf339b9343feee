// Package clean makes text from outside fit to be seen: on a terminal, in a
// file, in a message.
//
// Everything in a log is written by whoever made the call, and names, documents
// and errors from an account are written by whoever may change it. Such text can
// move the cursor, write the clipboard, hide a word behind another, or reverse
// what a person reads. Matching needs values as they are, so they are cleaned
// not when they are read but at every face and export, by this package alone.
//
// What could act on a terminal, or cannot be seen, becomes an escape of plain
// ASCII in the manner of Go: \n, \r, \t, \x1b for control characters, \u202e or
// \U000e0041 for other characters, \xff for a byte that is not UTF-8. All else,
// in any script, stays as it is. Cleaning twice is cleaning once.
package clean

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one line that is safe in a terminal.
func Line(s string) string { return neutral(s, false) }

// Text is as Line, but keeps line feeds and tabs.
func Text(s string) string { return neutral(s, true) }

func neutral(s string, multiline bool) string {
	first := firstUnsafe(s, multiline)
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:first])
	for i := first; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unsafe(r, multiline):
			writeEscape(&b, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// firstUnsafe is the index of the first byte that cannot stay, -1 if all can.
func firstUnsafe(s string, multiline bool) int {
	for i := 0; i < len(s); {
		if c := s[i]; ' ' <= c && c < 0x7f {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || unsafe(r, multiline) {
			return i
		}
		i += size
	}
	return -1
}

func unsafe(r rune, multiline bool) bool {
	if multiline && (r == '\n' || r == '\t') {
		return false
	}
	return acts(r) || unseen(r)
}

// acts reports whether a character controls a terminal or the order of text:
// C0, DEL and C1 controls, line and paragraph separators, and all of the format
// characters, among which are bidi marks, zero-width ones, tags and the byte
// order mark. Source: general categories Cc, Zl, Zp and Cf of the Unicode
// Character Database.
func acts(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Cf)
}

// unseen reports whether a character has no appearance of its own, so that two
// names that differ in it look the same: the default ignorable code points, and
// variation selectors but for the two that emoji are written with.
func unseen(r rune) bool {
	const textStyle, emojiStyle, brailleBlank = 0xfe0e, 0xfe0f, 0x2800
	switch r {
	case textStyle, emojiStyle:
		return false
	case brailleBlank:
		return true
	}
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < 0x80:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}
