package contain

import (
	"time"
)

// A Plan is what would be done to one target, as it was when the plan was
// made. It is a value: changing a copy changes what is shown, and never what
// Apply does.
type Plan struct {
	OpID    string  `json:"op_id"`
	Op      Op      `json:"op"`
	Measure Measure `json:"measure"`
	// Made is when, in UTC, by this computer's clock.
	Made    time.Time `json:"made"`
	Account string    `json:"account"`
	// Alias is the account's alias; empty if it has none or it cannot be read.
	Alias  string `json:"alias"`
	Caller Caller `json:"caller"`
	Target Target `json:"target"`

	// Calls are the writes, exactly. None means that there is nothing to do:
	// see Already.
	Calls []Call `json:"calls"`
	// PolicyName and Policy are the inline policy that will stand, or for a
	// release the first that will go.
	PolicyName string `json:"policy_name"`
	Policy     string `json:"policy"`
	// Already says why there is nothing to write: the target is contained, or
	// released, already.
	Already string `json:"already,omitempty"`

	// Standing are the inline policies that deny everything on the target now.
	Standing []Standing `json:"standing"`
	// BlastRadius are the facts about the target, each known or not.
	BlastRadius []Fact `json:"blast_radius"`
	// StillOpen is what the deny will not stop; for a release, what the target
	// can do again at once.
	StillOpen []Open `json:"still_open"`
	// Warnings are sentences for the operator to weigh.
	Warnings []string `json:"warnings"`
	// Undo says how to take it back: a cordon command, then what it does.
	Undo string `json:"undo"`

	// steps is what Apply does.
	steps *steps
}

// steps are kept apart from what a plan shows, so that nothing a face does to
// a plan changes what is written to the account.
type steps struct {
	op      Op
	opID    string
	measure Measure
	caller  Caller
	target  Target
	// deny is what a containment writes.
	deny policy
	// stands is the policy of cordon's that is there already, if any.
	stands *policy
	// remove is what a release removes.
	remove []policy
	before map[string]string
	open   []Open
}

// A Call is one write to AWS.
type Call struct {
	// API is the operation as IAM policies write it: iam:PutUserPolicy.
	API    string            `json:"api"`
	Params map[string]string `json:"params"`
	// CLI is the equivalent AWS CLI command, quoted for a POSIX shell.
	CLI string `json:"cli"`
	// RequestID and Error are AWS's answer; both empty before the call.
	RequestID string `json:"request_id,omitempty"`
	Error     string `json:"error,omitempty"`
}

// Standing is an inline policy on a target that denies everything.
type Standing struct {
	Name string `json:"name"`
	// OpID is the operation that put it there; empty if it was put by hand.
	OpID string `json:"op_id"`
	// Document is the policy as it stands, decoded.
	Document string `json:"document"`
	// Alone tells whether the policy says nothing else: only then can a release
	// adopt it.
	Alone bool `json:"alone"`
}

// A Fact is one thing that was asked about the target. If Unknown is empty,
// Values is the whole answer, and no values means that there are none.
type Fact struct {
	// Name is stable, for programs: "access_keys". Title is for people.
	Name   string   `json:"name"`
	Title  string   `json:"title"`
	Values []string `json:"values"`
	// Unknown says why the answer is not known, as a sentence.
	Unknown string `json:"unknown,omitempty"`
}

// Open is a way that stays open.
type Open struct {
	// Name is stable, for programs.
	Name string `json:"name"`
	// Text is a sentence or two: what, and what to do about it.
	Text string `json:"text"`
	// Source is where AWS says so.
	Source string `json:"source,omitempty"`
}

// ReleaseOptions of a plan to release.
type ReleaseOptions struct {
	// Adopt also removes policies that deny everything, say nothing else, and
	// were not put there by cordon.
	Adopt bool
}
