package investigate

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/query"
)

// A Filter says which events are wanted: those for which all that it names
// holds. The zero Filter wants every event.
type Filter struct {
	// Principal, unless nil, is who acted.
	Principal *event.Principal
	// Session, unless empty, is one use of the principal: see
	// event.Event.Session.
	Session string
	// IDs, unless nil, are the events themselves, as a finding lists them. An
	// ID that the store does not hold is ignored.
	IDs []string
	// Since and Until bound the time, both included; zero for no bound. An
	// event without a time is inside of no bound.
	Since, Until time.Time
	// Expr, unless nil, is what must hold.
	Expr *query.Expr
	// Everywhere looks for plain words in the whole record. Otherwise they are
	// looked for in the columns: names of event and service, principal, session,
	// identity ARN, access key, address, user agent, Region, account, error
	// code, whole event ID, and the names that the request gives (Row.Subject).
	Everywhere bool
	// Descending asks for the newest first.
	Descending bool
	// Observe, unless nil, is told how far a selection has come that must read
	// records, from one goroutine at a time, the first time at once and the last
	// time at the end. It is not called for one that the columns answer.
	Observe func(Progress)
}

// Progress is how far a selection has come.
type Progress struct {
	// Scanned of Total records were read.
	Scanned, Total int
	// Rows are those found so far, in the order that was asked for.
	Rows []int
}

// A Selection is the numbers of some events, in order of time. Events of the
// same second are in the order of their IDs, so that the order does not depend
// on which file was read first.
type Selection struct {
	Rows []int
	// Scanned is how many records had to be read; 0 if the columns sufficed.
	Scanned int
}

// Select returns the events that a filter wants, of those that the store holds
// at this moment. What the columns hold is answered from them, within
// milliseconds; only where an expression asks for another field, and what the
// columns say leaves it open, is the record read, on all cores, until ctx ends.
// With an error come the rows found so far.
func (s *Store) Select(ctx context.Context, f Filter) (Selection, error) {
	view := s.current.Load()
	order := s.order.of(view)
	c := newColumnar(view, f.Everywhere)
	wanted := c.plain(f)
	if f.Expr == nil {
		return Selection{Rows: wanted.in(order, f.Descending)}, ctx.Err()
	}
	b := c.evaluate(f.Expr)
	b.sure.and(wanted)
	b.maybe.and(wanted)
	b.maybe.without(b.sure)
	open := b.maybe.count()
	if open == 0 {
		return Selection{Rows: b.sure.in(order, f.Descending)}, ctx.Err()
	}
	scan := scan{view: view, filter: f, open: b.maybe, total: open, found: b.sure, order: order}
	err := scan.run(ctx)
	return Selection{Rows: scan.found.in(order, f.Descending), Scanned: scan.scanned}, err
}

// plain are the rows that fit the filter, its expression aside.
func (c *columnar) plain(f Filter) rowSet {
	wanted := newRowSet(c.view.rows)
	wanted.fill(c.view.rows)
	if f.Principal != nil || f.Session != "" {
		wanted.and(c.rows(byIdentity, c.identities(f)))
	}
	if f.IDs != nil {
		ids := make(map[eventID]bool, len(f.IDs))
		for _, id := range f.IDs {
			packed, _ := packID(id)
			ids[packed] = true
		}
		rows := newRowSet(c.view.rows)
		c.scan(rows, func(ch *chunk, i int) bool { return ids[ch.id[i]] })
		wanted.and(rows)
	}
	if !f.Since.IsZero() || !f.Until.IsZero() {
		rows := newRowSet(c.view.rows)
		c.scan(rows, func(ch *chunk, i int) bool { return f.inside(ch.time[i]) })
		wanted.and(rows)
	}
	return wanted
}

func (c *columnar) identities(f Filter) []bool {
	holds := make([]bool, len(c.view.identities))
	for i, who := range c.view.identities {
		holds[i] = (f.Principal == nil || c.view.principals[who[principalAt]] == *f.Principal) &&
			(f.Session == "" || c.view.texts[who[sessionAt]] == f.Session)
	}
	return holds
}

func (f *Filter) inside(at int64) bool {
	if at == noTime {
		return false
	}
	t := fromUnix(at)
	return (f.Since.IsZero() || !t.Before(f.Since)) && (f.Until.IsZero() || !t.After(f.Until))
}

// A scan reads the records of the rows that the columns left open.
type scan struct {
	view   *snapshot
	filter Filter
	open   rowSet
	total  int
	order  []uint32

	mu      sync.Mutex
	found   rowSet
	scanned int
	told    int
	err     error
}

// tellEvery is after how many records a scan tells how far it has come.
const tellEvery = 4096

func (s *scan) run(ctx context.Context) error {
	s.tell()
	blocks := len(s.view.records.sealed)
	if len(s.view.records.open) > 0 {
		blocks++
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), blocks) {
		wait.Go(func() {
			for {
				block := int(next.Add(1)) - 1
				if block >= blocks || ctx.Err() != nil {
					return
				}
				s.block(ctx, block)
			}
		})
	}
	wait.Wait()
	if s.err == nil {
		s.err = ctx.Err()
	}
	s.tell()
	return s.err
}

// block reads the open rows of one block.
func (s *scan) block(ctx context.Context, block int) {
	rows := s.rows(block)
	if len(rows) == 0 {
		return
	}
	plain, err := s.view.records.plain(block, false)
	var found []int
	done := 0
	for _, n := range rows {
		if err != nil || ctx.Err() != nil {
			break
		}
		var raw []byte
		c, i := s.view.at(n)
		if raw, err = recordAt(plain, c.offset[i]); err != nil {
			break
		}
		done++
		if s.filter.Expr.Match(&rowFields{view: s.view, n: n, raw: raw, everywhere: s.filter.Everywhere}) {
			found = append(found, n)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("searching events: %w", err)
	}
	for _, n := range found {
		s.found.add(n)
	}
	s.scanned += done
	if s.scanned-s.told >= tellEvery {
		s.told = s.scanned
		s.tell()
	}
}

// rows are the open rows of a block.
func (s *scan) rows(block int) []int {
	first, last := s.view.firstRow(block), s.view.rows
	if block+1 < len(s.view.records.sealed) || block < len(s.view.records.sealed) && len(s.view.records.open) > 0 {
		last = s.view.firstRow(block + 1)
	}
	var rows []int
	for n := first; n < min(last, s.view.rows); n++ {
		if s.open.has(n) {
			rows = append(rows, n)
		}
	}
	return rows
}

func (s *scan) tell() {
	if s.filter.Observe != nil {
		s.filter.Observe(Progress{s.scanned, s.total, s.found.in(s.order, s.filter.Descending)})
	}
}

// firstRow is the row of a block's first record.
func (s *snapshot) firstRow(block int) int {
	if block < len(s.records.sealed) {
		return s.records.sealed[block].first
	}
	return s.records.first
}
