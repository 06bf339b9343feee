// Package rules reads Sigma rules and finds what they describe in CloudTrail
// events: rules over one event, and correlations over several.
//
// How it fits: a rule's detection compiles into the project's one predicate,
// query.Expr. A Set knows by eventName and eventSource which rules can concern
// an event, so that most rules cost nothing for most events, and an event's JSON
// is parsed once, and only for a rule that needs more than the common fields.
// What is found is handed on as Match and Correlated; turning them into findings
// of a principal belongs to package investigate.
//
// Rules of the package:
//
//   - A rule that cannot be used is named with the reason (Problem), and the rest
//     go on. Nothing in a rule is ignored: an unknown modifier makes the rule
//     unusable, because leaving it out would make another rule of it.
//   - A rule that every event would match is refused.
//   - A failed call matches as a successful one does, unless the rule asks for
//     errorCode: the attempt counts.
//   - The embedded rules are the project's own. They name no attack tool and no
//     resource that only a test would have.
//
// Sources: "Sigma Rules Specification", "Sigma Modifiers" and "Sigma Correlation
// Rules Specification", https://github.com/SigmaHQ/sigma-specification, v2.
package rules

import (
	"embed"
	"fmt"
	"slices"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/query"
)

// A Rule is one Sigma rule, or one Sigma correlation of other rules. It is not
// changed after loading.
type Rule struct {
	// ID is the rule's id, or its place in the files if it has none. Name is
	// what correlations may refer to it by; often empty.
	ID, Name           string
	Title, Description string
	Status, Author     string
	// Date is the day the rule was written, as it stands there.
	Date       string
	References []string
	// Level is Medium for a rule that states none.
	Level event.Level
	// Attack lists MITRE ATT&CK technique ids ("T1098.003") and Tactics the
	// tactics ("persistence"), from the tags; two rules that share no tactic
	// are two kinds of evidence.
	Attack, Tactics []string
	FalsePositives  []string
	// Playbook names the page that answers the rule; empty for none.
	Playbook string
	// File and Line say where the rule was read.
	File string
	Line int
	// Quiet is true of a rule that only feeds correlations: by itself it gives
	// no finding. In Sigma the correlation says so, by lacking "generate: true".
	Quiet bool
	// Expr is the rule's predicate; nil for a correlation.
	Expr *query.Expr
	// Correlation is how matches of other rules combine; nil for other rules.
	Correlation *Correlation

	// values are the fields of a matching event that correlations read.
	values []string
	// feeds is true if a correlation refers to the rule.
	feeds bool
}

// A Problem is a rule, or a file of rules, that is not used.
type Problem struct {
	File string
	Line int    // 0 if not known
	Rule string // the rule's title or id; empty if not known
	// Reason says why in one line. It may quote the file, so it goes through
	// package clean before a person sees it.
	Reason string
	// Skipped is true of a rule with nothing wrong with it that is for other
	// logs than CloudTrail's.
	Skipped bool
}

// String is "file:line: rule: reason".
func (p Problem) String() string {
	s := p.File
	if p.Line > 0 {
		s = fmt.Sprintf("%s:%d", s, p.Line)
	}
	if p.Rule != "" {
		s += ": " + p.Rule
	}
	return s + ": " + p.Reason
}

// A Match is one event that one rule matched.
type Match struct {
	Rule *Rule
	// ID, Time and Principal are the event's.
	ID        string
	Time      time.Time
	Principal event.Principal
	// Values are the fields that correlations of this rule group by or count,
	// those that the event has; nil if there are none.
	Values map[string]string
	// Failed is true if the call was turned down or did not work.
	Failed bool
}

// A Set is rules that are in force together. It is read-only: any number of
// goroutines may use it.
type Set struct {
	rules []*Rule
	index index
}

//go:embed */*.yml
var embedded embed.FS

// Embedded returns the project's own rules.
func Embedded() (*Set, error) {
	set, problems, err := Load(embedded)
	if err != nil {
		return nil, fmt.Errorf("loading the embedded rules: %w", err)
	}
	if len(problems) > 0 {
		return nil, fmt.Errorf("loading the embedded rules: %s", problems[0])
	}
	return set, nil
}

func newSet(all []*Rule) *Set {
	return &Set{rules: all, index: newIndex(all)}
}

// Rules returns every rule, correlations included, in the order of their files.
func (s *Set) Rules() []*Rule { return slices.Clone(s.rules) }

// Match returns the rules, correlations aside, that match this event, in the
// order of Rules. It includes the quiet ones, which Correlate needs.
func (s *Set) Match(e *event.Event) []Match {
	var found []Match
	var record *query.Record
	s.index.candidates(e, func(r *Rule) {
		if record == nil {
			record = query.NewRecord(e)
		}
		if !r.Expr.Match(record) {
			return
		}
		found = append(found, Match{
			Rule: r, ID: e.ID, Time: e.Time, Principal: e.Principal,
			Values: r.read(record), Failed: e.Failed(),
		})
	})
	slices.SortStableFunc(found, func(a, b Match) int { return s.index.order[a.Rule] - s.index.order[b.Rule] })
	return found
}
