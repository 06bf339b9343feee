package investigate

import (
	"time"

	"cordon/investigate/event"
)

// Answers counts what AWS answered a principal's calls after some moment. It is
// evidence of whether a containment is in force; it does not say what caused a
// denial.
type Answers struct {
	// Denied calls failed for want of permission; Succeeded did not fail. Other
	// calls failed for another reason, which tells neither.
	Denied, Succeeded, Other int
	// FirstDenied and LastSucceeded are in UTC; zero if there was none.
	FirstDenied, LastSucceeded time.Time
	// DeniedID is the event that FirstDenied is the time of.
	DeniedID string
}

// AnswersAfter counts the answers to the principal's calls after t. Sign-ins,
// GetCallerIdentity and GetSessionToken count neither way, as no policy denies
// them. CloudTrail's times are whole seconds, cut off: an event of the second in
// which t lies is taken to be before it.
func (s *Store) AnswersAfter(p event.Principal, t time.Time) Answers {
	view := s.current.Load()
	var a Answers
	first := int64(noTime)
	view.each(p, func(n int, c *chunk, i int) {
		at := c.time[i]
		if at == noTime || !fromUnix(at).After(t) || c.flags[i]&flagNeutral != 0 {
			return
		}
		switch f := c.flags[i]; {
		case f&flagDenied != 0:
			a.Denied++
			if id := view.id(n); first == noTime || at < first || at == first && id < a.DeniedID {
				first, a.DeniedID = at, id
			}
		case f&flagFailed != 0:
			a.Other++
		default:
			a.Succeeded++
			if succeeded := fromUnix(at); succeeded.After(a.LastSucceeded) {
				a.LastSucceeded = succeeded
			}
		}
	})
	a.FirstDenied = fromUnix(first)
	return a
}

// each visits the rows of a principal, in the order of their numbers.
func (s *snapshot) each(p event.Principal, visit func(n int, c *chunk, i int)) {
	number, ok := s.principal(p)
	if !ok {
		return
	}
	is := make([]bool, len(s.identities))
	for i := range s.identities {
		is[i] = s.identities[i][principalAt] == number
	}
	for n := 0; n < s.rows; n += chunkRows {
		c := s.chunks[n/chunkRows]
		column := &c.pools[byIdentity]
		for i := range min(chunkRows, s.rows-n) {
			if is[column[i]] {
				visit(n+i, c, i)
			}
		}
	}
}
