package cli

import (
	"context"
	"fmt"
	"time"

	"cordon/investigate"
	"cordon/investigate/event"
	"cordon/investigate/source"
)

// gather opens what rank and events read. The caller reads it and calls done.
func (a *App) gather(ctx context.Context, account accountFlags, from sourceFlags) (e *evidence, done func(), err error) {
	if err := account.check(from.From); err != nil {
		return nil, nil, err
	}
	r, err := a.newReading(from)
	if err != nil {
		return nil, nil, err
	}
	if r.files {
		return a.open(r, nil), func() {}, nil
	}
	a.tellUnfinished(a.auditPath("", account.Sandbox != ""))
	conn, err := a.connect(ctx, account)
	if err != nil {
		return nil, nil, err
	}
	return a.open(r, conn), conn.close, nil
}

// trailOptions paces LookupEvents: AWS allows two requests a second in each
// Region; an exercise is faster by its speed, and events come sooner by it.
func (c *connection) trailOptions(w source.Window, now func() time.Time) source.CloudTrailOptions {
	o := source.CloudTrailOptions{Regions: c.regions, Window: w, Now: now}
	if c.exercise != nil {
		o.PerSecond = 2 * c.exercise.Speed()
		o.Lag = scaled(source.DefaultLag, c.exercise.Speed())
	}
	return o
}

// progress tells on a terminal how far the reading is, once a second at most.
// Nil where nobody watches.
func (a *App) progress() func(event.Coverage) {
	if !a.Interactive() {
		return nil
	}
	var last time.Time
	return func(c event.Coverage) {
		if now := a.Now(); now.Sub(last) > time.Second {
			last = now
			fmt.Fprintf(a.Stderr, "reading: %s so far\n", count(c.Events, "event"))
		}
	}
}

// selectRows finds the rows that match, of one principal if one is named.
func (e *evidence) selectRows(ctx context.Context, filter investigate.Filter, who named, limit int) ([]int, error) {
	if who != (named{}) {
		p, err := e.resolve(who)
		if err != nil {
			return nil, err
		}
		filter.Principal = &p
	}
	selection, err := e.store.Select(ctx, filter)
	if err != nil {
		return nil, err
	}
	rows := selection.Rows
	if limit > 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	return rows, nil
}

// resolve finds the one principal in the evidence that a name means. One that
// never acted stands for itself: it has no events.
func (e *evidence) resolve(who named) (event.Principal, error) {
	var found []event.Principal
	for _, ranked := range e.store.Rank().Principals {
		if p := ranked.Principal(); who.is(p) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return event.Principal{Kind: who.Kind, Name: who.Name, Account: who.Account}, nil
	case 1:
		return found[0], nil
	default:
		return event.Principal{}, usageError(
			fmt.Sprintf("name the account too: %s:%s or %s:%s", found[0].Account, found[0], found[1].Account, found[1]),
			"%s acted in %d accounts", who, len(found))
	}
}
