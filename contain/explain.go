package contain

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"cordon/contain/audit"
)

// The codes of a Problem.
const (
	CodeAccessDenied  = "access_denied"
	CodeExpired       = "credentials_expired"
	CodeNoCredentials = "no_credentials"
	CodeInvalid       = "credentials_invalid"
	CodeThrottled     = "throttled"
	CodeNotFound      = "not_found"
	CodeQuota         = "quota_exceeded"
	CodeUnmodifiable  = "unmodifiable"
	CodeMalformed     = "malformed_policy"
	CodeService       = "service_failure"
	CodeNetwork       = "no_network"
	CodeTimeout       = "timeout"
	CodeCancelled     = "cancelled"
	CodeAuditLog      = "audit_log"
	CodeUsage         = "usage"
	CodeReverted      = "reverted"
	CodeInterrupted   = "hold_interrupted"
	CodeUnread        = "not_read_back"
	CodeUnknown       = "outcome_unknown"
	CodeStillThere    = "still_there"
	CodeChanged       = "changed_since_plan"
	CodeAWS           = "aws_error"
	CodeInternal      = "error"
)

// apiCodes sorts AWS's error codes. Those of IAM and STS are in "Common
// errors" of their API references, and with each operation; the throttling
// codes are the SDK's own list.
func apiCodes() map[string]string {
	return map[string]string{
		"AccessDenied":                    CodeAccessDenied,
		"AccessDeniedException":           CodeAccessDenied,
		"ExpiredToken":                    CodeExpired,
		"ExpiredTokenException":           CodeExpired,
		"RequestExpired":                  CodeExpired,
		"InvalidClientTokenId":            CodeInvalid,
		"UnrecognizedClientException":     CodeInvalid,
		"SignatureDoesNotMatch":           CodeInvalid,
		"InvalidSignatureException":       CodeInvalid,
		"IncompleteSignature":             CodeInvalid,
		"MissingAuthenticationToken":      CodeNoCredentials,
		"NoSuchEntity":                    CodeNotFound,
		"LimitExceeded":                   CodeQuota,
		"UnmodifiableEntity":              CodeUnmodifiable,
		"EntityTemporarilyUnmodifiable":   CodeUnmodifiable,
		"MalformedPolicyDocument":         CodeMalformed,
		"ServiceFailure":                  CodeService,
		"InternalFailure":                 CodeService,
		"ServiceUnavailable":              CodeService,
		"ServiceUnavailableException":     CodeService,
		"ConcurrentModification":          CodeService,
		"ConcurrentModificationException": CodeService,
	}
}

// nextStep is what to do about a code, where the error itself does not say more.
func nextStep(code string) string {
	return map[string]string{ //nolint:gosec // sentences about credentials
		CodeNoCredentials: "Sign in (aws sso login, or aws configure), or name a profile with --profile NAME; --sandbox is an exercise that needs none, and --from PATH reads log files.",
		CodeInvalid:       "Check the access key, the secret and the session token, and this computer's clock; name another profile with --profile NAME.",
		CodeThrottled:     "AWS is limiting calls to IAM in this account; nothing was changed by the call that failed. Try again in a few seconds, and stop what else is calling IAM.",
		CodeNotFound:      "Check the name, and the account: list users, roles or groups shows what there is. It may have been deleted.",
		CodeQuota:         "Remove or shorten an inline policy of the target, or attach the AWS managed policy AWSDenyAll by hand.",
		CodeUnmodifiable:  "IAM lets only AWS change this one. Contain it where it is managed: its service, the permission set in IAM Identity Center, or a service control policy.",
		CodeMalformed:     "Report this: AWS did not accept the document that cordon writes. Attach the AWS managed policy AWSDenyAll by hand meanwhile.",
		CodeService:       "IAM failed on AWS's side. Try again; see the AWS Health Dashboard for IAM, whose control plane is in us-east-1.",
		CodeNetwork:       "Check the network, the proxy, and the endpoint (AWS_ENDPOINT_URL, --endpoint-url).",
		CodeTimeout:       "AWS did not answer in time. Check the network, then try again; status tells what is in place.",
		CodeCancelled:     "Status tells what is in place.",
	}[code]
}

// Explain says what an error from this package means and what to do next. It
// returns nil for nil.
func Explain(err error) *Problem { return explain(err, "", "") }

// explain is Explain with what was being done, and the profile in use.
func (a *Account) explain(err error, doing string) *Problem {
	return explain(err, doing, a.o.Profile)
}

