package generate

import (
	"bytes"
	"testing"
	"time"

	"cordon/investigate/event"
)

func TestTheSameSeedGivesTheSameRecords(t *testing.T) {
	start := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	a, b, c := Records(1, 500, start), Records(1, 500, start), Records(2, 500, start)
	differ := false
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			t.Fatalf("record %d differs:\n%s\n%s", i, a[i], b[i])
		}
		differ = differ || !bytes.Equal(a[i], c[i])
	}
	if !differ {
		t.Error("another seed gives the same records")
	}
}

// The figures that benchmarks rest on.
func TestRecordsLookLikeThoseOfABusyAccount(t *testing.T) {
	const n = 20_000
	var size, repeats, failed int
	ids, principals := map[string]bool{}, map[event.Principal]bool{}
	var before event.Event
	for i, raw := range Records(3, n, time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)) {
		e, err := event.Read(raw)
		if err != nil {
			t.Fatalf("record %d: %v\n%s", i, err, raw)
		}
		if e.Time.Before(before.Time) {
			t.Fatalf("record %d is older than the one before", i)
		}
		if e.AccessKey == before.AccessKey {
			repeats++
		}
		if e.Failed() {
			failed++
		}
		size += len(raw)
		ids[e.ID], principals[e.Principal] = true, true
		before = e
	}
	for _, figure := range []struct {
		name        string
		got         int
		least, most int
	}{
		{"bytes in a record", size / n, 1300, 1500},
		{"percent that repeat the identity before", 100 * repeats / n, 65, 75},
		{"per thousand that failed", 1000 * failed / n, 30, 50},
		{"distinct IDs", len(ids), n, n},
		{"principals", len(principals), 700, 1000},
	} {
		if figure.got < figure.least || figure.got > figure.most {
			t.Errorf("%s: %d, want %d to %d", figure.name, figure.got, figure.least, figure.most)
		}
	}
}
