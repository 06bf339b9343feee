package tui

import (
	"fmt"
	"net/netip"
	"strings"

	"cordon/investigate/clean"
	"cordon/investigate/event"
)

// verbs say in plain words what the calls that matter most in an incident do.
// {what} stands for what the call was about. Source: the description of each
// action in the service authorization reference.
var verbs = map[string]string{
	"AddUserToGroup":                 "added a user to a group: {what}",
	"AssumeRole":                     "took on the role {what}",
	"AssumeRoleWithSAML":             "took on the role {what} through SAML",
	"AssumeRoleWithWebIdentity":      "took on the role {what} through a web identity",
	"AttachGroupPolicy":              "attached a managed policy to a group: {what}",
	"AttachRolePolicy":               "attached a managed policy to a role: {what}",
	"AttachUserPolicy":               "attached a managed policy to a user: {what}",
	"AuthorizeSecurityGroupIngress":  "opened a firewall group: {what}",
	"ConsoleLogin":                   "signed in to the console",
	"CreateAccessKey":                "made an access key: {what}",
	"CreateGroup":                    "made a group: {what}",
	"CreateLoginProfile":             "gave a user a console password: {what}",
	"CreatePolicyVersion":            "made a new version of a policy: {what}",
	"CreateRole":                     "made a role: {what}",
	"CreateUser":                     "made a user: {what}",
	"DeactivateMFADevice":            "took a second factor away: {what}",
	"DeleteAccessKey":                "deleted an access key: {what}",
	"DeleteBucket":                   "deleted a bucket: {what}",
	"DeleteDetector":                 "deleted a GuardDuty detector: {what}",
	"DeleteFlowLogs":                 "deleted flow logs: {what}",
	"DeleteRolePolicy":               "removed an inline policy from a role: {what}",
	"DeleteTrail":                    "deleted a trail, which records events: {what}",
	"DeleteUserPolicy":               "removed an inline policy from a user: {what}",
	"DetachUserPolicy":               "detached a managed policy from a user: {what}",
	"DetachRolePolicy":               "detached a managed policy from a role: {what}",
	"GetCallerIdentity":              "asked who it is",
	"GetFederationToken":             "asked for federated credentials: {what}",
	"GetSecretValue":                 "read a secret: {what}",
	"GetSessionToken":                "asked for temporary credentials",
	"GetParameter":                   "read a parameter: {what}",
	"GetAccountAuthorizationDetails": "downloaded all users, roles and policies of the account",
	"ListBuckets":                    "listed the buckets",
	"ListUsers":                      "listed the users",
	"ListRoles":                      "listed the roles",
	"ListAccessKeys":                 "listed access keys: {what}",
	"PutBucketPolicy":                "changed who may use a bucket: {what}",
	"PutGroupPolicy":                 "put an inline policy on a group: {what}",
	"PutRolePolicy":                  "put an inline policy on a role: {what}",
	"PutUserPolicy":                  "put an inline policy on a user: {what}",
	"RunInstances":                   "started instances: {what}",
	"StopLogging":                    "stopped a trail from recording: {what}",
	"SwitchRole":                     "switched to a role in the console: {what}",
	"TerminateInstances":             "terminated instances: {what}",
	"UpdateAccessKey":                "turned an access key on or off: {what}",
	"UpdateAssumeRolePolicy":         "changed who may take on a role: {what}",
	"UpdateLoginProfile":             "changed a user's console password: {what}",
	"UpdateTrail":                    "changed a trail, which records events: {what}",
	"PutEventSelectors":              "changed what a trail records: {what}",
	"DescribeInstances":              "listed instances",
	"SendCommand":                    "ran a command on instances: {what}",
	"ModifySnapshotAttribute":        "changed who may use a snapshot: {what}",
	"ModifyImageAttribute":           "changed who may use an image: {what}",
}

// explain tells an event in two sentences: who did what to what, and from
// where. A call that failed did nothing: then they say that it was tried.
func explain(e *event.Event, what string) string {
	subject := who(e.Principal)
	if e.Principal.Kind == event.Role && e.Session != "" {
		subject += ", in the session " + e.Session + ","
	}
	verb, known := verbs[e.Name]
	switch {
	case e.Failed():
		verb = fmt.Sprintf("tried to call %s of %s", e.Name, service(e.Source))
	case known:
		verb = strings.ReplaceAll(verb, "{what}", or(what, "it is not said which"))
	default:
		verb = fmt.Sprintf("called %s of %s", e.Name, service(e.Source))
	}
	if (e.Failed() || !known) && what != "" {
		verb += " on " + what
	}
	return fmt.Sprintf("%s %s. %s", subject, verb, whence(e))
}

// whence says from where a call came.
func whence(e *event.Event) string {
	place := ""
	if e.Region != "" {
		place = ", to " + e.Region
	}
	_, err := netip.ParseAddr(e.SourceIP)
	switch {
	case e.InvokedBy != "":
		return fmt.Sprintf("AWS made the call for it, through %s%s.", e.InvokedBy, place)
	case e.SourceIP == "":
		return "The record does not say from where."
	case err != nil && strings.HasSuffix(e.SourceIP, ".amazonaws.com"):
		return fmt.Sprintf("It came from inside AWS, %s%s.", e.SourceIP, place)
	}
	return fmt.Sprintf("It came from %s%s.", e.SourceIP, place)
}

// A fact is a field of an event with the name that people use.
type fact struct {
	name  safe
	value string
}

// facts are the fields that answer the questions asked of any event.
func facts(e *event.Event, doc event.Document) []fact {
	var out []fact
	add := func(name safe, value string) {
		if value != "" {
			out = append(out, fact{name, clean.Secrets(value)})
		}
	}
	add("When", string(full(e.Time)))
	add("Who", e.Principal.ARN)
	if e.Session != e.AccessKey {
		add("Session", e.Session)
	}
	add("Key", e.AccessKey)
	add("MFA", fieldText(doc, "userIdentity.sessionContext.attributes.mfaAuthenticated"))
	add("Issued", fieldText(doc, "userIdentity.sessionContext.attributes.creationDate"))
	add("Call", e.Name+" of "+e.Source)
	add("From", e.SourceIP)
	add("With", e.UserAgent)
	add("Region", e.Region)
	add("Account", e.Account)
	add("Event id", e.ID)
	add("Request id", e.RequestID)
	return out
}

// about says what a call was about: its subject, and else the resources that
// the record names.
func about(subject string, doc event.Document) string {
	if subject != "" {
		return subject
	}
	var arns []string
	for i := range 3 {
		if arn := fieldText(doc, fmt.Sprintf("resources.%d.ARN", i)); arn != "" {
			arns = append(arns, arn)
		}
	}
	return strings.Join(arns, ", ")
}

// fieldText is the value at a path as text; "" if there is none.
func fieldText(doc event.Document, path string) string {
	v, ok := doc.Lookup(path)
	if !ok || v == nil {
		return ""
	}
	switch v.(type) {
	case map[string]any, []any:
		return ""
	}
	return fmt.Sprint(v)
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// service is an event source as people say it: "iam" of iam.amazonaws.com.
func service(source string) string { return strings.TrimSuffix(source, ".amazonaws.com") }
