package investigate

import "strings"

// denied reports whether an error code says that the call was turned down for
// want of permission. Any other error, such as a name that does not exist or a
// rate that is too high, says nothing about permissions.
//
// Source: the metric filter for unauthorized calls of the CIS AWS Foundations
// Benchmark, *UnauthorizedOperation or AccessDenied*. SNS answers
// AuthorizationError, and SQS puts its name before AccessDenied ("Common
// errors" in their API references).
func denied(errorCode string) bool {
	return strings.HasPrefix(errorCode, "AccessDenied") ||
		strings.HasSuffix(errorCode, "UnauthorizedOperation") ||
		strings.HasPrefix(errorCode, "AuthorizationError") ||
		strings.HasSuffix(errorCode, ".AccessDenied")
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
