package tui

// A span is text in one style.
type span struct {
	text  safe
	style style
}

// A line is one row of the screen, built of spans. Styles become escape
// sequences only when the whole screen is painted, so lines can be measured,
// cut and laid over each other without counting escape sequences.
type line []span

// plain is a line of unstyled text.
func plain(s safe) line { return line{{text: s}} }

// in is a line of text in one style.
func in(st style, s safe) line { return line{{text: s, style: st}} }

// and returns the line with more after it.
func (l line) and(st style, s safe) line { return append(l, span{text: s, style: st}) }

// width is how many terminal cells the line takes.
func (l line) width() int {
	w := 0
	for _, s := range l {
		w += s.text.width()
	}
	return w
}

// head returns the first w cells of the line, with the mark as the last of
// them if anything was lost.
func (l line) head(w int, mark safe) line {
	if l.width() <= w {
		return l
	}
	var out line
	for _, s := range l {
		have := s.text.width()
		// A span that ends exactly at the edge has to make room for the mark,
		// because something after it is lost.
		if have >= w {
			return append(out, span{text: (s.text + mark).cut(w, mark), style: s.style})
		}
		out = append(out, s)
		w -= have
	}
	return out
}

// fit returns the line in exactly w cells: cut with the mark, or padded.
func (l line) fit(w int, mark safe) line {
	out := l.head(w, mark)
	if missing := w - out.width(); missing > 0 {
		out = append(out[:len(out):len(out)], span{text: spaces(missing)})
	}
	return out
}

// between puts left at the left edge and right at the right edge of w cells.
// When both do not fit, the left one is cut.
func between(left, right line, w int, mark safe) line {
	room := w - right.width()
	if room < 2 {
		return left.fit(w, mark)
	}
	out := left.fit(room-1, mark).and(normal, " ")
	return append(out, right...)
}

// over lays box on body with its first cell at column x of row y. The box's
// lines must be of one width; body's lines are fitted to w.
func over(body, box []line, x, y, w int) []line {
	out := append([]line(nil), body...)
	for i, b := range box {
		if y+i < 0 || y+i >= len(out) {
			continue
		}
		under := out[y+i].fit(w, "")
		left := under.fit(x, "")
		right := under.tail(x + b.width())
		out[y+i] = append(append(append(line{}, left...), b...), right...)
	}
	return out
}

// tail returns the line without its first w cells. A wide character that
// straddles the edge becomes a blank.
func (l line) tail(w int) line {
	var out line
	for _, s := range l {
		have := s.text.width()
		if w >= have {
			w -= have
			continue
		}
		if w > 0 {
			kept := s.text.cutLeft(have-w, "")
			s.text = spaces(have-w-kept.width()) + kept
			w = 0
		}
		out = append(out, s)
	}
	return out
}
