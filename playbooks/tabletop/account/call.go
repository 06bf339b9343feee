package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"
)

// A Call is one API call made in process. It is authorised and recorded as one
// over HTTP is, but says for itself who makes it, from where and when; nothing
// is signed.
type Call struct {
	// AccessKeyID says who calls: a user's or root's long-term key, or the
	// temporary one that AssumeRole or GetSessionToken returned.
	AccessKeyID string
	// ServicePrincipal says instead that an AWS service calls, as
	// "ec2.amazonaws.com" does to hand an instance its role: it can assume the
	// roles whose trust policy names it, and nothing else.
	ServicePrincipal string

	// Service and Operation name the call: "iam" and "CreateUser", or for a
	// service that the account does not simulate any other pair, as CloudTrail
	// records them ("s3", "ListBuckets"). Both may be left empty where Input
	// is an SDK input struct of a service that it does.
	Service, Operation string
	// Input is a pointer to the SDK's input struct; for other services a
	// map[string]any that becomes the record's requestParameters, or nil.
	Input any

	// Resource is what another service's call is authorised on, an ARN; "*"
	// for none. Response becomes the record's responseElements, if the call is
	// allowed.
	Resource string
	Response map[string]any

	// SourceIP, UserAgent and Region are as the record will have them. With no
	// Region it is the account's own; IAM's events are always in us-east-1.
	SourceIP, UserAgent, Region string
	// At is when the call was made, which may be in the past; the zero time
	// is the account's present.
	At time.Time
	// MFA says that the caller proved a second factor in this very call, as
	// AssumeRole and GetSessionToken allow.
	MFA bool
	// FromEC2 says that AssumeRole's session is handed out by an instance's
	// metadata service, which the session's records then say.
	FromEC2 bool
}

// A call is a Call on its way: attributed, timed, with ids.
type call struct {
	operation           operation
	input               any
	caller              caller
	at                  time.Time
	region              string
	sourceIP, userAgent string
	requestID           string
	mfa, fromEC2        bool
	// seeding switches off what AWS would refuse to anybody, so that a
	// scenario can create what only AWS itself creates.
	seeding bool
}

// Do makes one call in process and returns what the SDK's client would: the
// operation's output struct, or a *Error. For a service that the account does
// not simulate the output is Call.Response.
//
// A denied or failed call returns an error and is recorded; one whose
// credentials are unknown, inactive or expired is not.
func (a *Account) Do(ctx context.Context, in Call) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("calling %s %s: %w", in.Service, in.Operation, err)
	}
	op, err := a.operationFor(in)
	if err != nil {
		return nil, err
	}
	input, err := op.newInput(in.Input)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &call{
		operation: op, input: input, at: in.At.UTC(), region: in.Region,
		sourceIP: in.SourceIP, userAgent: in.UserAgent, mfa: in.MFA, fromEC2: in.FromEC2,
	}
	if in.At.IsZero() {
		c.at = a.now()
	}
	if c.region == "" {
		c.region = a.region
	}
	if c.caller, err = a.attribute(in, c.at); err != nil {
		return nil, err
	}
	if err := c.admit(refusalsOf(protocolQuery)); err != nil {
		return nil, err
	}
	return a.perform(c)
}

func (a *Account) attribute(in Call, at time.Time) (caller, error) {
	if in.ServicePrincipal != "" {
		return caller{service: in.ServicePrincipal}, nil
	}
	return a.callerOf(in.AccessKeyID, at, refusalsOf(protocolQuery))
}

// Seed carries out an operation at a time with no caller: it is not
// authorised, not recorded, and may make what only AWS itself makes, such as
// a service-linked role (a role with the path /aws-service-role/...). It is
// how the identities of a scenario come to be.
func (a *Account) Seed(at time.Time, input any) (any, error) {
	op, err := a.operationFor(Call{Input: input})
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c := &call{operation: op, input: input, at: at.UTC(), region: a.region, seeding: true, caller: caller{root: true}}
	if err := checkParameters(op, input); err != nil {
		return nil, err
	}
	return op.run(c, input)
}

// admit turns away what credentials from GetSessionToken cannot be used for:
// without a second factor they are no key to IAM, and of STS to AssumeRole and
// GetCallerIdentity alone.
//
// Source: GetSessionToken, "Permissions", AWS STS API reference.
func (c *call) admit(say refusal) error {
	s := c.caller.session
	if s == nil || c.caller.role != nil || c.caller.root || s.mfa {
		return nil
	}
	o := c.operation
	if o.service == "iam" || o.service == "sts" && o.name != "AssumeRole" && o.name != "GetCallerIdentity" {
		return refused(say.status, say.invalid, "The security token included in the request is invalid.")
	}
	return nil
}

// operationFor finds the operation that a Call means: by name, or by the type
// of its input.
func (a *Account) operationFor(in Call) (operation, error) {
	if in.Service == "" && in.Operation == "" && in.Input != nil {
		t := reflect.TypeOf(in.Input)
		for _, op := range a.operations {
			if op.input == t {
				return op, nil
			}
		}
		return operation{}, fmt.Errorf("%w: no operation takes %T", errUnknownOperation, in.Input)
	}
	service, name := strings.TrimSuffix(in.Service, ".amazonaws.com"), in.Operation
	if op, ok := a.operations[service+":"+name]; ok {
		return op, nil
	}
	if service == "" || name == "" {
		return operation{}, fmt.Errorf("%w: neither service and operation nor an input", errUnknownOperation)
	}
	return elsewhere(service, name, in), nil
}

var errUnknownOperation = errors.New("unknown operation")

// newInput checks that an input is of the operation's type, or makes an empty
// one.
func (o operation) newInput(given any) (any, error) {
	if given == nil && o.input != nil {
		return reflect.New(o.input.Elem()).Interface(), nil
	}
	if o.input != nil && reflect.TypeOf(given) != o.input {
		return nil, fmt.Errorf("%w: %s takes %v, not %T", errUnknownOperation, o.name, o.input, given)
	}
	return given, nil
}

// perform checks, authorises, carries out and records a call.
func (a *Account) perform(c *call) (any, error) {
	if c.requestID == "" {
		c.requestID = a.uuid()
	}
	a.touch(c)
	output, err := a.answer(c)
	var fault *Error
	if err != nil && !errors.As(err, &fault) {
		fault = &Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	a.record(c, output, fault)
	if fault != nil {
		return nil, fault
	}
	return output, nil
}

func (a *Account) answer(c *call) (any, error) {
	if err := checkParameters(c.operation, c.input); err != nil {
		return nil, err
	}
	if err := a.authorize(c); err != nil {
		return nil, err
	}
	return c.operation.run(c, c.input)
}
