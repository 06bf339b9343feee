package investigate

import (
	"cmp"
	"slices"
	"time"

	"cordon/investigate/event"
)

// Facts are what a principal did, counted. Lists are in order of count, the
// greatest first.
type Facts struct {
	Principal event.Principal
	// Events counts distinct events; Errors those that failed, Denied those of
	// them that failed for want of permission, Writes those that are not read
	// only by the record's own word.
	Events, Errors, Denied, Writes int
	// First and Last are in UTC; zero if no event has a time.
	First, Last time.Time
	// Names counts event names, ErrorCodes the codes of those that failed with
	// one.
	Names, ErrorCodes               []Count
	Services, UserAgents, SourceIPs []Count
	Regions, AccessKeys, Accounts   []Count
}

// A Count is a value and the number of events that have it.
type Count struct {
	Value string
	Count int
	// Failed counts those of the events that failed.
	Failed int
	// First and Last are in UTC; zero if no event has a time.
	First, Last time.Time
}

// Facts counts the principal's events. It is computed from the columns each
// time; a principal that never acted has none.
func (s *Store) Facts(p event.Principal) Facts {
	view := s.current.Load()
	facts := Facts{Principal: p}
	first, last := int64(noTime), int64(noTime)
	var counts [fields]counter
	for f := range counts {
		counts[f] = counter{}
	}
	counted := []field{eventName, errorCode, eventSource, userAgent, sourceIPAddress, awsRegion, accessKeyID}
	accounts := counter{}
	view.each(p, func(_ int, c *chunk, i int) {
		f := c.flags[i]
		facts.Events++
		facts.Errors += one(f&flagFailed != 0)
		facts.Denied += one(f&flagDenied != 0)
		facts.Writes += one(f&flagReadOnly == 0)
		first, last = widen(first, last, c.time[i])
		for _, of := range counted {
			l := layout[of]
			counts[of].add(view.entry(l.dim, c.pools[l.dim][i])[l.at], c.time[i], f)
		}
		accounts.add(view.answers[c.pools[byAnswer][i]][accountAt], c.time[i], f)
	})
	facts.First, facts.Last = fromUnix(first), fromUnix(last)
	facts.Names, facts.ErrorCodes = counts[eventName].list(view.texts), counts[errorCode].list(view.texts)
	facts.Services, facts.UserAgents = counts[eventSource].list(view.texts), counts[userAgent].list(view.texts)
	facts.SourceIPs, facts.Regions = counts[sourceIPAddress].list(view.texts), counts[awsRegion].list(view.texts)
	facts.AccessKeys, facts.Accounts = counts[accessKeyID].list(view.texts), accounts.list(view.texts)
	return facts
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

type counter map[valueID]*valueCount

type valueCount struct {
	events, failed int
	first, last    int64
}

func (c counter) add(id valueID, at int64, f flags) {
	if id == absent {
		return
	}
	v := c[id]
	if v == nil {
		v = &valueCount{first: noTime, last: noTime}
		c[id] = v
	}
	v.events++
	v.failed += one(f&flagFailed != 0)
	v.first, v.last = widen(v.first, v.last, at)
}

func (c counter) list(texts []string) []Count {
	out := make([]Count, 0, len(c))
	for id, v := range c {
		out = append(out, Count{texts[id], v.events, v.failed, fromUnix(v.first), fromUnix(v.last)})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out
}
