package contain

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"cordon/contain/audit"
)

// Options of a connection. The zero value works for looking; to write, Log is
// needed.
type Options struct {
	// Log is where actions are recorded. With none, Apply refuses to act.
	Log *audit.Log
	// Protected are patterns of what must never be contained: KIND/NAME,
	// ACCOUNT:KIND/NAME, ACCOUNT, or an ARN. * stands for any characters and ?
	// for one; letter case does not matter.
	Protected []string
	// PolicyName is the name of the policy; empty is DenyAll.
	PolicyName string
	// ReadOnly makes Apply refuse.
	ReadOnly bool
	// Incident is the operator's case number, for the log.
	Incident string
	// RoleChain are the ARNs of the roles and users through which the caller's
	// credentials came, as the profile tells: none of them can be contained.
	RoleChain []string
	// Profile is the AWS profile in use, for the commands that are shown.
	Profile string

	// FactsTime bounds the time that a plan waits for facts; zero is three
	// seconds.
	FactsTime time.Duration
	// CallTime bounds one call of AWS with its retries; zero is 20 seconds.
	CallTime time.Duration
	// Now, Sleep and NewID are the clock, the wait and the source of operation
	// ids (lower-case letters and digits); nil are the real ones. Sleep returns
	// early, with the context's error, if that ends.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	NewID func() string
	// Retryer makes the retryer of each client; nil is the SDK's standard one
	// with more attempts.
	Retryer func() aws.Retryer
}
