package audit

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestARecordThatCannotBeSyncedIsTakenBack(t *testing.T) {
	log, err := Open(filepath.Join(t.TempDir(), "audit.jsonl"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("input/output error")
	log.sync = func(*os.File) error { return broken }
	if _, err := log.Append(t.Context(), Record{OpID: "lost"}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if info, err := os.Stat(log.Path()); err != nil || info.Size() != 0 {
		t.Errorf("size %d, %v", info.Size(), err)
	}
}
