package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/source"
)

func TestTheWindowIsReadFromDurationsAndTimes(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.FixedZone("", 3600))
	utc := time.Date(2026, 3, 10, 11, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	tests := []struct {
		name, since, until string
		fallback           time.Duration
		want               source.Window
	}{
		{name: "nothing is asked of a file", want: source.Window{}},
		{name: "nothing is asked of an account", fallback: day, want: source.Window{Since: utc.Add(-day)}},
		{name: "an end alone keeps the length", until: "24h", fallback: day, want: source.Window{Since: utc.Add(-2 * day), Until: utc.Add(-day)}},
		{name: "days", since: "7d", want: source.Window{Since: utc.Add(-7 * day)}},
		{name: "weeks, days and hours", since: "1w2d3h", want: source.Window{Since: utc.Add(-9*day - 3*time.Hour)}},
		{name: "minutes", since: "90m", want: source.Window{Since: utc.Add(-90 * time.Minute)}},
		{name: "a date is midnight UTC", since: "2026-03-01", want: source.Window{Since: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}},
		{name: "a zone is heeded", since: "2026-03-01T10:00:00+02:00", want: source.Window{Since: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}},
		{name: "a time without a zone is UTC", since: "2026-03-01 10:30", want: source.Window{Since: time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseWindow(tt.since, tt.until, tt.fallback, now)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAWindowThatSaysNothingIsRefused(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for _, since := range []string{"yesterday", "-5h", "7", "d", "2026-13-01", "7dd"} {
		if w, err := parseWindow(since, "", 0, now); err == nil {
			t.Errorf("--since %s was read as %v", since, w)
		}
	}
	if w, err := parseWindow("1h", "2h", 0, now); err == nil {
		t.Errorf("a window that ends before it starts was read as %v", w)
	}
}
