// Package event holds the vocabulary of an investigation: one CloudTrail
// record, the principal and session behind it, what a rule found in it, and how
// much of the evidence was read.
//
// Values are kept exactly as the log has them, because matching needs them so.
// Everything in a log is hostile: whatever a person sees, or a file receives,
// goes through package clean first.
//
// The package is the floor of the investigation: it imports nothing else of the
// project.
package event

import "time"

// An Event is one CloudTrail record: the fields that every screen, rule index
// and ranking needs, and the record itself for all others.
//
// Source: "CloudTrail record contents", AWS CloudTrail user guide.
type Event struct {
	// ID is eventID, the key by which copies of one event are recognised. A
	// record without one gets an ID derived from the hash of its bytes.
	ID string
	// SharedID is sharedEventID: one action delivered to several accounts.
	SharedID string
	// Time is eventTime in UTC, to the second; zero if the record had none.
	Time time.Time
	// Name and Source are eventName ("CreateUser") and eventSource
	// ("iam.amazonaws.com").
	Name, Source string
	// Region is awsRegion, which need not be a Region that exists.
	Region string
	// SourceIP is sourceIPAddress: an address, or an AWS service's name, or
	// text that is neither.
	SourceIP string
	// UserAgent is as the caller sent it.
	UserAgent string
	// ErrorCode and ErrorMessage are empty for a call that succeeded.
	ErrorCode, ErrorMessage string
	// SignIn is the outcome that the response of a console sign-in gives:
	// "Success" or "Failure". Empty for every other call.
	SignIn string
	// Account is the account in which the event was recorded:
	// recipientAccountId, or else that of the identity.
	Account string
	// RequestID is the id that the caller's response carried.
	RequestID string
	// AccessKey is userIdentity.accessKeyId.
	AccessKey string
	// IdentityType is userIdentity.type ("IAMUser", "AssumedRole", "Root").
	IdentityType string
	// InvokedBy is userIdentity.invokedBy: the AWS service that made the call
	// on the principal's behalf.
	InvokedBy string
	// ReadOnly is the record's own word for whether the call changes anything.
	ReadOnly bool
	// Principal is who acted, resolved to what can be contained.
	Principal Principal
	// Session names the one use of the principal that this event belongs to:
	// a role session as aws:userid has it ("AROA...:name"), a federated user
	// likewise ("123456789012:name"), a console sign-in (principalId, "@", the
	// time it began), or else an access key. Unique within the principal only.
	// Empty if the record names none.
	Session string
	// Raw is the whole record as one JSON object, byte for byte.
	Raw []byte
}

// Failed reports whether the call was turned down or did not work: an error
// code, an error message, or a console sign-in whose response says Failure.
func (e *Event) Failed() bool {
	return e.ErrorCode != "" || e.ErrorMessage != "" || e.SignIn == "Failure"
}
