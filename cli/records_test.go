package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate"
)

// TestEveryRecordOfTheCollectionIsRanked reads real records of attack techniques
// that are kept beside the repository, where they are there.
func TestEveryRecordOfTheCollectionIsRanked(t *testing.T) {
	folder, err := filepath.Abs("../../shared/data/stratus")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("the collection of real records is not beside the repository: %v", err)
	}
	out := (&world{dir: t.TempDir()}).run(t, "rank", "--from", folder, "--format", "json")
	var ranking investigate.Ranking
	if err := json.Unmarshal([]byte(out), &ranking); err != nil {
		t.Fatal(err)
	}
	if ranking.Coverage.Events != 310 || len(ranking.Coverage.Failed) != 0 {
		t.Errorf("%d events were read, want 310; failed: %v", ranking.Coverage.Events, ranking.Coverage.Failed)
	}
	var skipped []string
	for _, g := range ranking.Coverage.Skipped {
		skipped = append(skipped, g.Name)
	}
	if diff := cmp.Diff([]string{"LICENSE", "NOTICE"}, skipped); diff != "" {
		t.Errorf("skipped (-want +got):\n%s", diff)
	}
	events := 0
	for _, p := range ranking.Principals {
		events += p.Events
	}
	if events != 310 {
		t.Errorf("the principals of the ranking have %d events, want 310", events)
	}
}
