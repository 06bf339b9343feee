// Package audit keeps the log of everything that cordon did, or tried to do,
// to an account: append-only, one JSON object a line, each carrying the
// SHA-256 of the one before it.
//
// Its rules:
//
//   - Intent is on the disk before the call to AWS, and outcome after it. A
//     record that could not be written, or synced, is an error that stops the
//     action; it is never dropped.
//   - Nothing that stands in the file is changed. A record that a crash or a
//     full disk cut off is ended with a line feed, and the chain goes on from
//     the last whole record; Verify tells of it.
//   - Writers in any number of processes are serialised by a lock on a file
//     beside the log, PATH.lock, so that the log itself can be moved away.
//   - A line is printable ASCII whatever it holds, so that printing the file
//     on a terminal cannot harm it.
//
// # The chain
//
// The hash of a record is the SHA-256, in lower-case hex, of the bytes of its
// line, without the line feed, in which its own hash is left empty:
// "hash":"". Its prev is the hash of the record before it, or 64 zeros for the
// first. v, seq, time, prev and hash are always the first five members, in
// this order and without blanks, so the place of the hash is certain whatever
// the other members hold. So one record can be checked with nothing but
//
//	sed -n 3p audit.jsonl | tr -d '\n' | sed 's/"hash":"[0-9a-f]*"/"hash":""/' | sha256sum
//
// The chain shows that a record was changed, removed, inserted or moved. It
// cannot show that records were cut from the end; the hash of each intent is
// also in the user agent of the calls it announces, which CloudTrail keeps.
package audit

import "time"

// Version is the version of the record that this package writes.
const Version = 1

// Kind says what a record stands for.
type Kind string

// The kinds of record.
const (
	// Intent is written before the first call of an operation on a target.
	Intent Kind = "intent"
	// Outcome is written when that operation is over, however it ended.
	Outcome Kind = "outcome"
	// Note tells something that needed no call: a refusal, a target that was
	// contained already.
	Note Kind = "note"
)

// A Record is one line of the log. Its JSON names are a contract.
type Record struct {
	// V is the record's version. V, Seq, Prev and Hash are set by Append, and
	// so is Time if it is zero.
	V int `json:"v"`
	// Seq numbers the records from 1.
	Seq int64 `json:"seq"`
	// Time is when the record was made, in UTC, by this computer's clock.
	Time time.Time `json:"time"`
	Prev string    `json:"prev"`
	Hash string    `json:"hash"`

	// OpID is the operation that the record belongs to: all records of one
	// containment or release share it.
	OpID string `json:"op_id"`
	Kind Kind   `json:"kind"`
	// Op is what was asked for: contain or release.
	Op string `json:"op"`
	// Incident is the operator's own case number, if any.
	Incident string   `json:"incident"`
	Reason   string   `json:"reason"`
	Operator Operator `json:"operator"`
	Target   Target   `json:"target"`
	Measure  string   `json:"measure"`
	// Calls are the writes to AWS: in an intent those about to be made, in an
	// outcome those made, with what AWS answered.
	Calls []Call `json:"calls"`
	// Before and After are what stood at the target, by what it is and its
	// name ("policy/DenyAll"), before the first call and after the last. Nil
	// means that it was not, or could not be, read; empty that nothing stood.
	Before map[string]string `json:"before"`
	After  map[string]string `json:"after"`
	// Outcome is the state that the operation ended in; empty in an intent.
	Outcome string `json:"outcome"`
	// Note is a sentence for whoever reads the log, where the state alone does
	// not say enough.
	Note string `json:"note,omitempty"`
}

// An Operator is who acted: as whom towards AWS, and which person on which
// computer.
type Operator struct {
	ARN     string `json:"arn"`
	Account string `json:"account"`
	OSUser  string `json:"os_user"`
	Host    string `json:"host"`
}

// A Target is the user, role or group that was acted on. ID is its unique id
// (AIDA..., AROA..., AGPA...), which tells it from another of the same name.
type Target struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	ARN     string `json:"arn"`
	ID      string `json:"id"`
	Account string `json:"account"`
}

// A Call is one call of an AWS API.
type Call struct {
	// API is the service and operation as IAM policies write it:
	// iam:PutUserPolicy.
	API       string            `json:"api"`
	Params    map[string]string `json:"params"`
	RequestID string            `json:"request_id"`
	Error     string            `json:"error"`
}