func explain(err error, doing, profile string) *Problem {
	if err == nil {
		return nil
	}
	if p := explainOwn(err); p != nil {
		return p
	}
	code := sort(err)
	p := &Problem{Code: code, Err: err, Next: nextStep(code)}
	action := actionOf(err)
	cause := causeOf(err)
	switch code {
	case CodeAccessDenied:
		p.Message = fmt.Sprintf("%s was denied: %s", action, cause)
		p.Next = fmt.Sprintf("Act as an identity that is allowed %s (--profile NAME), or have it allowed.", action)
	case CodeExpired:
		p.Message = "the AWS credentials have expired"
		p.Next = fmt.Sprintf("Renew them: %s; or get new temporary credentials where these came from.", loginCommand(profile))
	case CodeNoCredentials:
		p.Message = "no AWS credentials were found"
	case CodeNetwork:
		p.Message = "AWS could not be reached: " + cause
	case CodeTimeout:
		p.Message = "AWS did not answer in time"
	case CodeCancelled:
		p.Message = "it was cancelled"
	default:
		p.Message = cause
		if action != "" {
			p.Message = action + ": " + cause
		}
	}
	if doing != "" {
		p.Message = doing + ": " + p.Message
	}
	return p
}

// explainOwn explains the errors that say themselves what to do.
func explainOwn(err error) *Problem {
	var problem *Problem
	var refused *RefusedError
	var log *audit.Error
	switch {
	case errors.As(err, &problem):
		return problem
	case errors.As(err, &refused):
		return &Problem{Code: "refused_" + string(refused.Guard), Message: refused.Message, Next: refused.Next, Err: err}
	case errors.As(err, &log):
		return &Problem{Code: CodeAuditLog, Message: err.Error(), Next: log.Next, Err: err}
	}
	return nil
}

// sort finds the code of an error, by types and AWS's codes, never by text.
func sort(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		if code, ok := apiCodes()[api.ErrorCode()]; ok {
			return code
		}
		if _, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]; ok {
			return CodeThrottled
		}
	}
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= 500 {
		return CodeService
	}
	if api != nil {
		return CodeAWS
	}
	var timeout net.Error
	var send *smithyhttp.RequestSendError
	switch {
	case isExpiredLogin(err):
		return CodeExpired
	case errors.Is(err, context.Canceled):
		return CodeCancelled
	case lacksCredentials(err):
		return CodeNoCredentials
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return CodeTimeout
	case errors.As(err, &send), timeout != nil:
		return CodeNetwork
	}
	return CodeInternal
}

func isExpiredLogin(err error) bool {
	var sso *ssocreds.InvalidTokenError
	return errors.As(err, &sso)
}

// lacksCredentials recognises the end of the SDK's credential chain, whose
// last resort is to ask the metadata service of an EC2 instance.
func lacksCredentials(err error) bool {
	var empty *credentials.StaticCredentialsEmptyError
	if errors.As(err, &empty) {
		return true
	}
	var signing *v4.SigningError
	if errors.As(err, &signing) {
		return true
	}
	for err != nil {
		var op *smithy.OperationError
		if !errors.As(err, &op) {
			return false
		}
		if op.ServiceID == "ec2imds" {
			return true
		}
		err = op.Err
	}
	return false
}

// actionOf names the call that failed as IAM policies write it.
func actionOf(err error) string {
	var op *smithy.OperationError
	if !errors.As(err, &op) {
		return ""
	}
	return strings.ToLower(op.ServiceID) + ":" + op.OperationName
}

// causeOf is what AWS itself said, or else the innermost error's text.
func causeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		if api.ErrorMessage() == "" {
			return api.ErrorCode()
		}
		return api.ErrorMessage() + " (" + api.ErrorCode() + ")"
	}
	var op *smithy.OperationError
	if errors.As(err, &op) {
		return op.Err.Error()
	}
	return err.Error()
}

func loginCommand(profile string) string {
	if profile == "" {
		return "aws sso login"
	}
	return "aws sso login --profile " + quote(profile)
}

// errHollow is for an answer that counts as a success and has nothing in it: the
// SDK takes any body for one in which it finds no element that it knows.
func errHollow(action string) error {
	return &Problem{
		Code:    CodeNetwork,
		Message: action + " was answered with nothing that AWS would answer: something else answers in its place",
		Next:    nextStep(CodeNetwork),
	}
}

// isGone tells whether AWS said that the thing does not exist.
func isGone(err error) bool { return hasCode(err, CodeNotFound) }

func hasCode(err error, code string) bool { return err != nil && sort(err) == code }

// isDefinite tells whether AWS itself refused a write, so that it certainly did
// not take effect. After anything else the account has to be read.
func isDefinite(err error) bool {
	switch sort(err) {
	case CodeAccessDenied, CodeExpired, CodeInvalid, CodeNoCredentials, CodeNotFound, CodeQuota, CodeUnmodifiable, CodeMalformed, CodeAWS:
		return true
	}
	return false
}
