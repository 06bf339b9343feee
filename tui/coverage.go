package tui

import (
	"fmt"
	"strings"
	"time"

	"cordon/investigate/event"
)

const coverageTitle = safe("what was read")

// coveragePage is how much of the evidence was read, with every gap by name. That
// there is none is said in words.
func (m *model) coveragePage() *page {
	c := m.evidence.coverage
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("Searched: %s", m.searched())
	line("%s events, %s further copies of them.", count(c.Events), count(c.Duplicates))
	line("%s of %s files or Regions were read to the end.", count(c.Read), count(c.Files))
	line("Events from %s", moment(c.From))
	line("         to %s", moment(c.To))
	line("complete to %s.", moment(c.CompleteTo))
	if m.evidence.err != nil {
		line("\nThe last reading failed: %v", m.evidence.err)
	}
	list := func(title string, gs []event.Gap) {
		if len(gs) == 0 {
			return
		}
		line("\n%s", title)
		for _, g := range gs {
			line("  %s: %s", g.Name, g.Reason)
		}
	}
	list("Could not be read, in whole or in part:", c.Failed)
	list("Skipped, as these are no logs:", c.Skipped)
	ev := &m.evidence
	switch {
	case ev.reading:
		line("\nIt is still being read.")
	case ev.stopped:
		line("\nReading was stopped by you: r reads on.")
	case !ev.have:
		line("\nNothing was read yet: r reads it.")
	case c.Partial:
		line("\nNot everything was read.")
	case ev.err == nil && len(c.Failed)+len(c.Skipped) == 0:
		line("\nNothing was skipped, and nothing failed.")
	}
	return &page{title: coverageTitle, text: b.String()}
}

func moment(t *time.Time) string {
	if t == nil {
		return "an unknown time"
	}
	return string(full(*t))
}
