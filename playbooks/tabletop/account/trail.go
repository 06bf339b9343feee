package account

import (
	"cmp"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// lookupsPerSecond is AWS's limit on LookupEvents, per account and Region.
//
// Source: LookupEvents, CloudTrail API reference.
const lookupsPerSecond = 2

// The attributes that LookupEvents can look events up by.
const (
	byEventID      = "EventId"
	byEventName    = "EventName"
	byReadOnly     = "ReadOnly"
	byUsername     = "Username"
	byResourceType = "ResourceType"
	byResourceName = "ResourceName"
	byEventSource  = "EventSource"
	byAccessKeyID  = "AccessKeyId"
)

// A trail holds the account's events in the order recorded, and finds those of
// one Region and one attribute without looking at the others.
type trail struct {
	entries  []*entry
	lists    map[attribute]*list
	limiters map[string]*rate.Limiter
	limit    rate.Limit
}

// An entry is one event: its record, and what LookupEvents says beside it.
type entry struct {
	id, name, source, region string
	username, accessKey      string
	readOnly                 bool
	at                       time.Time
	resources                []resource
	raw                      []byte
}

type resource struct{ kind, name string }

// An attribute is what a list of events has in common; no key means all of a
// Region's events.
type attribute struct{ region, key, value string }

// A list holds positions in entries, by time. Events are nearly always added
// in the order of time; sorting waits until one was not, and the list is read.
type list struct {
	at       []int32
	unsorted bool
}

func newTrail(perSecond float64) *trail {
	t := &trail{lists: map[attribute]*list{}, limiters: map[string]*rate.Limiter{}, limit: rate.Limit(perSecond)}
	if perSecond < 0 {
		t.limit = rate.Inf
	}
	return t
}

func (t *trail) len() int { return len(t.entries) }

// allow spends one of a Region's lookups, and reports whether there was one.
func (t *trail) allow(region string, now time.Time) bool {
	l, ok := t.limiters[region]
	if !ok {
		l = rate.NewLimiter(t.limit, max(1, int(lookupsPerSecond)))
		t.limiters[region] = l
	}
	return l.AllowN(now, 1)
}

func (t *trail) add(e *entry) {
	position := int32(len(t.entries)) // #nosec G115 -- two thousand million records do not fit in memory
	t.entries = append(t.entries, e)
	for _, a := range e.attributes() {
		l, ok := t.lists[a]
		if !ok {
			l = &list{}
			t.lists[a] = l
		}
		if n := len(l.at); n > 0 && e.at.Before(t.entries[l.at[n-1]].at) {
			l.unsorted = true
		}
		l.at = append(l.at, position)
	}
}

// truncate forgets all but the first n events recorded.
func (t *trail) truncate(n int) {
	clear(t.entries[n:])
	t.entries = t.entries[:n]
	clear(t.limiters)
	for a, l := range t.lists {
		l.at = slices.DeleteFunc(l.at, func(p int32) bool { return int(p) >= n })
		if len(l.at) == 0 {
			delete(t.lists, a)
		}
	}
}

// find returns the positions of an attribute's events, oldest first.
func (t *trail) find(a attribute) []int32 {
	l, ok := t.lists[a]
	if !ok {
		return nil
	}
	if l.unsorted {
		slices.SortFunc(l.at, t.compare)
		l.unsorted = false
	}
	return l.at
}

// compare orders two positions by time, then by the order recorded.
func (t *trail) compare(a, b int32) int {
	if c := t.entries[a].at.Compare(t.entries[b].at); c != 0 {
		return c
	}
	return cmp.Compare(a, b)
}

func (t *trail) records() [][]byte {
	order := make([]int32, len(t.entries))
	for i := range order {
		order[i] = int32(i) // #nosec G115 -- as in add
	}
	slices.SortFunc(order, t.compare)
	records := make([][]byte, len(order))
	for i, p := range order {
		records[i] = t.entries[p].raw
	}
	return records
}

func (e *entry) attributes() []attribute {
	readOnly := "false"
	if e.readOnly {
		readOnly = "true"
	}
	all := []attribute{
		{e.region, "", ""},
		{e.region, byEventID, e.id},
		{e.region, byEventName, e.name},
		{e.region, byEventSource, e.source},
		{e.region, byReadOnly, readOnly},
	}
	if e.username != "" {
		all = append(all, attribute{e.region, byUsername, e.username})
	}
	if e.accessKey != "" {
		all = append(all, attribute{e.region, byAccessKeyID, e.accessKey})
	}
	for _, r := range e.resources {
		kind := attribute{e.region, byResourceType, r.kind}
		if !slices.Contains(all, kind) {
			all = append(all, kind)
		}
		name := attribute{e.region, byResourceName, r.name}
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
