// Package source reads events from where they are kept: CloudTrail's own API,
// and files as trails and tools write them.
//
// Nothing is lost without a word. Whatever a source meets ends as an event, or
// in the coverage: skipped if it is not a log, failed if it should have been
// read and could not be, wholly or in part. One damaged file, record or Region
// never ends the reading of the others.
//
// Sources stream: memory is bounded by what is under way, not by what there is,
// and sizes that an input claims for itself are not believed.
package source

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cordon/investigate/event"
)

// A Source reads events.
type Source interface {
	// Read reads all there is and hands it to emit in batches, oldest or newest
	// first as the source has it. emit is called from one goroutine at a time,
	// and owns the batch; its error ends the reading and is returned. The last
	// call has the coverage that Read returns, and may have no events.
	//
	// Read fails if nothing at all could be read, or ctx ended. The coverage is
	// good even then.
	Read(ctx context.Context, emit func(Batch) error) (event.Coverage, error)
	// Origin says what is read.
	Origin() Origin
}

// A Batch is some events of one reading.
type Batch struct {
	Events []event.Event
	// Coverage is that of all read so far by this Read. Its Events counts what
	// was emitted, copies of one event included: telling them apart takes all
	// events, and a source does not keep them.
	Coverage event.Coverage
}

// Origin names a source. Its JSON form is part of the contract.
type Origin struct {
	// Kind is "files" or "cloudtrail".
	Kind string `json:"kind"`
	// Location is the path, or the Regions separated by commas.
	Location string `json:"location"`
}

// A Window is a span of event time, both ends included. A zero end is open.
// Events outside it are not counted. An event without a readable time is never
// outside.
type Window struct{ Since, Until time.Time }

// Contains reports whether an event of time t is inside.
func (w Window) Contains(t time.Time) bool {
	switch {
	case t.IsZero():
		return true
	case !w.Since.IsZero() && t.Before(w.Since):
		return false
	}
	return w.Until.IsZero() || !t.After(w.Until)
}

// A tally is the coverage of one reading as it grows.
type tally struct {
	c              event.Coverage
	oldest, newest time.Time
}

func newTally() *tally {
	return &tally{c: event.Coverage{Skipped: []event.Gap{}, Failed: []event.Gap{}, Partial: true}}
}

func (t *tally) count(events []event.Event) {
	t.c.Events += len(events)
	for i := range events {
		at := events[i].Time
		if at.IsZero() {
			continue
		}
		if t.oldest.IsZero() || at.Before(t.oldest) {
			t.oldest = at
		}
		if at.After(t.newest) {
			t.newest = at
		}
	}
}

// soFar is the coverage as it is now. What is added later does not show in it.
func (t *tally) soFar() event.Coverage {
	c := t.c
	c.Skipped, c.Failed = slices.Clip(c.Skipped), slices.Clip(c.Failed)
	c.From, c.To = known(t.oldest), known(t.newest)
	return c
}

// final is the coverage at the end of a reading, with its gaps by name. cutOff
// says that it ended early.
func (t *tally) final(cutOff bool) event.Coverage {
	c := t.soFar()
	c.Skipped, c.Failed = byName(c.Skipped), byName(c.Failed)
	c.Partial = cutOff || len(c.Failed) > 0
	return c
}

func byName(gaps []event.Gap) []event.Gap {
	gaps = append([]event.Gap{}, gaps...)
	slices.SortFunc(gaps, func(a, b event.Gap) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Reason, b.Reason))
	})
	return gaps
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
