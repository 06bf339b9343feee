package tui

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"cordon/investigate/clean"
)

// safe is text that may be painted. Untyped constants convert to it by
// themselves; anything that came from a log, an account, an error or a person
// is a string, and does not compile into a line unless it went through say.
type safe string

// say makes one line of any text safe to paint.
func say(s string) safe { return safe(clean.Line(s)) }

// sayf formats, and makes the whole safe: arguments need no cleaning before.
func sayf(format string, args ...any) safe { return say(fmt.Sprintf(format, args...)) }

// width is how many terminal cells the text takes.
func (s safe) width() int { return ansi.StringWidth(string(s)) }

// cut returns the text in at most w cells, with the mark at its end if
// anything was lost.
func (s safe) cut(w int, mark safe) safe {
	if w <= 0 {
		return ""
	}
	if s.width() <= w {
		return s
	}
	return safe(ansi.Truncate(string(s), w, string(mark)))
}

// cutLeft keeps the end of the text, where the telling part of a path or ARN
// is, in at most w cells.
func (s safe) cutLeft(w int, mark safe) safe {
	if w <= 0 {
		return ""
	}
	have := s.width()
	if have <= w {
		return s
	}
	kept := safe(ansi.TruncateLeft(string(s), have-w+mark.width(), ""))
	return (mark + kept).cut(w, "")
}

// cutMiddle keeps both ends of the text in at most w cells: names that a team
// gives begin alike and differ at their ends.
func (s safe) cutMiddle(w int, mark safe) safe {
	if s.width() <= w || w < 8 {
		return s.cut(w, mark)
	}
	head := (w - mark.width()) / 2
	return s.cut(head, "") + mark + s.cutLeft(w-mark.width()-head, "")
}

// spaces returns n blanks.
func spaces(n int) safe {
	if n <= 0 {
		return ""
	}
	return safe(strings.Repeat(" ", n))
}

// wrap breaks any text into lines of at most w cells, made safe first. Words
// longer than a line, such as ARNs, are broken where they must be.
func wrap(s string, w int) []safe {
	if w <= 0 {
		return nil
	}
	var out []safe
	for _, paragraph := range strings.Split(clean.Text(s), "\n") {
		paragraph = strings.ReplaceAll(paragraph, "\t", "    ")
		for _, l := range strings.Split(ansi.Wrap(paragraph, w, ""), "\n") {
			out = append(out, safe(strings.TrimRight(l, " ")))
		}
	}
	return out
}
