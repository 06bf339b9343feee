package tui

import (
	"fmt"
	"strings"
	"time"
)

func (s *principals) nothing(m *model, w, h int) []line {
	switch {
	case s.acted.busy:
		return notice(w, h, "Searching"+m.th.more)
	case s.acted.err != nil:
		return notice(w, h, "The search failed.", s.acted.err.Error(), "Esc clears the filter.")
	case s.expr != nil:
		return notice(w, h, "No principal matches the filter.",
			fmt.Sprintf("Looked at %s principals. Words look at names, findings, addresses and keys; an expression can ask "+
				"kind, name, account, arn, score, level, events, errors, denied, or any field of their events. Esc clears it.",
				count(len(m.evidence.ranking.Principals))))
	}
	return m.nothingRead(w, h, "No principals.")
}

// nothingRead is what a screen without events says: what was searched.
func (m *model) nothingRead(w, h int, title safe) []line {
	ev := &m.evidence
	switch {
	case ev.reading:
		return notice(w, h, "Reading"+m.th.more, "From "+m.searched(),
			fmt.Sprintf("%d s. What arrives is shown at once. x stops.", int(m.opt.Now().Sub(ev.started)/time.Second)))
	case !ev.have:
		return notice(w, h, "Nothing was read yet.", "r reads "+m.searched())
	case ev.err != nil:
		return notice(w, h, "The source could not be read.", ev.err.Error(), "Searched: "+m.searched(), "r tries again.")
	case len(ev.coverage.Failed) > 0:
		return notice(w, h, "No events, but not everything could be read.", string(gaps(ev.coverage.Failed)),
			"This is not a clean result. Searched: "+m.searched(), "r tries again.")
	}
	return notice(w, h, title, "Searched: "+m.searched(),
		"r reads again; another --since, --region or --from looks elsewhere. Tab shows who is contained, and the directory.")
}

// searched is the source, the Regions and the window, in words.
func (m *model) searched() string {
	hd := m.opt.Header
	parts := []string{or(hd.Source, "the source")}
	if len(hd.Regions) > 0 {
		parts = append(parts, "Regions "+strings.Join(hd.Regions, ", "))
	}
	if hd.Window != "" {
		parts = append(parts, hd.Window)
	}
	return strings.Join(parts, "; ") + "."
}
