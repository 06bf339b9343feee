package investigate

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/generate"
	"cordon/investigate/query"
	"cordon/investigate/rules"
)

const manyEvents = 300_000

var testDay = time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)

func testClock() time.Time { return testDay.Add(48 * time.Hour) }

// generated reads the seeded generator's records.
func generated(tb testing.TB, seed uint64, n int) []event.Event {
	tb.Helper()
	var reader event.Reader
	events := make([]event.Event, 0, n)
	for _, raw := range generate.Records(seed, n, testDay) {
		e, err := reader.Read(raw)
		if err != nil {
			tb.Fatalf("reading a generated record: %v\n%s", err, raw)
		}
		events = append(events, e)
	}
	return events
}

func embeddedRules(tb testing.TB) *rules.Set {
	tb.Helper()
	set, err := rules.Embedded()
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func filled(tb testing.TB, set *rules.Set, events []event.Event) *Store {
	tb.Helper()
	s := NewStore(set, testClock)
	if err := s.Add(events); err != nil {
		tb.Fatal(err)
	}
	return s
}

// many is made once for all benchmarks: making it takes longer than they do.
var many = sync.OnceValue(func() []event.Event {
	var reader event.Reader
	events := make([]event.Event, 0, manyEvents)
	for _, raw := range generate.Records(1, manyEvents, testDay) {
		e, err := reader.Read(raw)
		if err != nil {
			panic(err)
		}
		events = append(events, e)
	}
	return events
})

func BenchmarkAdd(b *testing.B) {
	set, events := embeddedRules(b), many()
	bytes := 0
	for i := range events {
		bytes += len(events[i].Raw)
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		filled(b, set, events)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/manyEvents, "ns/event")
}

func BenchmarkHeap(b *testing.B) {
	set := embeddedRules(b)
	events := many()
	for b.Loop() {
		before := liveHeap()
		s := filled(b, set, events)
		after := liveHeap()
		b.ReportMetric(float64(after-before)/(1<<20), "MiB")
		packed := 0
		for _, block := range s.current.Load().records.sealed {
			packed += len(block.packed)
		}
		b.ReportMetric(float64(packed)/(1<<20), "MiB-packed")
		s.Rank()
		b.ReportMetric(float64(liveHeap()-before)/(1<<20), "MiB-ranked")
		runtime.KeepAlive(s)
	}
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // no heap is that large
}

func BenchmarkSelect(b *testing.B) {
	s := filled(b, embeddedRules(b), many())
	for _, test := range []struct{ name, line string }{
		{"one_word", "denied"},
		{"two_words", "person-1 decrypt"},
		{"inverted_word", "!describe"},
		{"name", `eventName = "CreateUser"`},
		{"columns", `userIdentity.arn like "person-1" and not errorCode in ["AccessDenied", "ThrottlingException"]`},
		{"time", `eventTime >= "2024-05-01T12:00:00Z" and eventTime < "2024-05-01T13:00:00Z"`},
		{"records_of_few", `eventName = "CreateUser" and requestParameters.userName = "person-7"`},
		{"records_of_all", `requestParameters.userName = "person-7"`},
	} {
		expr, err := query.ParseLine(test.line)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Select(context.Background(), Filter{Expr: expr, Descending: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("words_everywhere", func(b *testing.B) {
		expr := query.HasWord("person-7")
		for b.Loop() {
			if _, err := s.Select(context.Background(), Filter{Expr: expr, Everywhere: true}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("principal", func(b *testing.B) {
		p := s.Row(0).Principal
		for b.Loop() {
			if _, err := s.Select(context.Background(), Filter{Principal: &p}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkRank(b *testing.B) {
	set := embeddedRules(b)
	b.Run("everything_new", func(b *testing.B) {
		s := filled(b, set, many())
		for b.Loop() {
			for _, t := range s.tallies {
				t.stale = true
			}
			s.correlator.stale, s.ranked = true, 0
			s.Rank()
		}
	})
	b.Run("after_one_event", func(b *testing.B) {
		s := filled(b, set, many()[:manyEvents-2000])
		s.Rank()
		rest := many()[manyEvents-2000:]
		for i := 0; b.Loop(); i++ {
			if err := s.Add(rest[i%len(rest):][:1]); err != nil {
				b.Fatal(err)
			}
			s.Rank()
		}
	})
}

func BenchmarkEvent(b *testing.B) {
	s := filled(b, nil, many())
	b.Run("anywhere", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n = (n + 7919*31) % s.Len()
			if _, err := s.Event(n); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("next", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n = (n + 1) % s.Len()
			if _, err := s.Event(n); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkFacts(b *testing.B) {
	s := filled(b, nil, many())
	p := s.Rank().Principals[0].Principal()
	for b.Loop() {
		s.Facts(p)
	}
}
