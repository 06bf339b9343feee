package contain

import (
	"errors"
	"testing"
	"time"
)

// TestRetriesEndBeforeTheirCall: past CallTime an error of AWS's would be told
// as silence.
func TestRetriesEndBeforeTheirCall(t *testing.T) {
	r := patient()
	var all time.Duration
	for attempt := 1; attempt < r.MaxAttempts(); attempt++ {
		longest := time.Duration(0)
		for range 200 {
			d, err := r.RetryDelay(attempt, errors.New("broken"))
			if err != nil {
				t.Fatal(err)
			}
			longest = max(longest, d)
		}
		all += longest
	}
	if limit := (Options{}).withDefaults().CallTime; all > limit-time.Second {
		t.Errorf("the waits add up to %s of %s", all, limit)
	}
}
