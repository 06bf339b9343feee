package event

import "time"

// Level is how bad a finding is, in Sigma's words.
type Level string

// The levels, mildest first.
const (
	Informational Level = "informational"
	Low           Level = "low"
	Medium        Level = "medium"
	High          Level = "high"
	Critical      Level = "critical"
)

// Rank orders levels: 0 for informational, 4 for critical, and 0 for a word that
// is no level.
func (l Level) Rank() int {
	switch l {
	case Low:
		return 1
	case Medium:
		return 2
	case High:
		return 3
	case Critical:
		return 4
	}
	return 0
}

// A Finding is a rule that matched for a principal, with its events. Its JSON
// form is part of the contract of "cordon rank --format json".
type Finding struct {
	// Rule is the rule's id, Title its one-line name.
	Rule  string `json:"rule"`
	Title string `json:"title"`
	Level Level  `json:"level"`
	// Attack lists MITRE ATT&CK ids ("T1098.003").
	Attack []string `json:"attack"`
	// Count is how many events matched; EventIDs names them, oldest first.
	Count int       `json:"count"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	// EventIDs is never nil, so that it is never null in JSON.
	EventIDs []string `json:"event_ids"`
	// Why is one sentence: what was seen, and what it adds to the score.
	Why string `json:"why"`
	// Playbook names the page that answers the finding; empty for none.
	Playbook string `json:"playbook"`
}
