package rules

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"cordon/investigate/event"
)

// techniques is a folder of real CloudTrail records, one file for each attack
// technique. It is not part of the repository.
const techniques = "../../../shared/data/stratus"

func readRecords(t testing.TB, name string) []event.Event {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(src, &raws); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := make([]event.Event, len(raws))
	for i, raw := range raws {
		if out[i], err = event.Read(raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return out
}

func TestRecordedTechniquesGiveFindings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(techniques, "*.json"))
	if err != nil || len(files) == 0 {
		t.Skipf("no recorded techniques in %s", techniques)
	}
	set := mustEmbedded(t)
	atLeast := make(map[event.Level]int)
	for _, f := range files {
		worst := event.Informational
		var title string
		for _, r := range fired(set, readRecords(t, f)) {
			if !r.Quiet && r.Level.Rank() > worst.Rank() {
				worst, title = r.Level, r.Title
			}
		}
		t.Logf("%-13s %s: %s", worst, filepath.Base(f), title)
		for _, l := range []event.Level{event.Low, event.Medium} {
			if worst.Rank() >= l.Rank() {
				atLeast[l]++
			}
		}
	}
	t.Logf("%d files: %d of level low or above, %d of medium or above", len(files), atLeast[event.Low], atLeast[event.Medium])
	if atLeast[event.Low] < 33 || atLeast[event.Medium] < 30 {
		t.Errorf("of %d techniques only %d give a finding, %d of level medium", len(files), atLeast[event.Low], atLeast[event.Medium])
	}
}
