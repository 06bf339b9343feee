package tui

// foot is the note, if there is one, and the keys that work now.
func (m *model) foot() []line {
	var out []line
	if m.note.text != "" {
		mark := m.th.check
		if m.note.style == bad {
			mark = m.th.cross
		}
		for i, l := range wrap(string(m.note.text), m.width-4) {
			if i == maxNote {
				break
			}
			if i > 0 {
				mark = " "
			}
			out = append(out, in(m.note.style, " "+mark+" "+l))
		}
	}
	if m.dialog != nil {
		return append(out, m.hints(m.dialog.hints(m), 0))
	}
	if f, ok := m.top().(filterer); ok && f.filtering().typing {
		return append(out, m.hints([]hint{{"Enter", "keep"}, {"Esc", "clear"}, {m.arrows(), "move"}, {"", safe(filterHelp)}}, 0))
	}
	return append(out, m.hints(m.bound(), 2))
}

// maxNote is how many lines a note may take: what to do about an error is at
// its end.
const maxNote = 4

// filterHelp shows both languages of the filter line in one breath.
const filterHelp = `alice !describe   or   eventName like /Delete/ and sourceIPAddress = "198.51.100.7"`

// A hint is a key and what it does now.
type hint struct{ key, does safe }

// bound are the hints of the bindings that work now.
func (m *model) bound() []hint {
	var out []hint
	on := m.scope()
	for _, b := range m.keys {
		if b.offered(on) {
			first := b.shown(&m.th)
			for i, r := range first {
				if r == ' ' {
					first = first[:i]
					break
				}
			}
			out = append(out, hint{first, b.foot})
		}
	}
	return out
}

func (m *model) arrows() safe {
	if m.th.ascii {
		return "up/down"
	}
	return "↑↓"
}

// hints lays hints out in one line. What does not fit is left out whole, from
// the end, but not the last few.
func (m *model) hints(hs []hint, last int) line {
	keep := len(hs)
	for {
		l := line{{text: " "}}
		for i, h := range hs {
			if i >= keep-last && i < len(hs)-last {
				continue
			}
			if l.width() > 1 {
				l = l.and(normal, "  ")
			}
			if h.key != "" {
				l = l.and(keycap, h.key+" ")
			}
			l = l.and(dim, h.does)
		}
		if l.width() <= m.width || keep <= last+1 {
			return l.head(m.width, m.th.more)
		}
		keep--
	}
}
