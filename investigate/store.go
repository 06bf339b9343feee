package investigate

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/rules"
	"cordon/investigate/source"
)

// A Store holds the events of an investigation, each once, and answers
// questions about them. Any number of goroutines may read it while one adds;
// what they read is the store as it was after some batch, never half of one.
type Store struct {
	set *rules.Set
	now func() time.Time

	current atomic.Pointer[snapshot]
	order   timeOrder

	// adding is held by the one who adds; it guards what only that one uses.
	adding sync.Mutex
	wanted *branch
	values values
	pools  struct {
		identity pool[identity]
		action   pool[action]
		client   pool[client]
		answer   pool[answer]
	}
	packer *recordWriter

	// mu guards what a ranking is made from. It is held for a few hundred
	// events at a time.
	mu         sync.Mutex
	index      idIndex
	known      map[event.Principal]valueID
	tallies    []*tally // by principal
	correlator *correlator
	delays     delays
	coverage   merged
	ranking    Ranking
	ranked     uint64 // the version that ranking is of
}

// NewStore returns an empty store that looks for what the rules describe; set
// may be nil for none. now is the clock against which a source's claim to be
// complete is held.
func NewStore(set *rules.Set, now func() time.Time) *Store {
	s := &Store{set: set, now: now, wanted: wanted(), values: newValues(), known: map[event.Principal]valueID{}}
	s.pools.identity = newPool[identity]()
	s.pools.action = newPool[action]()
	s.pools.client = newPool[client]()
	s.pools.answer = newPool[answer]()
	s.packer = newRecordWriter()
	s.index = newIDIndex()
	s.coverage.first, s.coverage.last = noTime, noTime
	s.correlator = newCorrelator(set)
	s.current.Store(&snapshot{version: 1, texts: s.values.texts, records: s.packer.records})
	return s
}

// Len is how many distinct events the store holds.
func (s *Store) Len() int { return s.current.Load().rows }

// Version changes whenever anything does that a question could be answered from.
// It is never 0.
func (s *Store) Version() uint64 { return s.current.Load().version }

// ErrNoEvent is returned for the number of an event that the store does not
// hold.
var ErrNoEvent = errors.New("no such event")

// Row returns the columns of event n, 0 <= n < Len; the zero Row for any other.
func (s *Store) Row(n int) Row {
	view := s.current.Load()
	if n < 0 || n >= view.rows {
		return Row{}
	}
	return view.row(n)
}

// Event returns event n, 0 <= n < Len, read again from its record. It fails with
// ErrNoEvent for any other.
func (s *Store) Event(n int) (event.Event, error) {
	view := s.current.Load()
	if n < 0 || n >= view.rows {
		return event.Event{}, fmt.Errorf("opening event %d of %d: %w", n, view.rows, ErrNoEvent)
	}
	raw, err := view.record(n)
	if err != nil {
		return event.Event{}, err
	}
	e, err := event.Read(raw)
	if err != nil {
		return event.Event{}, fmt.Errorf("opening event %s: %w", view.id(n), err)
	}
	return e, nil
}

// Find returns the number of the event with this ID.
func (s *Store) Find(id string) (n int, ok bool) {
	packed, _ := packID(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.find(packed, s.current.Load().chunks)
}

// SetCoverage tells what reading an origin has come to. It replaces what was
// told of the same origin before, so it can be called again and again while
// reading goes on, and by each reading of a live source. The numbers of events
// and their times are not taken from it: the store knows its own.
func (s *Store) SetCoverage(o source.Origin, c event.Coverage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.coverage.set(o, c) {
		next := *s.current.Load()
		next.version++
		s.current.Store(&next)
	}
}
