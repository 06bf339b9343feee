package tui

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/event"
	"cordon/investigate/generate"
	"cordon/investigate/rules"
)

// manyEvents is the size at which a key press must be answered within 50 ms.
const manyEvents = 300_000

// many is made once for all benchmarks: it takes longer than they do.
var many = sync.OnceValues(func() (*investigate.Store, error) {
	set, err := rules.Embedded()
	if err != nil {
		return nil, err
	}
	s := investigate.NewStore(set, func() time.Time { return testNow })
	var reader event.Reader
	batch := make([]event.Event, 0, 4096)
	for _, raw := range generate.Records(1, manyEvents, testNow.Add(-24*time.Hour)) {
		e, err := reader.Read(raw)
		if err != nil {
			return nil, err
		}
		if batch = append(batch, e); len(batch) == cap(batch) {
			if err := s.Add(batch); err != nil {
				return nil, err
			}
			batch = batch[:0]
		}
	}
	return s, s.Add(batch)
})

// BenchmarkKeyPress measures one key press to the screen that answers it, with
// 300,000 events loaded: Update and View. What a key starts in the background
// goes on beside the presses that follow, as it does in life. The slowest press
// is reported besides the mean.
func BenchmarkKeyPress(b *testing.B) {
	s, err := many()
	if err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name string
		to   []string
		keys []string
	}{
		{"move among principals", nil, []string{"down", "down", "down", "up"}},
		{"sort principals", nil, []string{"s"}},
		{"filter principals", []string{"/"}, []string{"u", "s", "e", "r", "backspace", "backspace", "backspace", "backspace"}},
		{"open and leave a principal", nil, []string{"enter", "esc"}},
		{"move among events", []string{"tab"}, []string{"down", "j", "k", "j"}},
		{"page through events", []string{"tab"}, []string{"pgdown", "ctrl+d", "pgdown", "G", "g"}},
		{"type a filter of events", []string{"tab", "/"}, []string{"c", "r", "e", "a", "t", "e", "backspace", "backspace", "backspace", "backspace", "backspace", "backspace"}},
		{"open and leave an event", []string{"tab"}, []string{"enter", "esc", "down"}},
	} {
		for _, size := range sizes {
			b.Run(bb.name+"/"+map[int]string{80: "80x24", 120: "120x40"}[size[0]], func(b *testing.B) {
				a := openApp(b, files(s), size[0], size[1])
				a.settled()
				a.press(bb.to...)
				a.settled()
				var slowest time.Duration
				i := 0
				for b.Loop() {
					began := time.Now()
					a.press(bb.keys[i%len(bb.keys)])
					_ = a.m.View()
					slowest = max(slowest, time.Since(began))
					i++
					b.StopTimer()
					a.drain()
					b.StartTimer()
				}
				b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
			})
		}
	}
}

// drain gives the model what has come in.
func (a *app) drain() {
	for {
		select {
		case msg := <-a.msgs:
			a.send(msg)
		default:
			return
		}
	}
}

// BenchmarkSearchInterrupted measures a key press that changes the filter while
// all records are read for the filter before it. The time of an operation is
// mostly the pause before the reading; what counts is the slowest press.
func BenchmarkSearchInterrupted(b *testing.B) {
	s, err := many()
	if err != nil {
		b.Fatal(err)
	}
	a := openApp(b, files(s), 80, 24)
	a.settled()
	a.press("tab", "/", `"zebr"`)
	list, ok := a.m.top().(*events)
	if !ok {
		b.Fatalf("the screen is %T", a.m.top())
	}
	keys := []string{"a", "backspace"}
	var slowest time.Duration
	i := 0
	for b.Loop() {
		for list.busy && list.scan.look().Total == 0 {
			a.drain()
			runtime.Gosched()
		}
		began := time.Now()
		a.press(keys[i%len(keys)])
		_ = a.m.View()
		slowest = max(slowest, time.Since(began))
		i++
	}
	b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
}

var _ tea.Model = (*model)(nil)

// BenchmarkHugeRecord measures a key press with a record of half a megabyte
// open, most of it one word, as whoever makes calls can have it written.
func BenchmarkHugeRecord(b *testing.B) {
	word := strings.Repeat("x", 500_000)
	a := openApp(b, files(storeOf(b, []record{{user: "alice", name: "ListUsers", agent: word, request: map[string]any{"a": word}}})), 80, 24)
	a.settled()
	a.press("tab")
	a.settled()
	a.press("enter")
	a.shows("alice listed the users")
	for b.Loop() {
		a.press("down")
		_ = a.m.View()
	}
}
