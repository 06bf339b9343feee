package tabletop

import (
	"context"
	"sync"
	"testing"
	"time"
)

// A clock stands still until a test advances it. One at a time may sleep on it.
type clock struct {
	mu     sync.Mutex
	time   time.Time
	asleep chan sleeper
	last   *sleeper // still asleep
}

type sleeper struct {
	ctx  context.Context
	wake time.Time
	woke chan struct{}
}

func newClock(at time.Time) *clock { return &clock{time: at, asleep: make(chan sleeper)} }

// Now is the time that the clock shows.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.time) {
		c.time = to
	}
}

// Sleep waits until the clock has been advanced by d.
func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	s := sleeper{ctx: ctx, wake: c.Now().Add(d), woke: make(chan struct{})}
	select {
	case c.asleep <- s:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-s.woke:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// advance moves the clock, stopping whenever the sleeper is to wake, and
// returns when everything that is due has been done.
func (c *clock) advance(t testing.TB, d time.Duration) {
	t.Helper()
	target := c.Now().Add(d)
	for {
		s := c.last
		if s == nil || s.ctx.Err() != nil {
			select {
			case next := <-c.asleep:
				s = &next
			case <-time.After(time.Minute):
				t.Fatal("nobody waits for the clock")
			}
		}
		c.last = s
		if s.wake.After(target) {
			c.set(target)
			return
		}
		c.set(s.wake)
		c.last = nil
		close(s.woke)
	}
}
