// Package contain takes a user, role or group of an AWS account out of action
// with an inline policy that denies everything, and gives it back.
//
// Its rules:
//
//   - Every state is read from the account, never assumed, and is named for
//     exactly what was seen.
//   - Every guard is here, and none in a face: whoever holds an Account cannot
//     get round them.
//   - Nothing is written to the account before the intent is in the audit log,
//     on the disk, and every write carries the operation's id and the hash of
//     its intent in its user agent, so that CloudTrail has the other half.
//   - Nothing that cordon did not write is changed or removed, unless the
//     operator adopts it in as many words.
//   - Whatever could not be read stands as unknown, with the reason, never as
//     empty.
//
// Connect gives an Account, which is immutable and safe for concurrent use.
// Plan and PlanRelease look and never write; Apply carries a plan out. Names,
// documents and messages that come from the account are passed on raw: who
// shows them makes them safe first.
package contain

import (
	"fmt"

	"cordon/contain/audit"
)

// Kind is what sort of principal can be contained.
type Kind string

// The kinds that take an inline policy.
const (
	User  Kind = "user"
	Role  Kind = "role"
	Group Kind = "group"
)

// Kinds are all of them, in the order in which they are shown.
func Kinds() []Kind { return []Kind{User, Role, Group} }

// title is the kind as the names of IAM operations write it.
func (k Kind) title() string {
	switch k {
	case User:
		return "User"
	case Role:
		return "Role"
	case Group:
		return "Group"
	}
	return ""
}

// A Ref is what a person names. An empty Account is the connected one.
type Ref struct {
	Account string
	Kind    Kind
	Name    string
}

// String is the form in which people type it: [ACCOUNT:]KIND/NAME.
func (r Ref) String() string {
	if r.Account == "" {
		return string(r.Kind) + "/" + r.Name
	}
	return r.Account + ":" + string(r.Kind) + "/" + r.Name
}

// A Target is a Ref found in the account. ID is its unique id, which differs
// between a principal and another made later under the same name.
type Target struct {
	Kind    Kind   `json:"kind"`
	Name    string `json:"name"`
	ARN     string `json:"arn"`
	ID      string `json:"id"`
	Account string `json:"account"`
	Path    string `json:"path"`
}

// Ref is the target as a person would name it.
func (t Target) Ref() Ref { return Ref{Account: t.Account, Kind: t.Kind, Name: t.Name} }

// String is "kind/name".
func (t Target) String() string { return string(t.Kind) + "/" + t.Name }

func (t Target) audit() audit.Target {
	return audit.Target{Kind: string(t.Kind), Name: t.Name, ARN: t.ARN, ID: t.ID, Account: t.Account}
}

// Measure is one reversible act on a target.
type Measure string

// DenyAll is an inline policy that denies every action on every resource.
const DenyAll Measure = "deny-all"

// Op is what a plan does.
type Op string

// The operations.
const (
	Contain Op = "contain"
	Release Op = "release"
)

// State is how far a measure has come, named for exactly what was seen.
type State string

// The states, in the words of every face and of the JSON contract.
const (
	// Planned: nothing was done.
	Planned State = "planned"
	// Requested: AWS said yes; it was not read back.
	Requested State = "requested"
	// InPlace: read back, and equal to what was written. AWS may take some
	// seconds more to enforce it.
	InPlace State = "in_place"
	// Held: it was still there at every reading until the end of the hold.
	Held State = "held"
	// ObservedDenied: a call of the target after the write was denied. This
	// package alone never claims it.
	ObservedDenied State = "observed_denied"
	// Partial: some of it.
	Partial State = "partial"
	// Reverted: AWS had accepted it, and it is gone or replaced.
	Reverted State = "reverted"
	// Refused: a guard forbade it.
	Refused State = "refused"
	// Failed: it is not in force, and nothing was changed.
	Failed State = "failed"
	// Unknown: what the account holds could not be found out.
	Unknown State = "unknown"
	// Released: what cordon put is gone, read back.
	Released State = "released"
)

// InForce tells whether the deny was read in the account, last.
func (s State) InForce() bool {
	return s == InPlace || s == Held || s == ObservedDenied
}

// A Caller is the identity that cordon acts as in the account.
type Caller struct {
	ARN     string `json:"arn"`
	Account string `json:"account"`
	UserID  string `json:"user_id"`
	// Kind is user, role, root, federated or unknown; Name the user, role or
	// federated name; Session the role session's name.
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Session string `json:"session,omitempty"`
}

// String is "kind/name".
func (c Caller) String() string { return fmt.Sprintf("%s/%s", c.Kind, c.Name) }
