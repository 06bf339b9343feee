package investigate

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/rules"
	"cordon/investigate/source"
)

// A Ranking is every principal that acted, the most suspicious first, with how
// much was read. Its JSON form is the contract of "cordon rank --format json".
type Ranking struct {
	Source     source.Origin  `json:"source"`
	Coverage   event.Coverage `json:"coverage"`
	Principals []Ranked       `json:"principals"`
}

// A Ranked is one principal's place in a ranking, and why it has it. No list is
// ever nil. Times are UTC, and zero where no event has one.
type Ranked struct {
	// Rank counts from 1.
	Rank        int        `json:"rank"`
	Kind        event.Kind `json:"kind"`
	Name        string     `json:"name"`
	Account     string     `json:"account"`
	ARN         string     `json:"arn"`
	Containable bool       `json:"containable"`
	// WhyNot is one sentence with what to do instead; empty if Containable.
	WhyNot string `json:"why_not"`
	// Score is the sum of what the findings add. Level is the level of alarm
	// that it amounts to: High and Critical are an alarm.
	Score int         `json:"score"`
	Level event.Level `json:"level"`
	// Events counts distinct events; Errors those that failed, Denied those
	// of them that failed for want of permission.
	Events int       `json:"events"`
	Errors int       `json:"errors"`
	Denied int       `json:"denied"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
	// SourceIPs, AccessKeys and Regions are sorted.
	SourceIPs  []string `json:"source_ips"`
	AccessKeys []string `json:"access_keys"`
	Regions    []string `json:"regions"`
	// Sessions are in order of their first event.
	Sessions []Session `json:"sessions"`
	// Findings are in order of what they add.
	Findings []event.Finding `json:"findings"`
	// Suppressed says what was left out of account, or held back, and why.
	Suppressed []Suppression `json:"-"`
	// Badges name the infrastructure-as-code tools that the principal's user
	// agents claim to be. They change nothing: an attacker may use them too.
	Badges []string `json:"-"`
}

// Principal is the principal itself.
func (r Ranked) Principal() event.Principal {
	return event.Principal{Kind: r.Kind, Name: r.Name, Account: r.Account, ARN: r.ARN}
}

// A Session is one use of a principal through one credential.
type Session struct {
	ID         string    `json:"id"`
	AccessKeys []string  `json:"access_keys"`
	SourceIPs  []string  `json:"source_ips"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
	Events     int       `json:"events"`
}

// A Suppression is something that did not count as it might have.
type Suppression struct {
	// Reason is one sentence, with the number of events in it.
	Reason string
	// Events counts the events concerned; 0 if it is not about events.
	Events int
}

// Rank returns the ranking of the store as it is. It is computed once for each
// Version, and shared: it must not be changed.
func (s *Store) Rank() Ranking {
	s.mu.Lock()
	defer s.mu.Unlock()
	view := s.current.Load()
	if s.ranked == view.version {
		return s.ranking
	}
	early := s.delays.rows()
	changed := s.correlator.refresh(view, early)
	tooEarly := make([]int, len(s.tallies))
	for row := range early {
		c, i := view.at(int(row))
		tooEarly[view.identities[c.pools[byIdentity][i]][principalAt]]++
	}
	var stale []*tally
	for i, t := range s.tallies {
		if t.stale || changed[t.principal] || t.early != tooEarly[i] {
			t.stale, t.early = false, tooEarly[i]
			stale = append(stale, t)
		}
	}
	rankAll(view, s.correlator, early, stale)
	ranking := Ranking{
		Source:     s.coverage.origin(),
		Coverage:   s.coverage.coverage(view.rows, s.now()),
		Principals: make([]Ranked, 0, len(s.tallies)),
	}
	for _, t := range s.tallies {
		ranking.Principals = append(ranking.Principals, t.ranked)
	}
	slices.SortFunc(ranking.Principals, moreSuspicious)
	for i := range ranking.Principals {
		ranking.Principals[i].Rank = i + 1
	}
	s.ranking, s.ranked = ranking, view.version
	return ranking
}

// moreSuspicious orders a ranking: by score, then level, then denied calls, then
// the latest event; what is left is ordered by name, so that the order is always
// the same.
func moreSuspicious(a, b Ranked) int {
	return cmp.Or(
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(b.Level.Rank(), a.Level.Rank()),
		cmp.Compare(b.Denied, a.Denied),
		b.Last.Compare(a.Last),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Account, b.Account),
		cmp.Compare(a.ARN, b.ARN),
	)
}

// rankAll works out the places of some principals, on all cores.
func rankAll(view *snapshot, c *correlator, early map[uint32]bool, stale []*tally) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(stale)) {
		wait.Go(func() {
			r := ranker{view: view, correlator: c, early: early, badges: map[valueID]string{}}
			for i := int(next.Add(1)) - 1; i < len(stale); i = int(next.Add(1)) - 1 {
				stale[i].ranked = r.ranked(stale[i])
			}
		})
	}
	wait.Wait()
}

