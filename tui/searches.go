package tui

import (
	"context"
	"time"
)

// searches puts questions to the store one at a time, the last one first: a new
// question stops the one under way, and begins when that has ended. Reading
// records takes all cores, so two at once would slow down each other, and every
// key press with them.
type searches struct {
	slot chan struct{}
	last *search
}

func newSearches() searches { return searches{slot: make(chan struct{}, 1)} }

// A search is one question.
type search struct {
	ctx  context.Context
	stop context.CancelFunc
	slot chan struct{}
}

// begin stops what is under way, and makes room for another question.
func (s *searches) begin(ctx context.Context) *search {
	if s.last != nil {
		s.last.stop()
	}
	next := &search{slot: s.slot}
	next.ctx, next.stop = context.WithCancel(ctx)
	s.last = next
	return next
}

// run asks, after a pause, unless the question was stopped before: ok is false
// then. It waits; it is for commands.
func (q *search) run(pause time.Duration, ask func(ctx context.Context)) (ok bool) {
	defer q.stop()
	if !rest(q.ctx, pause) {
		return false
	}
	select {
	case q.slot <- struct{}{}:
	case <-q.ctx.Done():
		return false
	}
	defer func() { <-q.slot }()
	if q.ctx.Err() != nil {
		return false
	}
	ask(q.ctx)
	return true
}
