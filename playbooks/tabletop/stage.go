package tabletop

import (
	"container/heap"
	"context"
	"time"
)

// A player is one who acts: the adversary, or a benign actor.
type player interface {
	// act makes one call at a moment, and returns when to be called again,
	// counted from that moment in the scenario's time, or false if never.
	act(ctx context.Context, at moment) (wait time.Duration, more bool, err error)
}

// A moment is a point of the scenario's time (zero is the start, before it is
// history) and what the clock shows then.
type moment struct {
	offset time.Duration
	clock  time.Time
}

// A stage has the players take their turns, one at a time and in the order of
// time.
type stage struct {
	start time.Time
	speed float64
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
	turns turns
}

// enter gives a player its first turn.
func (s *stage) enter(p player, offset time.Duration) {
	heap.Push(&s.turns, turn{player: p, due: offset, seat: len(s.turns)})
}

// history takes the turns that are due before the start, at the times at which
// they are due.
func (s *stage) history(ctx context.Context) error {
	for len(s.turns) > 0 && s.turns[0].due < 0 {
		next := s.turns[0]
		at := moment{offset: next.due, clock: s.start.Add(next.due)}
		if err := s.take(ctx, next, at); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// live takes the turns from the start on, each when it is due, until ctx ends
// or nobody has a turn left.
func (s *stage) live(ctx context.Context) error {
	for len(s.turns) > 0 {
		next := s.turns[0]
		if err := s.sleep(ctx, s.clockAt(next.due).Sub(s.now())); err != nil {
			return err
		}
		// What is late (the computer was asleep) is not caught up with: the
		// next turn counts from when this one was really taken.
		now := s.now()
		at := moment{offset: max(next.due, s.offsetAt(now)), clock: now}
		if err := s.take(ctx, next, at); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) take(ctx context.Context, t turn, at moment) error {
	wait, more, err := t.player.act(ctx, at)
	if err != nil {
		return err
	}
	if !more {
		heap.Pop(&s.turns)
		return nil
	}
	s.turns[0].due = at.offset + wait
	heap.Fix(&s.turns, 0)
	return nil
}

// clockAt is what the clock shows at a point of the scenario's time: only what
// is after the start is shortened.
func (s *stage) clockAt(offset time.Duration) time.Time {
	if offset <= 0 {
		return s.start.Add(offset)
	}
	return s.start.Add(time.Duration(float64(offset) / s.speed))
}

// offsetAt is the reverse of clockAt.
func (s *stage) offsetAt(clock time.Time) time.Duration {
	since := clock.Sub(s.start)
	if since <= 0 {
		return since
	}
	return time.Duration(float64(since) * s.speed)
}

// A turn is when a player acts next. Of several at the same time, the one with
// the lower seat goes first.
type turn struct {
	player player
	due    time.Duration
	seat   int
}

// turns is a heap with the next turn first.
type turns []turn

func (t turns) Len() int      { return len(t) }
func (t turns) Swap(i, j int) { t[i], t[j] = t[j], t[i] }

func (t turns) Less(i, j int) bool {
	if t[i].due != t[j].due {
		return t[i].due < t[j].due
	}
	return t[i].seat < t[j].seat
}

// Push and Pop make turns a heap.Interface.
func (t *turns) Push(x any) { *t = append(*t, x.(turn)) } //nolint:errcheck // only enter pushes

func (t *turns) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}

// sleepReal waits for d, or until ctx ends.
func sleepReal(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
