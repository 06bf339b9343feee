package investigate

import (
	"cordon/investigate/event"
	"cordon/investigate/rules"
)

// A tally counts one principal's events as they are added, so that a ranking
// need not look at them again.
type tally struct {
	principal              event.Principal
	events, errors, denied int
	first, last            int64
	sourceIPs, accessKeys  set
	regions                set
	agents                 map[valueID]int
	invokedBy              map[valueID]int
	sessions               map[valueID]*sessionTally
	matched                map[*rules.Rule][]uint32 // the rows that a rule matched
	correlates             []hit

	// ranked is the principal's place as of when it was last worked out, early
	// how many of its rows were left out then. stale is set by new events.
	ranked Ranked
	early  int
	stale  bool
}

type sessionTally struct {
	accessKeys, sourceIPs set
	first, last           int64
	events                int
}

type set map[valueID]struct{}

func (s set) add(id valueID) {
	if id != absent {
		s[id] = struct{}{}
	}
}

func newTally(p event.Principal) *tally {
	return &tally{
		principal: p, first: noTime, last: noTime,
		sourceIPs: set{}, accessKeys: set{}, regions: set{},
		agents: map[valueID]int{}, invokedBy: map[valueID]int{},
		sessions: map[valueID]*sessionTally{}, matched: map[*rules.Rule][]uint32{},
	}
}

// count counts one event. Where an AWS service called on the principal's behalf,
// the call is the principal's, but the address is the service's, and the key is
// one that the service was lent for the one call: neither is listed. Source:
// "Forward access sessions", IAM user guide.
func (t *tally) count(c *candidate, at int64, f flags, who identity, from client, answered answer) {
	t.stale = true
	t.events++
	if f&flagFailed != 0 {
		t.errors++
	}
	if f&flagDenied != 0 {
		t.denied++
	}
	t.first, t.last = widen(t.first, t.last, at)
	t.regions.add(answered[layout[awsRegion].at])
	t.agents[from[layout[userAgent].at]]++
	key, ip, session := who[layout[accessKeyID].at], from[layout[sourceIPAddress].at], who[sessionAt]
	if c.InvokedBy != "" && t.principal.Kind != event.Service {
		t.invokedBy[who[layout[invokedBy].at]]++
		if session == key {
			return
		}
		key, ip = absent, absent
	}
	t.sourceIPs.add(ip)
	t.accessKeys.add(key)
	if session == absent {
		return
	}
	s := t.sessions[session]
	if s == nil {
		s = &sessionTally{accessKeys: set{}, sourceIPs: set{}, first: noTime, last: noTime}
		t.sessions[session] = s
	}
	s.events++
	s.accessKeys.add(key)
	s.sourceIPs.add(ip)
	s.first, s.last = widen(s.first, s.last, at)
}

// widen makes a span of time include at.
func widen(first, last, at int64) (int64, int64) {
	if at == noTime {
		return first, last
	}
	if first == noTime || at < first {
		first = at
	}
	return first, max(last, at)
}
