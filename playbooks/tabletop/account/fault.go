package account

import (
	"fmt"
	"net/http"

	"github.com/aws/smithy-go"
)

// An Error is what AWS answers when it does not do what was asked. It is a
// smithy.APIError, as the errors of the SDK's clients are.
type Error struct {
	// Code is as the service writes it on the wire ("NoSuchEntity"), Message
	// as AWS words it.
	Code, Message string
	// Status is the HTTP status.
	Status int
	// recorded is the code in CloudTrail's record, where that differs.
	recorded string
}

var _ smithy.APIError = (*Error)(nil)

// Error returns the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// ErrorCode returns the code that the service writes on the wire.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage returns the message in AWS's words.
func (e *Error) ErrorMessage() string { return e.Message }

// ErrorFault says who is at fault: the client, unless the account broke.
func (e *Error) ErrorFault() smithy.ErrorFault {
	if e.Status >= http.StatusInternalServerError {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// trailCode is the errorCode of the CloudTrail record. IAM's are the names of
// the exceptions, not the codes on the wire: the record says
// NoSuchEntityException where the response says NoSuchEntity.
//
// Source: public records of failed calls (GetRole of a role that is not there:
// NoSuchEntityException, its requestParameters present), and rules that match
// them, such as Elastic's "AWS IAM Brute Force of Assume Role Policy"
// (MalformedPolicyDocumentException).
func (e *Error) trailCode() string {
	if e.recorded != "" {
		return e.recorded
	}
	return e.Code
}

func iamFault(status int, code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: status, recorded: code + "Exception"}
}

// The errors of IAM, with the statuses of "Common Errors" and of each
// operation in the IAM API reference.

func noSuchEntity(format string, args ...any) *Error {
	return iamFault(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func entityAlreadyExists(format string, args ...any) *Error {
	return iamFault(http.StatusConflict, "EntityAlreadyExists", format, args...)
}

func deleteConflict(why string) *Error {
	return iamFault(http.StatusConflict, "DeleteConflict", "%s", why)
}

func limitExceeded(format string, args ...any) *Error {
	return iamFault(http.StatusConflict, "LimitExceeded", format, args...)
}

func malformedPolicy(format string, args ...any) *Error {
	return iamFault(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}

func unmodifiableEntity(format string, args ...any) *Error {
	return iamFault(http.StatusBadRequest, "UnmodifiableEntity", format, args...)
}

func invalidInput(format string, args ...any) *Error {
	return iamFault(http.StatusBadRequest, "InvalidInput", format, args...)
}

// validation is what is wrong with a request before anything is looked up.
func validation(format string, args ...any) *Error {
	return &Error{
		Code: "ValidationError", Message: fmt.Sprintf(format, args...),
		Status: http.StatusBadRequest, recorded: "ValidationException",
	}
}

// refused is a request that the front door turns away: its signature, its
// credentials, its form. Such a call is not recorded.
func refused(status int, code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: status}
}

// trailFault is an error of CloudTrail's API, which answers all with 400.
func trailFault(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}
