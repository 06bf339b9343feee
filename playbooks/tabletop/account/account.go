// Package account is a simulated AWS account, served over HTTP in AWS's own
// wire formats: IAM and STS (AWS Query, XML) and CloudTrail (AWS JSON 1.1).
// cordon's sandbox, its exercises and its tests speak to it through the same
// SDK clients that they use for AWS, and so can the AWS CLI.
//
// How it is built: a handler is a method on Account that takes the SDK's own
// input struct and returns its output struct. One reflective codec per wire
// protocol turns requests into the one and the other into responses, and the
// table in operations.go joins a handler to its service, the parameters it
// cannot do without and the resource it is authorised on. A new operation is
// one method and one line.
//
// What holds for every call, over HTTP and in process alike:
//
//   - The caller is known by its access key. Over HTTP the signature (version
//     4) is recomputed and compared; in process (Do) the caller is trusted.
//   - Policies are evaluated before the handler runs: an explicit deny first,
//     then a permissions boundary and a session policy, then what is allowed.
//   - Errors carry AWS's codes, messages and HTTP statuses.
//   - The call becomes a CloudTrail record, whether it succeeded, failed or was
//     denied. AWS does not record calls that it cannot attribute (unknown key,
//     wrong signature), and neither does the account.
//
// What differs from AWS: a change of policy is in force at once and an event
// can be looked up at once; there is one account, so nothing crosses accounts.
package account

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// DefaultID is the account that AWS's documentation uses, and the one that an
// account has when Options names none.
const DefaultID = "123456789012"

// globalRegion is where AWS records the events of IAM and of the global
// endpoint of STS, and the Region of an account whose Options name none.
const globalRegion = "us-east-1"

// Options says what account to simulate. The zero value is an empty account
// 123456789012 on the wall clock.
type Options struct {
	// ID is the account's twelve digits.
	ID string
	// Region is where Do's calls go that name none.
	Region string
	// Clock tells the time: of events, of expiry, and of the check that a
	// signature is not older than five minutes.
	Clock func() time.Time
	// Rand is where ids, keys and secrets come from; crypto/rand for none. It
	// is read by one goroutine at a time.
	Rand io.Reader
	// Open lets an access key that the account does not know act as its root,
	// with no check of the signature, and create the roles that elsewhere only
	// AWS creates. A key that it knows is checked as ever.
	Open bool
	// LookupsPerSecond is how many LookupEvents calls a Region answers in a
	// second before it throttles: 0 is AWS's own 2, and a negative number is
	// no limit.
	LookupsPerSecond float64
}

// An Account is one simulated AWS account. It is an http.Handler, so a test
// can wrap it. It is safe for use by many goroutines.
type Account struct {
	id         string
	region     string
	clock      func() time.Time
	open       bool
	lookups    float64
	operations map[string]operation

	mu    sync.Mutex
	rand  io.Reader
	state *state
	trail *trail
	start mark
}

// A mark is a point to go back to: a state, and how many events there were.
type mark struct {
	state  *state
	events int
}

// New returns an account with nothing in it but the policies that AWS manages.
func New(o Options) *Account {
	a := &Account{
		id:      o.ID,
		region:  o.Region,
		clock:   o.Clock,
		open:    o.Open,
		lookups: o.LookupsPerSecond,
		rand:    o.Rand,
	}
	if a.id == "" {
		a.id = DefaultID
	}
	if a.region == "" {
		a.region = globalRegion
	}
	if a.clock == nil {
		a.clock = time.Now
	}
	if a.rand == nil {
		a.rand = rand.Reader
	}
	if a.lookups == 0 {
		a.lookups = lookupsPerSecond
	}
	a.operations = a.table()
	a.state = newState()
	a.trail = newTrail(a.lookups)
	a.start = mark{state: a.state.clone()}
	return a
}

// ID returns the account's twelve digits.
func (a *Account) ID() string { return a.id }

// MarkStart makes the present state, its events included, the one that Reset
// goes back to. Until then that is the empty account.
func (a *Account) MarkStart() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.start = mark{state: a.state.clone(), events: a.trail.len()}
}

// Reset puts the account back to its start: identities, credentials, events.
func (a *Account) Reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state = a.start.state.clone()
	a.trail.truncate(a.start.events)
}

// Root returns the access key of the account's root user, and creates it if
// there is none yet. A key that MarkStart did not see is gone after Reset.
func (a *Account) Root() aws.Credentials {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, k := range a.state.keys {
		if k.owner == "" && k.active {
			return k.credentials()
		}
	}
	k := a.newAccessKey("", a.now())
	a.state.keys[k.id] = k
	return k.credentials()
}

// GiveAccessKey hands a user an access key with a known id and secret, so that
// an exercise's credentials are the same each time. It goes unrecorded.
func (a *Account) GiveAccessKey(userName, id, secret string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.state.user(userName); err != nil {
		return fmt.Errorf("giving %s an access key: %w", userName, err)
	}
	if _, taken := a.state.keys[id]; taken {
		return fmt.Errorf("giving %s an access key: %s exists", userName, id)
	}
	a.state.keys[id] = &accessKey{id: id, secret: secret, owner: userName, active: true, created: a.now()}
	return nil
}

// Events returns the CloudTrail records of the whole account, oldest first,
// each a JSON object.
func (a *Account) Events() [][]byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.trail.records()
}

func (a *Account) now() time.Time { return a.clock().UTC() }

// read fills b with randomness. A source that ends is a mistake in the wiring
// of the account, and no call could be answered truthfully after it.
func (a *Account) read(b []byte) {
	if _, err := io.ReadFull(a.rand, b); err != nil {
		panic(fmt.Sprintf("account: reading randomness: %v", err))
	}
}

// arn names a resource of a global service of this account.
func (a *Account) arn(service, resource string) string {
	return "arn:aws:" + service + "::" + a.id + ":" + resource
}
