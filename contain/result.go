package contain

import "time"

// DefaultHold is how long a containment is watched unless told otherwise.
const DefaultHold = 60 * time.Second

// An Order is the operator's word to carry a plan out.
type Order struct {
	// Reason goes into the audit log; it must not be blank.
	Reason string
	// Hold is how long to watch after the write. Zero ends at in_place.
	Hold time.Duration
	// Observe, if not nil, is called as things happen, from the goroutine that
	// called Apply. It must not block.
	Observe func(Progress)
}

// Progress is one thing seen while a plan is carried out.
type Progress struct {
	OpID   string `json:"op_id"`
	Target Target `json:"target"`
	State  State  `json:"state"`
	// At is when it was seen, in UTC: by AWS's clock where AWS answered, else
	// by this computer's.
	At time.Time `json:"at"`
	// Read is a sentence on what was done, or asked and answered.
	Read string `json:"read"`
	// Left is how much of the hold is still to come.
	Left time.Duration `json:"left"`
	// Problem is a reading that failed and is tried again; nil if none.
	Problem *Problem `json:"problem,omitempty"`
}

// A Result is how a plan ended. Its JSON form is part of the contract.
type Result struct {
	OpID    string         `json:"op_id"`
	Outcome State          `json:"outcome"`
	Targets []TargetResult `json:"targets"`
}

// A TargetResult is how it ended for one target.
type TargetResult struct {
	Target    Target          `json:"target"`
	Measures  []MeasureResult `json:"measures"`
	Warnings  []string        `json:"warnings"`
	StillOpen []Open          `json:"still_open"`
	// Note is what else was found, as a sentence: above all, that there was
	// nothing to do and nothing was written.
	Note string `json:"note,omitempty"`
	// Error is why the outcome is not the one that was asked for; nil if it is.
	Error *Problem `json:"error"`
}

// A MeasureResult is how one measure ended.
type MeasureResult struct {
	Measure Measure `json:"measure"`
	State   State   `json:"state"`
	// Since is when the state was read, in UTC, by AWS's clock where it told.
	Since time.Time `json:"since"`
	Calls []Call    `json:"calls"`
	Undo  string    `json:"undo"`
}

// An Entry is one line of the account's directory.
type Entry struct {
	Kind    Kind   `json:"kind"`
	Name    string `json:"name"`
	ARN     string `json:"arn"`
	ID      string `json:"id"`
	Account string `json:"account"`
	Path    string `json:"path"`
	// Created is in UTC.
	Created time.Time `json:"created"`
	// Contained is nil: not asked. Status asks.
	Contained *bool `json:"contained"`
	// WhyNot says why it cannot be contained; empty if it can, as far as its
	// name and path tell.
	WhyNot string `json:"why_not,omitempty"`
}
