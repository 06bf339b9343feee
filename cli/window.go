package cli

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"cordon/investigate/source"
)

// defaultSince is how far LookupEvents is read back when nothing is asked for:
// a day is what a responder can wait for at its two requests a second.
const defaultSince = 24 * time.Hour

// parseWindow turns --since and --until into a window. Both are a time, or a
// duration that is counted back from now. fallback is the window's length when
// --since is empty; zero leaves it open.
func parseWindow(since, until string, fallback time.Duration, now time.Time) (source.Window, error) {
	var w source.Window
	var err error
	if until != "" {
		if w.Until, err = parseMoment(until, now); err != nil {
			return source.Window{}, usageError(momentHint, "--until: %w", err)
		}
	}
	switch {
	case since != "":
		if w.Since, err = parseMoment(since, now); err != nil {
			return source.Window{}, usageError(momentHint, "--since: %w", err)
		}
	case fallback > 0 && w.Until.IsZero():
		w.Since = now.UTC().Add(-fallback)
	case fallback > 0:
		w.Since = w.Until.Add(-fallback)
	}
	if !w.Since.IsZero() && !w.Until.IsZero() && !w.Since.Before(w.Until) {
		return source.Window{}, usageError("the window runs from --since to --until, oldest first",
			"--since %s is not before --until %s", w.Since.Format(time.RFC3339), w.Until.Format(time.RFC3339))
	}
	return w, nil
}

const momentHint = "give a duration such as 90m, 24h or 7d, a date such as 2026-03-01, or a time such as 2026-03-01T14:00:00Z"

// momentLayouts are the ways to write a time; those without a zone are UTC, as
// CloudTrail's own times are.
func momentLayouts() []string {
	return []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}
}

func parseMoment(s string, now time.Time) (time.Time, error) {
	if d, err := parseDuration(s); err == nil {
		return now.UTC().Add(-d), nil
	}
	for _, layout := range momentLayouts() {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a duration nor a time", s)
}

var errDuration = errors.New("not a duration")

// parseDuration is time.ParseDuration with days and weeks before the rest, each
// of 24 hours.
func parseDuration(s string) (time.Duration, error) {
	m := regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(.*)$`).FindStringSubmatch(s)
	if m == nil || s == "" {
		return 0, errDuration
	}
	total := time.Duration(0)
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return 0, errDuration
		}
		total += time.Duration(n) * unit
	}
	if m[3] != "" {
		rest, err := time.ParseDuration(m[3])
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errDuration, err)
		}
		total += rest
	}
	if total < 0 {
		return 0, errDuration
	}
	return total, nil
}