// A ranker turns tallies into ranked principals.
type ranker struct {
	view       *snapshot
	correlator *correlator
	early      map[uint32]bool // denied because a role was too new
	badges     map[valueID]string
}

func (r *ranker) ranked(t *tally) Ranked {
	p := t.principal
	out := Ranked{
		Kind: p.Kind, Name: p.Name, Account: p.Account, ARN: p.ARN,
		Events: t.events, Errors: t.errors, Denied: t.denied,
		First: fromUnix(t.first), Last: fromUnix(t.last),
		SourceIPs: r.texts(t.sourceIPs), AccessKeys: r.texts(t.accessKeys), Regions: r.texts(t.regions),
		Sessions: r.sessions(t), Findings: []event.Finding{}, Badges: r.badgesOf(t),
	}
	out.Containable, out.WhyNot = p.Containable()
	evidence := r.evidence(t)
	v := judge(evidence)
	out.Score, out.Level, out.Suppressed = v.score, v.level, r.suppressed(t, v)
	for _, e := range evidence {
		out.Findings = append(out.Findings, r.finding(e))
	}
	return out
}

func (r *ranker) texts(ids set) []string {
	texts := make([]string, 0, len(ids))
	for id := range ids {
		texts = append(texts, r.view.texts[id])
	}
	slices.Sort(texts)
	return texts
}

func (r *ranker) sessions(t *tally) []Session {
	sessions := make([]Session, 0, len(t.sessions))
	for id, s := range t.sessions {
		sessions = append(sessions, Session{
			ID: r.view.texts[id], AccessKeys: r.texts(s.accessKeys), SourceIPs: r.texts(s.sourceIPs),
			First: fromUnix(s.first), Last: fromUnix(s.last), Events: s.events,
		})
	}
	slices.SortFunc(sessions, func(a, b Session) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.ID, b.ID))
	})
	return sessions
}

// evidence are the principal's findings, each with its rows in order of time.
func (r *ranker) evidence(t *tally) []*evidence {
	var found []*evidence
	within := r.correlator.correlate(r.view, t.correlates, true, r.early)[t.principal]
	across := r.correlator.found[t.principal]
	for _, rows := range []map[*rules.Rule][]uint32{t.matched, within, across} {
		for rule, rows := range rows {
			kept := make([]uint32, 0, len(rows))
			for _, row := range rows {
				if !r.early[row] {
					kept = append(kept, row)
				}
			}
			slices.SortFunc(kept, r.view.before)
			if kept = slices.Compact(kept); len(kept) > 0 {
				found = append(found, &evidence{rule: rule, rows: kept})
			}
		}
	}
	return found
}

func (r *ranker) finding(e *evidence) event.Finding {
	f := event.Finding{
		Rule: e.rule.ID, Title: e.rule.Title, Level: e.rule.Level, Playbook: e.rule.Playbook,
		Attack: append([]string{}, e.rule.Attack...), Count: len(e.rows), EventIDs: make([]string, 0, len(e.rows)),
	}
	first, last := int64(noTime), int64(noTime)
	for _, row := range e.rows {
		f.EventIDs = append(f.EventIDs, r.view.id(int(row)))
		c, i := r.view.at(int(row))
		first, last = widen(first, last, c.time[i])
	}
	f.First, f.Last = fromUnix(first), fromUnix(last)
	f.Why = r.seen(e.rows) + "; " + e.effect()
	return f
}

// badgesOf names the tools that the principal's user agents claim to be.
func (r *ranker) badgesOf(t *tally) []string {
	names := map[string]bool{}
	for agent := range t.agents {
		name, known := r.badges[agent]
		if !known {
			name = badge(r.view.texts[agent])
			r.badges[agent] = name
		}
		if name != "" {
			names[name] = true
		}
	}
	return append([]string{}, slices.Sorted(maps.Keys(names))...)
}

// automation are the marks that infrastructure-as-code tools leave in the user
// agent. Sources: real records; the providers' own code (terraform-provider-aws,
// pulumi-aws, aws-cdk); "CloudTrail userIdentity element" for CloudFormation.
var automation = []struct{ mark, name string }{
	{"Terraform/", "Terraform"},
	{"OpenTofu/", "OpenTofu"},
	{"Pulumi/", "Pulumi"},
	{"aws-cdk/", "AWS CDK"},
	{"cloudformation.amazonaws.com", "CloudFormation"},
}

func badge(agent string) string {
	for _, a := range automation {
		if strings.Contains(agent, a.mark) {
			return a.name
		}
	}
	return ""
}
