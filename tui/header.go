package tui

import (
	"fmt"
	"strings"
	"time"

	"cordon/contain"
	"cordon/investigate/event"
)

// header is at the top of every screen: whose account, as whom, on which
// evidence, how complete. What is missing from the evidence has a line of its
// own, so that a gap never looks like a quiet night.
func (m *model) header() []line {
	out := []line{m.headIdentity(), m.headEvidence()}
	out = append(out, m.headGaps()...)
	if op := m.operations.running(); op != nil && m.dialog == nil {
		out = append(out, op.indicator(m).head(m.width, m.th.more))
	}
	return out
}

func (m *model) headIdentity() line {
	h := m.opt.Header
	l := in(accent, " cordon ")
	switch {
	case h.Account != "" && h.Alias != "":
		l = l.and(strong, sayf(" %s (%s)", h.Account, h.Alias))
	case h.Account != "":
		l = l.and(strong, sayf(" %s", h.Account))
	default:
		l = l.and(normal, " no account")
	}
	right := line{}
	if n, known := m.account.count(); known && n > 0 {
		more := safe("")
		if len(m.account.unread) > 0 {
			more = "+"
		}
		right = right.and(caution, safe(fmt.Sprint(n))+more+" contained ")
	}
	if h.Exercise != "" {
		right = right.and(badge, " EXERCISE "+m.exercise()+" ")
	}
	if m.opt.ReadOnly {
		if h.Exercise != "" {
			right = right.and(normal, " ")
		}
		right = right.and(badge, " READ-ONLY ")
	}
	if h.Caller != "" {
		// Two blanks keep it apart from what follows.
		const as, apart, least = safe("  as "), 2, 8
		if room := m.width - l.width() - right.width() - as.width() - apart; room >= least {
			l = l.and(dim, as).and(normal, say(shortARN(h.Caller)).cutLeft(room, m.th.more))
		}
	}
	return between(l, right, m.width, m.th.more)
}

// exercise is the label of an exercise; where there is no room, its speed alone.
func (m *model) exercise() safe {
	label := m.opt.Header.Exercise
	if m.width < 100 {
		label = label[strings.LastIndexByte(label, ' ')+1:]
	}
	return say(label)
}

// shortARN leaves out of an ARN what the header already says: the account.
func shortARN(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" {
		return parts[5]
	}
	return arn
}

func (m *model) headEvidence() line {
	h, ev := m.opt.Header, &m.evidence
	dot := m.th.dot
	l := in(normal, " ").and(normal, say(h.Source))
	if len(h.Regions) > 0 {
		l = l.and(dim, dot).and(normal, say(strings.Join(h.Regions, " ")))
	}
	if h.Window != "" {
		l = l.and(dim, dot).and(normal, say(h.Window))
	}
	var right line
	c := ev.coverage
	switch {
	case ev.reading && ev.reads == 1:
		right = in(caution, safe(fmt.Sprintf("reading%s %s events ", m.th.more, count(m.opt.Store.Len()))))
	case !ev.have:
		right = in(dim, "nothing read yet ")
	default:
		right = plain(safe(count(c.Events) + " events"))
		if c.CompleteTo != nil {
			right = right.and(dim, dot).and(normal, "complete to "+safe(clock(*c.CompleteTo, m.opt.Now())))
		}
		if n := len(c.Skipped); n > 0 {
			right = right.and(dim, dot).and(normal, safe(fmt.Sprintf("%d skipped", n)))
		}
		right = right.and(normal, " ")
	}
	return between(l, right, m.width, m.th.more)
}

// headGaps names what could not be read. It is nil when nothing is missing.
func (m *model) headGaps() []line {
	ev := &m.evidence
	c := ev.coverage
	warn := " " + m.th.warn + " "
	switch {
	case ev.err != nil:
		p := contain.Explain(ev.err)
		var out []line
		for i, l := range wrap("reading failed: "+strings.TrimSpace(p.Message+" "+p.Next), m.width-4) {
			switch i {
			case 0:
				out = append(out, in(bad, warn+l))
			case 1:
				out = append(out, in(bad, "   "+l))
			}
		}
		return out
	case len(c.Failed) > 0:
		l := in(bad, warn+"PARTIAL ").and(normal, safe(fmt.Sprintf("%d could not be read: ", len(c.Failed))))
		return []line{l.and(normal, gaps(c.Failed)).head(m.width, m.th.more)}
	case ev.stopped:
		return []line{in(caution, warn+"PARTIAL ").and(normal, "reading was stopped by you: r reads on")}
	case c.Partial && ev.have && !ev.reading:
		return []line{in(caution, warn+"PARTIAL ").and(normal, "not everything was read").head(m.width, m.th.more)}
	}
	return nil
}

func gaps(gs []event.Gap) safe {
	var b strings.Builder
	for i, g := range gs {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(g.Name + " (" + g.Reason + ")")
		if b.Len() > 400 {
			break
		}
	}
	return say(b.String())
}

// count writes a number with separators.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// clock is a time as short as it can be without being mistaken, in UTC: of
// today the time of day, of this year without the year.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	switch {
	case t.IsZero():
		return "-"
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return t.Format("15:04:05Z")
	case t.Year() == now.Year():
		return t.Format("Jan _2 15:04Z")
	}
	return t.Format("2006-01-02 15:04Z")
}

// short is clock in at most 9 cells, for a column.
func short(t, now time.Time) safe {
	t, now = t.UTC(), now.UTC()
	switch {
	case t.IsZero():
		return "-"
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return safe(t.Format("15:04:05"))
	case t.Year() == now.Year():
		return safe(t.Format("Jan _2"))
	}
	return safe(t.Format("Jan 2006"))
}

// full is a time in full, in UTC.
func full(t time.Time) safe {
	if t.IsZero() {
		return "unknown time"
	}
	return safe(t.UTC().Format("2006-01-02 15:04:05Z"))
}
