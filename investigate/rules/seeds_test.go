package rules

import (
	"slices"
	"testing"

	"cordon/investigate/event"
	"cordon/investigate/query"
)

// The project grew out of five published documents on watching IAM and
// responding to a stolen key. These tables hold every event name and every query
// in them, with the rules that cover each.

// seedEventNames are the event names, each with one rule that an event of that
// name fires. "EnableMFADevicex" is a slip of the pen in the original.
var seedEventNames = []struct{ source, name, rule string }{
	{"iam.amazonaws.com", "CreateUser", "user_created"},
	{"iam.amazonaws.com", "DeleteUser", "user_deleted"},
	{"iam.amazonaws.com", "AddUserToGroup", "user_added_to_group"},
	{"iam.amazonaws.com", "RemoveUserFromGroup", "permissions_removed"},
	{"iam.amazonaws.com", "PutUserPermissionsBoundary", "permissions_boundary_changed"},
	{"iam.amazonaws.com", "DeleteUserPermissionsBoundary", "permissions_boundary_changed"},
	{"iam.amazonaws.com", "PutUserPolicy", "inline_policy_put"},
	{"iam.amazonaws.com", "DetachUserPolicy", "permissions_removed"},
	{"iam.amazonaws.com", "EnableMFADevice", "mfa_enrolled"},
	{"iam.amazonaws.com", "CreateVirtualMFADevice", "mfa_enrolled"},
	{"iam.amazonaws.com", "DeactivateMFADevice", "mfa_deactivated"},
	{"iam.amazonaws.com", "CreateAccessKey", "access_key_created"},
	{"iam.amazonaws.com", "UploadSSHPublicKey", "ssh_public_key_uploaded"},
	{"iam.amazonaws.com", "CreatePolicy", "policy_created"},
	{"iam.amazonaws.com", "CreatePolicyVersion", "policy_version_created"},
	{"iam.amazonaws.com", "CreateRole", "role_created"},
	{"iam.amazonaws.com", "AttachRolePolicy", "policy_attached"},
	{"iam.amazonaws.com", "PutRolePolicy", "inline_policy_put"},
	{"iam.amazonaws.com", "UpdateAssumeRolePolicy", "trust_policy_changed"},
	{"signin.amazonaws.com", "SwitchRole", "switch_role"},
	{"signin.amazonaws.com", "ConsoleLogin", "console_login"},
	{"sts.amazonaws.com", "AssumeRole", "assume_role"},
	{"sts.amazonaws.com", "GetCallerIdentity", "caller_identity"},
	{"s3.amazonaws.com", "ListBuckets", "buckets_listed"},
	// Containment and its undoing, as the second document gives them.
	{"iam.amazonaws.com", "PutGroupPolicy", "inline_policy_put"},
	{"iam.amazonaws.com", "DeleteRolePolicy", "permissions_removed"},
	{"iam.amazonaws.com", "DeleteUserPolicy", "permissions_removed"},
	{"iam.amazonaws.com", "DeleteGroupPolicy", "permissions_removed"},
	{"iam.amazonaws.com", "ListRoles", "iam_called"},
	{"iam.amazonaws.com", "ListUsers", "iam_called"},
	{"iam.amazonaws.com", "ListGroups", "iam_called"},
}

func TestEveryEventNameOfTheSeedsFiresARule(t *testing.T) {
	set := mustEmbedded(t)
	for _, s := range seedEventNames {
		e := buildEvent(t, 1, start, map[string]any{"eventSource": s.source, "eventName": s.name})
		if fired(set, []event.Event{e})[s.rule] == nil {
			t.Errorf("%s does not fire %s", s.name, s.rule)
		}
	}
}

type fields = map[string]any

type seedQuery struct {
	filter string
	event  fields
	rules  []string
}

