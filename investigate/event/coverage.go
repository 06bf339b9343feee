package event

import "time"

// Coverage says how much of the evidence was read: what was skipped, what
// failed, and up to when it is complete. Nothing may be called absent without
// it. Its JSON form is part of the contract.
type Coverage struct {
	// Files counts what the source found to read: files, or for an API the
	// Regions asked. Read counts those of them read to the end.
	Files int `json:"files"`
	Read  int `json:"read"`
	// Skipped lists what is not a log at all; Failed lists what should have
	// been read and could not be, in whole or in part. Neither is ever nil.
	Skipped []Gap `json:"skipped"`
	Failed  []Gap `json:"failed"`
	// Partial is true while anything is still to be read, and for ever if
	// something failed or the reading was cut off.
	Partial bool `json:"partial"`
	// Events counts distinct events; Duplicates counts further copies.
	Events     int `json:"events"`
	Duplicates int `json:"duplicates"`
	// OutsideWindow counts events that were read and left out because they are
	// outside the time asked for. No other count has them.
	OutsideWindow int `json:"outside_window,omitempty"`
	// From and To are the times of the oldest and newest event, and CompleteTo
	// the time up to which nothing is missing because of late delivery. All
	// are UTC and nil for "not known".
	From       *time.Time `json:"from"`
	To         *time.Time `json:"to"`
	CompleteTo *time.Time `json:"complete_to"`
}

// A Gap is one thing that was not read, and why.
type Gap struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}
