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
	s, lost := s.clip(w)
	if lost {
		s += mark + mark
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
	if most := 64 * (w + 1); len(s) > most {
		s = mark + mark + safe(strings.ToValidUTF8(string(s[len(s)-most:]), ""))
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
	if w < 8 || len(s) <= 64*(w+1) && s.width() <= w {
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

// wrap breaks any text into lines of at most w cells, made safe first. It breaks
// at blanks alone, so that flags, ARNs and Regions stay whole; only a word longer
// than a line is broken where it must be.
func wrap(s string, w int) []safe {
	if w <= 0 {
		return nil
	}
	var out []safe
	for _, paragraph := range strings.Split(clean.Text(s), "\n") {
		out = append(out, wrapLine(strings.ReplaceAll(paragraph, "\t", "    "), w)...)
	}
	return out
}

func wrapLine(s string, w int) []safe {
	var out []safe
	body := strings.TrimLeft(s, " ")
	line := spaces(min(len(s)-len(body), w/2))
	used := line.width()
	for blanks := 0; body != ""; {
		word, rest, _ := strings.Cut(body, " ")
		have := ansi.StringWidth(word)
		if blanks > 0 && used+blanks+have <= w {
			line += spaces(blanks)
			used += blanks
		} else if used+have > w || blanks > 0 {
			if strings.TrimLeft(string(line), " ") != "" {
				out = append(out, line)
			}
			line, used = "", 0
		}
		parts := []string{word}
		if have > w {
			parts = strings.Split(ansi.Hardwrap(word, w, true), "\n")
		}
		for _, p := range parts[:len(parts)-1] {
			out = append(out, safe(p).cut(w, ""))
		}
		end := safe(parts[len(parts)-1]).cut(w, "")
		line += end
		used += end.width()
		body = strings.TrimLeft(rest, " ")
		blanks = 1 + len(rest) - len(body)
	}
	return append(out, line)
}

// clip bounds what has to be measured: w cells never take more bytes than this,
// and a field of a log may hold megabytes. lost says that something went.
func (s safe) clip(w int) (head safe, lost bool) {
	most := 64 * (w + 1)
	if len(s) <= most {
		return s, false
	}
	return safe(strings.ToValidUTF8(string(s[:most]), "")), true
}
