package investigate

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/rules"
)

// addRows is how many events become visible at once. Whoever asks for a ranking
// meanwhile waits for no more than these.
const addRows = 512

// ErrNoRecord is returned for an event without its record.
var ErrNoRecord = errors.New("an event without its record")

// Add adds events; those that the store has already are counted as duplicates
// and otherwise ignored. The rules are asked about each event here. It fails
// with ErrNoRecord for an event that was not made by event.Read; those before
// it are kept.
func (s *Store) Add(events []event.Event) error {
	s.adding.Lock()
	defer s.adding.Unlock()
	for batch := range slices.Chunk(events, addRows) {
		if err := s.addBatch(batch); err != nil {
			return err
		}
	}
	return nil
}

// A candidate is an event on its way into the store.
type candidate struct {
	*event.Event
	id      eventID
	strange bool
	skimmed skimmed
	subject string
	matches []rules.Match
	block   uint32
	offset  uint32
}

func (s *Store) addBatch(events []event.Event) error {
	view := s.current.Load()
	batch := make([]candidate, 0, len(events))
	fresh := make(map[eventID]bool, len(events))
	duplicates := 0
	var err error
	for i := range events {
		e := &events[i]
		if len(e.Raw) == 0 {
			err = fmt.Errorf("adding event %s: %w", e.ID, ErrNoRecord)
			break
		}
		id, strange := packID(e.ID)
		if _, known := s.index.find(id, view.chunks); known || fresh[id] {
			duplicates++
			continue
		}
		fresh[id] = true
		batch = append(batch, candidate{Event: e, id: id, strange: strange})
	}
	s.examine(batch)
	for i := range batch {
		c := &batch[i]
		c.block, c.offset = s.packer.add(view.rows+i, c.Raw)
	}
	s.publish(view, batch, duplicates)
	return err
}

// examine reads what the columns need and asks the rules, on all cores: each
// event by itself.
func (s *Store) examine(batch []candidate) {
	workers := runtime.GOMAXPROCS(0)
	share := (len(batch) + workers - 1) / workers
	if share < 32 {
		share = 32
	}
	var wait sync.WaitGroup
	for part := range slices.Chunk(batch, share) {
		wait.Go(func() {
			for i := range part {
				c := &part[i]
				c.skimmed = skim(c.Raw, s.wanted)
				c.subject = subject(c.skimmed.parameters)
				if s.set != nil {
					c.matches = s.set.Match(c.Event)
				}
			}
		})
	}
	wait.Wait()
}

// publish makes a batch visible, all of it at once.
func (s *Store) publish(view *snapshot, batch []candidate, duplicates int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(batch) == 0 && duplicates == 0 {
		return
	}
	next := *view
	next.version = s.current.Load().version + 1
	for i := range batch {
		s.append(&next, &batch[i])
	}
	s.coverage.duplicates += duplicates
	next.texts = s.values.texts
	next.identities, next.actions = s.pools.identity.list, s.pools.action.list
	next.clients, next.answers = s.pools.client.list, s.pools.answer.list
	next.records = s.packer.records
	s.current.Store(&next)
}

// append fills the next row of the columns and counts it.
func (s *Store) append(next *snapshot, c *candidate) {
	n := next.rows
	if n%chunkRows == 0 {
		next.chunks = append(next.chunks, new(chunk))
	}
	to, i := next.at(n)
	row := uint32(n) //nolint:gosec // rows are numbered in 32 bits throughout
	to.time[i], to.id[i] = unix(c.Time), c.id
	to.block[i], to.offset[i] = c.block, c.offset
	if c.strange {
		next.strange = append(next.strange, strangeID{row, c.ID})
	}
	who, what, from, answered, odd := s.combine(next, c)
	to.pools[byIdentity][i] = s.pools.identity.intern(who)
	to.pools[byAction][i] = s.pools.action.intern(what)
	to.pools[byClient][i] = s.pools.client.intern(from)
	to.pools[byAnswer][i] = s.pools.answer.intern(answered)
	to.flags[i] = c.flags(odd)
	next.rows++
	s.index.add(n, next.chunks)
	s.coverage.see(to.time[i])
	t := s.tallies[who[principalAt]]
	t.count(c, to.time[i], to.flags[i], who, from, answered)
	for _, m := range c.matches {
		s.correlator.see(t, row, m)
		if !m.Rule.Quiet {
			t.matched[m.Rule] = append(t.matched[m.Rule], row)
		}
	}
	s.delays.see(row, c)
}

func (c *candidate) flags(odd bool) flags {
	var f flags
	for _, set := range []struct {
		is   bool
		flag flags
	}{
		{c.ReadOnly, flagReadOnly},
		{c.Failed(), flagFailed},
		{denied(c.ErrorCode), flagDenied},
		{neutral(c.Source, c.Name), flagNeutral},
		{c.strange, flagStrange},
		{odd, flagOdd},
	} {
		if set.is {
			f |= set.flag
		}
	}
	return f
}

// combine interns the values of an event. odd is true if its columns may differ
// from its record.
func (s *Store) combine(next *snapshot, c *candidate) (who identity, what action, from client, answered answer, odd bool) {
	var of [fields]valueID
	of[eventName], of[eventSource] = s.text(c.Name), s.text(c.Source)
	of[awsRegion], of[errorCode] = s.text(c.Region), s.text(c.ErrorCode)
	of[sourceIPAddress], of[userAgent] = s.text(c.SourceIP), s.text(c.UserAgent)
	of[accessKeyID], of[invokedBy], of[identityType] = s.text(c.AccessKey), s.text(c.InvokedBy), s.text(c.IdentityType)
	odd = c.skimmed.odd || !c.timeAsWritten()
	for f := firstSkimmed + 1; f < fields; f++ {
		id, ok := s.values.internJSON(c.skimmed.values[f])
		of[f], odd = id, odd || !ok
	}
	for f := range fields {
		switch at := layout[f].at; layout[f].dim {
		case byIdentity:
			who[at] = of[f]
		case byAction:
			what[at] = of[f]
		case byClient:
			from[at] = of[f]
		case byAnswer:
			answered[at] = of[f]
		}
	}
	who[principalAt] = s.principal(next, c.Principal)
	who[principalNameAt], who[principalARNAt] = s.text(c.Principal.String()), s.text(c.Principal.ARN)
	who[sessionAt] = s.text(c.Session)
	what[subjectAt] = s.text(c.subject)
	answered[accountAt] = s.text(c.Account)
	return who, what, from, answered, odd
}

// text interns a field of an event, where "" means absent.
func (s *Store) text(text string) valueID {
	if text == "" {
		return absent
	}
	return s.values.internString(text)
}

// timeAsWritten reports whether the record has its time just as the column
// would write it.
func (c *candidate) timeAsWritten() bool {
	token := c.skimmed.values[eventTime]
	if token == nil {
		return c.Time.IsZero()
	}
	var text [len(`"2006-01-02T15:04:05Z"`)]byte
	return !c.Time.IsZero() && string(c.Time.AppendFormat(text[:0], `"`+time.RFC3339+`"`)) == string(token)
}

// principal is the number of a principal, which is given one at its first event.
func (s *Store) principal(next *snapshot, p event.Principal) valueID {
	id, ok := s.known[p]
	if !ok {
		id = valueID(len(s.tallies)) //nolint:gosec // no more principals than rows
		s.known[p] = id
		s.tallies = append(s.tallies, newTally(p))
		next.principals = append(next.principals, p)
	}
	return id
}
