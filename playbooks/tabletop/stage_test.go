package tabletop

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestHoursSayWhenSessionsBegin(t *testing.T) {
	day := func(hour, minute int) time.Time { return time.Date(2026, 3, 10, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		name     string
		hours    Hours
		at, want time.Time
	}{
		{"always", Hours{}, day(3, 5), day(3, 5)},
		{"within", Hours{7, 19}, day(18, 59), day(18, 59)},
		{"before", Hours{7, 19}, day(3, 0), day(7, 0)},
		{"after", Hours{7, 19}, day(19, 0), day(31, 0)},
		{"past midnight, within", Hours{22, 4}, day(3, 59), day(3, 59)},
		{"past midnight, before", Hours{22, 4}, day(12, 0), day(22, 0)},
		{"in another zone", Hours{7, 19}, day(6, 0).In(time.FixedZone("", 2*60*60)), day(7, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.hours.next(c.at); !got.Equal(c.want) {
				t.Errorf("next after %v is %v, want %v", c.at, got, c.want)
			}
		})
	}
}

// A metronome acts at equal intervals, and writes down when.
type metronome struct {
	every time.Duration
	beats *[]time.Duration
	start time.Time
	limit int
}

func (m *metronome) act(_ context.Context, at moment) (time.Duration, bool, error) {
	*m.beats = append(*m.beats, at.clock.Sub(m.start))
	m.limit--
	return m.every, m.limit > 0, nil
}

func TestSpeedShortensOnlyWhatIsAfterTheStart(t *testing.T) {
	start := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	now := start
	s := &stage{
		start: start,
		speed: 20,
		now:   func() time.Time { return now },
		sleep: func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil },
	}
	var beats []time.Duration
	s.enter(&metronome{every: time.Minute, beats: &beats, start: start, limit: 5}, -2*time.Minute)
	if err := s.history(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.live(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{-2 * time.Minute, -time.Minute, 0, 3 * time.Second, 6 * time.Second}
	if diff := cmp.Diff(want, beats); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsLateIsNotCaughtUpWith(t *testing.T) {
	start := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	now := start
	asleep := time.Hour // of the computer, in the first wait
	s := &stage{
		start: start,
		speed: 1,
		now:   func() time.Time { return now },
		sleep: func(_ context.Context, d time.Duration) error {
			now = now.Add(d + asleep)
			asleep = 0
			return nil
		},
	}
	var beats []time.Duration
	s.enter(&metronome{every: time.Minute, beats: &beats, start: start, limit: 3}, time.Minute)
	if err := s.live(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{61 * time.Minute, 62 * time.Minute, 63 * time.Minute}
	if diff := cmp.Diff(want, beats); diff != "" {
		t.Error(diff)
	}
}

func TestOfTwoAtTheSameTimeTheFirstToEnterActsFirst(t *testing.T) {
	start := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	s := &stage{start: start, speed: 1}
	var order []time.Duration
	// Told apart by the zero that each counts from.
	s.enter(&metronome{every: time.Second, beats: &order, start: start.Add(-time.Hour), limit: 2}, -time.Minute)
	s.enter(&metronome{every: time.Second, beats: &order, start: start, limit: 2}, -time.Minute)
	if err := s.history(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []time.Duration{59 * time.Minute, -time.Minute, 59*time.Minute + time.Second, -time.Minute + time.Second}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
}
