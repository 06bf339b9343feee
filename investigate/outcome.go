package investigate

import (
	"slices"
	"strings"
)

// denials are the parts of error codes by which services say that a call was
// turned down for want of permission: AccessDenied, AccessDeniedException,
// Client.UnauthorizedOperation, AuthorizationError and the like. Any other
// error, such as a name that does not exist or a rate that is too high, says
// nothing about permissions.
//
// Source: the metric filter for unauthorized calls of the CIS AWS Foundations
// Benchmark (*UnauthorizedOperation, AccessDenied*); "Common errors" in the API
// references of SNS, SQS and API Gateway for the other spellings.
var denials = []string{"AccessDenied", "Unauthorized", "AuthorizationError", "Forbidden"}

func denied(errorCode string) bool {
	return errorCode != "" && slices.ContainsFunc(denials, func(part string) bool { return strings.Contains(errorCode, part) })
}

// neutral reports whether a call says nothing about whether its principal is
// stopped: no policy can deny GetCallerIdentity or GetSessionToken, and a
// sign-in is no call of the principal yet. Source: "Permissions for
// GetCallerIdentity" and "GetSessionToken", AWS STS API reference.
func neutral(eventSource, eventName string) bool {
	switch eventSource {
	case "signin.amazonaws.com":
		return true
	case "sts.amazonaws.com":
		return eventName == "GetCallerIdentity" || eventName == "GetSessionToken"
	}
	return false
}
