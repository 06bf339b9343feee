//go:build unix

package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"cordon/contain/audit"
)

// appendUntilFull writes under a limit on the size of files, which cuts the
// write that reaches it in the middle, as a full disk does.
func appendUntilFull(path string) error {
	log, err := audit.Open(path, audit.Options{})
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	signal.Ignore(syscall.SIGXFSZ)
	limit := uint64(info.Size()) + 200 //nolint:gosec // a file's size is not negative
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	_, err = log.Append(context.Background(), audit.Record{OpID: "toomuch"})
	var failed *audit.Error
	if !errors.As(err, &failed) || !errors.Is(err, syscall.EFBIG) || !strings.Contains(failed.Next, "--audit-log") {
		return fmt.Errorf("got %w", err)
	}
	return nil
}

func TestAFullDiskStopsTheActionAndLeavesTheLogAsItWas(t *testing.T) {
	log := newLog(t)
	add(t, log, numbered(3)...)
	before := bytesOf(t, log.Path())
	if out, err := run(t, "full-disk", log.Path()).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !bytes.Equal(bytesOf(t, log.Path()), before) {
		t.Error("the log is not as it was")
	}
	add(t, log, numbered(1)...)
	if v := verify(t, log.Path()); !v.OK || v.Records != 4 {
		t.Errorf("%+v", v)
	}
}
