package tui

import "time"

// grace keeps keys that were typed before a dialog opened, and arrive after it
// did, from being taken for answers to it: keys are dropped until the keyboard
// was quiet for a moment, but never for longer than a ceiling, so that someone
// who types on does get through.
type grace struct {
	opened, last time.Time
	over         bool
}

const (
	graceQuiet   = 400 * time.Millisecond
	graceCeiling = 1500 * time.Millisecond
)

// open starts the grace period.
func (g *grace) open(now time.Time) { *g = grace{opened: now, last: now} }

// pass reports whether a key pressed now is meant for the dialog.
func (g *grace) pass(now time.Time) bool {
	if g.over || now.Sub(g.last) >= graceQuiet || now.Sub(g.opened) >= graceCeiling {
		g.over = true
		return true
	}
	g.last = now
	return false
}
