package investigate

import (
	"strings"
	"time"

	"cordon/investigate/event"
)

// A snapshot is the store as it was at one moment. It never changes: what the
// writer adds later lies behind the ends of its slices.
type snapshot struct {
	version    uint64
	rows       int
	chunks     []*chunk
	texts      []string
	identities []identity
	actions    []action
	clients    []client
	answers    []answer
	principals []event.Principal
	strange    []strangeID
	records    records
}

// A strangeID is the ID of a row whose ID is not a UUID.
type strangeID struct {
	row uint32
	id  string
}

// at is where row n is: its chunk, and its place there.
func (s *snapshot) at(n int) (*chunk, int) { return s.chunks[n/chunkRows], n % chunkRows }

// entries is how many distinct combinations a dimension has.
func (s *snapshot) entries(d dimension) int {
	switch d {
	case byIdentity:
		return len(s.identities)
	case byAction:
		return len(s.actions)
	case byClient:
		return len(s.clients)
	default:
		return len(s.answers)
	}
}

// entry is one combination of a dimension.
func (s *snapshot) entry(d dimension, i uint32) []valueID {
	switch d {
	case byIdentity:
		return s.identities[i][:]
	case byAction:
		return s.actions[i][:]
	case byClient:
		return s.clients[i][:]
	default:
		return s.answers[i][:]
	}
}

// value is the value of a field in a row; the time is none.
func (s *snapshot) value(n int, f field) valueID {
	c, i := s.at(n)
	l := layout[f]
	return s.entry(l.dim, c.pools[l.dim][i])[l.at]
}

// row returns the columns of row n.
func (s *snapshot) row(n int) Row {
	c, i := s.at(n)
	who := s.identities[c.pools[byIdentity][i]]
	what := s.actions[c.pools[byAction][i]]
	from := s.clients[c.pools[byClient][i]]
	answer := s.answers[c.pools[byAnswer][i]]
	text := func(tuple []valueID, f field) string { return s.texts[tuple[layout[f].at]] }
	return Row{
		N:         n,
		ID:        s.id(n),
		Time:      fromUnix(c.time[i]),
		Name:      text(what[:], eventName),
		Source:    text(what[:], eventSource),
		Region:    text(answer[:], awsRegion),
		Account:   s.texts[answer[accountAt]],
		SourceIP:  text(from[:], sourceIPAddress),
		UserAgent: text(from[:], userAgent),
		ErrorCode: text(answer[:], errorCode),
		AccessKey: text(who[:], accessKeyID),
		InvokedBy: text(who[:], invokedBy),
		Principal: s.principals[who[principalAt]],
		Session:   s.texts[who[sessionAt]],
		Subject:   s.texts[what[subjectAt]],
		ReadOnly:  c.flags[i]&flagReadOnly != 0,
		Failed:    c.flags[i]&flagFailed != 0,
		Denied:    c.flags[i]&flagDenied != 0,
	}
}

// id is the ID of row n.
func (s *snapshot) id(n int) string {
	c, i := s.at(n)
	if c.flags[i]&flagStrange == 0 {
		return c.id[i].String()
	}
	lo, hi := 0, len(s.strange)
	for lo < hi {
		mid := (lo + hi) / 2
		if int(s.strange[mid].row) < n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return s.strange[lo].id
}

// before is the order of time: rows of one second are in the order of their
// IDs, so that the order does not depend on which file was read first.
func (s *snapshot) before(a, b uint32) int {
	ca, i := s.at(int(a))
	cb, j := s.at(int(b))
	switch {
	case ca.time[i] < cb.time[j]:
		return -1
	case ca.time[i] > cb.time[j]:
		return 1
	}
	return strings.Compare(string(ca.id[i][:]), string(cb.id[j][:]))
}

// principal is the number of a principal; ok is false if it never acted.
func (s *snapshot) principal(p event.Principal) (id valueID, ok bool) {
	for i, known := range s.principals {
		if known == p {
			return valueID(i), true //nolint:gosec // no more principals than rows
		}
	}
	return 0, false
}

// span is the time of the oldest and the newest event; nil where none has a
// time.
func span(first, last int64) (from, to *time.Time) {
	if last == noTime {
		return nil, nil
	}
	f, t := fromUnix(first), fromUnix(last)
	return &f, &t
}

// record is the raw record of row n. It must not be changed.
func (s *snapshot) record(n int) ([]byte, error) {
	c, i := s.at(n)
	return s.records.read(c.block[i], c.offset[i])
}
