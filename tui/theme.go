package tui

import (
	"strings"

	"charm.land/lipgloss/v2"

	"cordon/investigate/event"
)

// style names what a span means; the theme decides how that looks. Whatever a
// style says is also said by a word or a symbol, so that it survives NO_COLOR,
// a colour-blind reader and a screen reader.
type style uint8

const (
	normal style = iota
	dim
	strong
	accent   // names of screens, the brand
	good     // done, complete, held
	caution  // partial, warnings
	bad      // failed, refused, errors
	critical // levels
	high
	medium
	low
	info
	badge   // READ-ONLY, EXERCISE
	picked  // the selected row
	input   // what a person types
	keycap  // a key in the footer
	nStyles // how many there are
)

// glyphs are the marks that differ between Unicode and ASCII terminals.
type glyphs struct {
	more, crumb, pick, caret                   safe
	rule, side, corner1, corner2               safe
	corner3, corner4, left, right              safe
	up, down, bullet, check, cross             safe
	dot, pending, warn, scroll                 safe
	critical, high, medium, low, informational safe
}

var unicodeGlyphs = glyphs{
	more: "…", crumb: " › ", pick: "▸", caret: "❯",
	rule: "─", side: "│", corner1: "╭", corner2: "╮", corner3: "╰", corner4: "╯", left: "├", right: "┤",
	up: "↑", down: "↓", bullet: "•", check: "✓", cross: "✗",
	dot: " · ", pending: "○", warn: "▲", scroll: "┃",
	critical: "◆", high: "▲", medium: "●", low: "○", informational: "·",
}

var asciiGlyphs = glyphs{
	more: "~", crumb: " > ", pick: ">", caret: ">",
	rule: "-", side: "|", corner1: "+", corner2: "+", corner3: "+", corner4: "+", left: "+", right: "+",
	up: "^", down: "v", bullet: "*", check: "v", cross: "x",
	dot: " | ", pending: "o", warn: "!", scroll: "#",
	critical: "#", high: "!", medium: "*", low: "-", informational: ".",
}

// theme paints lines: the only place of the package where text becomes escape
// sequences.
type theme struct {
	glyphs
	ascii  bool
	styles [nStyles]lipgloss.Style
}

// newTheme returns a theme of the terminal's own 16 colours, which its owner
// has already chosen for their eyes, and never a painted background.
func newTheme(ascii, noColor bool) theme {
	th := theme{glyphs: unicodeGlyphs, ascii: ascii}
	if ascii {
		th.glyphs = asciiGlyphs
	}
	plain := lipgloss.NewStyle().Inline(true)
	for i := range th.styles {
		th.styles[i] = plain
	}
	th.styles[dim] = plain.Faint(true)
	th.styles[info] = plain.Faint(true)
	th.styles[strong] = plain.Bold(true)
	th.styles[accent] = plain.Bold(true)
	th.styles[good] = plain
	th.styles[caution] = plain.Bold(true)
	th.styles[bad] = plain.Bold(true)
	th.styles[critical] = plain.Bold(true)
	th.styles[high] = plain.Bold(true)
	th.styles[badge] = plain.Bold(true).Reverse(true)
	th.styles[picked] = plain.Bold(true)
	th.styles[input] = plain.Underline(true)
	th.styles[keycap] = plain.Bold(true)
	if noColor {
		return th
	}
	// Not bright black for what matters less: several palettes make that the
	// background's own colour. Faint is at worst not shown.
	for st, c := range map[style]string{
		accent: "6", good: "2", caution: "3", bad: "1", critical: "1", high: "1",
		medium: "3", low: "4", badge: "3", picked: "6", keycap: "6",
	} {
		th.styles[st] = th.styles[st].Foreground(lipgloss.Color(c))
	}
	return th
}

// paint turns lines into what the terminal gets.
func (th *theme) paint(lines []line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, s := range l {
			switch {
			case s.text == "":
			case s.style == normal:
				b.WriteString(string(s.text))
			default:
				b.WriteString(th.styles[s.style].Render(string(s.text)))
			}
		}
	}
	return b.String()
}

// level returns the mark, the word and the style of a level.
func (th *theme) level(l event.Level) (mark, word safe, st style) {
	switch l {
	case event.Critical:
		return th.critical, "critical", critical
	case event.High:
		return th.high, "high", high
	case event.Medium:
		return th.medium, "medium", medium
	case event.Low:
		return th.low, "low", low
	case event.Informational:
		return th.informational, "info", info
	}
	return " ", safe("none"), dim
}

// ruled is a horizontal rule of w cells with text set into it on both sides.
func (th *theme) ruled(left, right line, w int) line {
	out := in(dim, th.rule+th.rule+" ")
	out = append(out, left...)
	end := line{}
	if right.width() > 0 {
		end = append(append(in(dim, " "), right...), span{text: " " + th.rule + th.rule, style: dim})
	}
	room := w - end.width()
	out = append(out, span{text: " "})
	out = out.head(room, th.more)
	out = out.and(dim, th.repeat(th.rule, room-out.width()))
	return append(out, end...).head(w, th.more)
}

// repeat returns n copies of a one-cell mark.
func (th *theme) repeat(mark safe, n int) safe {
	if n <= 0 {
		return ""
	}
	return safe(strings.Repeat(string(mark), n))
}

// levels are all of them, worst first.
var levels = []event.Level{event.Critical, event.High, event.Medium, event.Low, event.Informational}