// seedQueries are the conditions of the queries: as Logs Insights has them, or,
// for filter patterns, what the pattern says in that language. Publishing ate
// the stars and the event source of the third document's patterns; they stand
// here repaired. Each has an event that it selects, and the rules that the event
// fires.
var seedQueries = []seedQuery{
	{
		`eventSource = "iam.amazonaws.com"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "GetUser"},
		[]string{"iam_called"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "CreateUser"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"},
		[]string{"user_created"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "DeleteUser"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "DeleteUser"},
		[]string{"user_deleted"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "AddUserToGroup"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "AddUserToGroup"},
		[]string{"user_added_to_group"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "RemoveUserFromGroup"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "RemoveUserFromGroup"},
		[]string{"permissions_removed"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "PutUserPermissionsBoundary"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "PutUserPermissionsBoundary"},
		[]string{"permissions_boundary_changed"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "DeleteUserPermissionsBoundary"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "DeleteUserPermissionsBoundary"},
		[]string{"permissions_boundary_changed"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "PutUserPolicy"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "PutUserPolicy"},
		[]string{"inline_policy_put"},
	},
	{
		`eventSource = "iam.amazonaws.com" and eventName = "DetachUserPolicy"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "DetachUserPolicy"},
		[]string{"permissions_removed"},
	},
	{
		`eventSource = "signin.amazonaws.com" and eventName = "SwitchRole"`,
		fields{"eventSource": "signin.amazonaws.com", "eventName": "SwitchRole"},
		[]string{"switch_role"},
	},
	{
		`errorCode like /Unauthorized|Denied|Forbidden/`,
		fields{"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "errorCode": "Client.UnauthorizedOperation"},
		[]string{"access_denied"},
	},
	{ // who holds the key is what the query asks; that the user acted is what a rule can say
		`userIdentity.accessKeyId ="AKIAIOSFODNN7EXAMPLE"`,
		fields{"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"},
		[]string{"user_acted"},
	},
	{
		`sourceIPAddress = "192.0.2.1"`,
		fields{"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "sourceIPAddress": "192.0.2.1"},
		[]string{"user_acted"},
	},
	{ // finds temporary credentials, not the access keys that the text speaks of
		`responseElements.credentials.accessKeyId ="AKIAIOSFODNN7EXAMPLE"`,
		fields{"eventSource": "sts.amazonaws.com", "eventName": "GetSessionToken", "responseElements.credentials.accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
		[]string{"session_token"},
	},
	{ // the repaired one
		`responseElements.accessKey.accessKeyId ="AKIAIOSFODNN7EXAMPLE"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "CreateAccessKey", "responseElements.accessKey.accessKeyId": "AKIAIOSFODNN7EXAMPLE"},
		[]string{"access_key_created"},
	},
	{
		`eventName="CreateUser" or eventName = "CreateRole"`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "CreateRole"},
		[]string{"role_created"},
	},
	{
		`eventName ="ListBuckets"`,
		fields{"eventSource": "s3.amazonaws.com", "eventName": "ListBuckets"},
		[]string{"buckets_listed"},
	},
	{ // --filter-pattern AccessDenied
		`@message like "AccessDenied"`,
		fields{"eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "errorCode": "AccessDenied"},
		[]string{"access_denied"},
	},
	{ // --filter-pattern Client.UnauthorizedOperation
		`@message like "Client.UnauthorizedOperation"`,
		fields{"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "errorCode": "Client.UnauthorizedOperation"},
		[]string{"access_denied"},
	},
	{ // --filter-pattern AKIAIOSFODNN7EXAMPLE
		`@message like "AKIAIOSFODNN7EXAMPLE"`,
		fields{"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances"},
		[]string{"user_acted"},
	},
	{ // --filter-pattern 192.0.2.1
		`@message like "192.0.2.1"`,
		fields{"eventSource": "ec2.amazonaws.com", "eventName": "RunInstances", "sourceIPAddress": "192.0.2.1"},
		[]string{"user_acted"},
	},
	{ // --filter-pattern ListBuckets
		`@message like "ListBuckets"`,
		fields{"eventSource": "s3.amazonaws.com", "eventName": "ListBuckets"},
		[]string{"buckets_listed"},
	},
	{ // $.eventName = "Add*" || "Attach*" || ...
		`eventSource = "iam.amazonaws.com" and eventName like /^(Add|Attach|Change|Create|Deactivate|Delete|Detach|Enable|Put|Remove|Set|Update|Upload)/`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "DeactivateMFADevice"},
		[]string{"iam_changed"},
	},
	{ // $.eventName = "Put*Policy" || "Attach*" || ...
		`eventSource = "iam.amazonaws.com" and eventName like /^(Put.*Policy$|Attach|Detach|Create|Update|Upload|Delete|Remove|Set)/`,
		fields{"eventSource": "iam.amazonaws.com", "eventName": "PutGroupPolicy"},
		[]string{"iam_authorization_changed"},
	},
	{ // $.userIdentity.type = "IAMUser" && $.eventName != "Get*" && $.eventName != "Describe*"
		`userIdentity.type = "IAMUser" and eventName not like /^Get/ and eventName not like /^Describe/`,
		fields{"eventSource": "s3.amazonaws.com", "eventName": "CreateBucket"},
		[]string{"user_acted"},
	},
}

func TestEveryQueryOfTheSeedsSelectsAnEventThatFiresARule(t *testing.T) {
	set := mustEmbedded(t)
	for _, s := range seedQueries {
		filter, err := query.ParseFilter(s.filter)
		if err != nil {
			t.Errorf("%s: %v", s.filter, err)
			continue
		}
		e := buildEvent(t, 1, start, s.event)
		if !filter.Match(query.NewRecord(&e)) {
			t.Errorf("%s does not select its event", s.filter)
		}
		other := buildEvent(t, 2, start, fields{
			"eventSource": "kms.amazonaws.com", "eventName": "GetKeyPolicy",
			"userIdentity.accessKeyId": "AKIAI44QH8DHBEXAMPLE",
		})
		if filter.Match(query.NewRecord(&other)) {
			t.Errorf("%s selects everything", s.filter)
		}
		got := fired(set, []event.Event{e})
		for _, name := range s.rules {
			if got[name] == nil {
				t.Errorf("the event of %s does not fire %s", s.filter, name)
			}
		}
	}
}

func TestTheIAMChangePatternsOfTheSeedsEqualTheirRules(t *testing.T) {
	set := mustEmbedded(t)
	names := []string{
		"AddUserToGroup", "AttachRolePolicy", "ChangePassword", "CreateUser", "DeactivateMFADevice", "DeleteUser",
		"DetachRolePolicy", "EnableMFADevice", "PutRolePolicy", "PutUserPermissionsBoundary", "RemoveUserFromGroup",
		"SetDefaultPolicyVersion", "UpdateUser", "UploadSSHPublicKey", "GetUser", "ListUsers", "TagUser", "GenerateCredentialReport",
	}
	for _, rule := range []string{"iam_changed", "iam_authorization_changed"} {
		i := slices.IndexFunc(seedQueries, func(s seedQuery) bool { return slices.Contains(s.rules, rule) })
		filter, err := query.ParseFilter(seedQueries[i].filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			e := buildEvent(t, 1, start, fields{"eventSource": "iam.amazonaws.com", "eventName": name})
			want := filter.Match(query.NewRecord(&e))
			if got := fired(set, []event.Event{e})[rule] != nil; got != want {
				t.Errorf("%s on %s: the rule says %v, the pattern %v", rule, name, got, want)
			}
		}
	}
}
