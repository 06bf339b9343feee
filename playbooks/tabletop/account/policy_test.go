package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cordon/playbooks/tabletop/account"
)

// The time of every call of the table.
func noon() time.Time { return time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC) }

const (
	allowed  = ""
	implicit = "because no identity-based policy allows the "
	explicit = "with an explicit deny in an identity-based policy"
)

// allow and deny write a statement about all resources.
func allow(action, rest string) string { return policyOf("Allow", action, "*", rest) }
func deny(action, rest string) string  { return policyOf("Deny", action, "*", rest) }

func policyOf(effect, action, resource, rest string) string {
	return fmt.Sprintf(`{"Effect":"%s","Action":"%s","Resource":"%s"%s}`, effect, action, resource, rest)
}

func when(operator, key, values string) string {
	return fmt.Sprintf(`,"Condition":{"%s":{"%s":%s}}`, operator, key, values)
}

// TestPoliciesDecideAsAWSDocuments asks of a user alice (path /staff/, tag
// team=blue, from 203.0.113.7, at noon of 14 March 2026) whether one call is
// let through, and reads the reason in the denial. The source of each group of
// rows is a page of the IAM user guide, named above it.
func TestPoliciesDecideAsAWSDocuments(t *testing.T) {
	type row struct {
		name       string
		statements string // of one policy, or of several with | between
		call       string // service:Operation
		resource   string
		want       string
	}
	// "Policy evaluation logic"
	rows := []row{
		{"nothing is allowed by default", "", "s3:CreateBucket", "", implicit + "s3:CreateBucket action"},
		{"an allow allows", allow("*", ""), "s3:CreateBucket", "", allowed},
		{"an explicit deny outweighs an allow before it", allow("*", "") + "," + deny("s3:*", ""), "s3:CreateBucket", "", explicit},
		{"and one after it", deny("s3:*", "") + "," + allow("*", ""), "s3:CreateBucket", "", explicit},
		{"and in another policy", allow("*", "") + "|" + deny("s3:CreateBucket", ""), "s3:CreateBucket", "", explicit},
		{"a deny of something else does not", allow("*", "") + "," + deny("s3:DeleteBucket", ""), "s3:CreateBucket", "", allowed},
		{"a deny is told even where nothing allows", deny("*", ""), "s3:CreateBucket", "", explicit},
	}
	// "IAM JSON policy elements: Action" and "NotAction"
	rows = append(rows, []row{
		{"the names of actions are not distinguished by case", allow("S3:createbucket", ""), "s3:CreateBucket", "", allowed},
		{"a wildcard ends an action", allow("s3:Create*", ""), "s3:CreateBucket", "", allowed},
		{"a wildcard in the middle", allow("s3:C*t", ""), "s3:CreateBucket", "", allowed},
		{"a wildcard stands for nothing too", allow("s3:CreateBucket*", ""), "s3:CreateBucket", "", allowed},
		{"a question mark is one character", allow("s3:CreateBucke?", ""), "s3:CreateBucket", "", allowed},
		{"and no fewer", allow("s3:CreateBucket?", ""), "s3:CreateBucket", "", implicit + "s3:CreateBucket action"},
		{"another service's action", allow("ec2:*", ""), "s3:CreateBucket", "", implicit + "s3:CreateBucket action"},
		{"an action is not a prefix", allow("s3:Create", ""), "s3:CreateBucket", "", implicit + "s3:CreateBucket action"},
		{"NotAction allows all else", `{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}`, "s3:CreateBucket", "", allowed},
		{"and not what it names", `{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}`, "s3:CreateBucket", "", implicit + "s3:CreateBucket action"},
		{"a deny with NotAction denies all else", allow("*", "") + `,{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*"}`, "s3:CreateBucket", "", explicit},
		{"and spares what it names", allow("*", "") + `,{"Effect":"Deny","NotAction":["ec2:*","s3:*"],"Resource":"*"}`, "s3:CreateBucket", "", allowed},
		{"the action of ListBuckets is ListAllMyBuckets", allow("s3:ListAllMyBuckets", ""), "s3:ListBuckets", "", allowed},
		{"an event's API version is no part of the action", allow("lambda:UpdateFunctionCode", ""), "lambda:UpdateFunctionCode20150331v2", "", allowed},
	}...)
	// "IAM JSON policy elements: Resource" and "NotResource"
	bucket := "arn:aws:s3:::logs/2026/a.gz"
	rows = append(rows, []row{
		{"the resource itself", policyOf("Allow", "s3:*", bucket, ""), "s3:PutBucketAcl", bucket, allowed},
		{"a wildcard crosses slashes", policyOf("Allow", "s3:*", "arn:aws:s3:::logs/*", ""), "s3:PutBucketAcl", bucket, allowed},
		{"resources are distinguished by case", policyOf("Allow", "s3:*", "arn:aws:s3:::LOGS/*", ""), "s3:PutBucketAcl", bucket, implicit + "s3:PutBucketAcl action"},
		{"another resource", policyOf("Allow", "s3:*", "arn:aws:s3:::data/*", ""), "s3:PutBucketAcl", bucket, implicit + "s3:PutBucketAcl action"},
		{"a policy for one resource does not allow all", policyOf("Allow", "s3:*", "arn:aws:s3:::logs", ""), "s3:ListBuckets", "", implicit + "s3:ListAllMyBuckets action"},
		{"NotResource denies all else", allow("*", "") + `,{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::data/*"}`, "s3:PutBucketAcl", bucket, explicit},
		{"and spares what it names", allow("*", "") + `,{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::logs/*"}`, "s3:PutBucketAcl", bucket, allowed},
	}...)
	// "IAM policy elements: Variables and tags"
	home := "arn:aws:s3:::home/alice/x"
	rows = append(rows, []row{
		{"a variable stands for the user", policyOf("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*", ""), "s3:PutBucketAcl", home, allowed},
		{"and for nobody else", policyOf("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*", ""), "s3:PutBucketAcl", "arn:aws:s3:::home/bob/x", implicit + "s3:PutBucketAcl action"},
		{"a variable of the caller's tags", policyOf("Allow", "s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}", ""), "s3:PutBucketAcl", "arn:aws:s3:::blue", allowed},
		{"a variable with no value matches nothing", policyOf("Allow", "s3:*", "arn:aws:s3:::home/${aws:SourceIdentity}*", ""), "s3:PutBucketAcl", home, implicit + "s3:PutBucketAcl action"},
		{"unless it has a default", policyOf("Allow", "s3:*", "arn:aws:s3:::${aws:SourceIdentity, 'home'}/*", ""), "s3:PutBucketAcl", home, allowed},
		{"an escaped asterisk is one", policyOf("Allow", "s3:*", "arn:aws:s3:::home/${*}", ""), "s3:PutBucketAcl", home, implicit + "s3:PutBucketAcl action"},
		{"and matches itself", policyOf("Allow", "s3:*", "arn:aws:s3:::home/${*}", ""), "s3:PutBucketAcl", "arn:aws:s3:::home/*", allowed},
	}...)
	// "IAM JSON policy elements: Condition operators"
	met := func(name, operator, key, values string) row {
		return row{name, allow("*", when(operator, key, values)), "s3:CreateBucket", "", allowed}
	}
	unmet := func(name, operator, key, values string) row {
		return row{name, allow("*", when(operator, key, values)), "s3:CreateBucket", "", implicit + "s3:CreateBucket action"}
	}
	rows = append(rows, []row{
		met("StringEquals", "StringEquals", "aws:username", `"alice"`),
		met("the names of keys are not distinguished by case", "StringEquals", "AWS:UserName", `"alice"`),
		unmet("StringEquals is exact", "StringEquals", "aws:username", `"Alice"`),
		unmet("StringEquals knows no wildcard", "StringEquals", "aws:username", `"a*"`),
		met("one of several values is enough", "StringEquals", "aws:username", `["bob","alice"]`),
		met("StringEqualsIgnoreCase", "StringEqualsIgnoreCase", "aws:username", `"ALICE"`),
		unmet("StringNotEquals", "StringNotEquals", "aws:username", `"alice"`),
		unmet("StringNotEquals of several means none of them", "StringNotEquals", "aws:username", `["bob","alice"]`),
		met("StringNotEquals of others", "StringNotEquals", "aws:username", `["bob","carol"]`),
		met("StringLike", "StringLike", "aws:username", `"al?c*"`),
		unmet("StringNotLike", "StringNotLike", "aws:username", `"al*"`),
		met("ArnLike", "ArnLike", "aws:PrincipalArn", `"arn:aws:iam::*:user/staff/*"`),
		met("ArnEquals takes wildcards too", "ArnEquals", "aws:PrincipalArn", `"arn:aws:iam::123456789012:user/*"`),
		unmet("an ARN's wildcard stays within its colons", "ArnLike", "aws:PrincipalArn", `"arn:aws:*:user/staff/alice"`),
		met("ArnNotLike", "ArnNotLike", "aws:PrincipalArn", `"arn:aws:iam::*:role/*"`),
		met("DateLessThan", "DateLessThan", "aws:CurrentTime", `"2026-03-14T12:00:01Z"`),
		unmet("DateLessThan of now", "DateLessThan", "aws:CurrentTime", `"2026-03-14T12:00:00Z"`),
		met("DateLessThanEquals of now", "DateLessThanEquals", "aws:CurrentTime", `"2026-03-14T12:00:00Z"`),
		met("DateGreaterThan of a day", "DateGreaterThan", "aws:CurrentTime", `"2026-03-14"`),
		met("DateGreaterThan in epoch seconds", "DateGreaterThan", "aws:EpochTime", `"1700000000"`),
		met("NumericLessThan", "NumericLessThan", "aws:EpochTime", `"2000000000"`),
		unmet("NumericGreaterThanEquals", "NumericGreaterThanEquals", "aws:EpochTime", `2000000000`),
		met("IpAddress of a network", "IpAddress", "aws:SourceIp", `["192.0.2.0/24","203.0.113.0/24"]`),
		met("IpAddress of one", "IpAddress", "aws:SourceIp", `"203.0.113.7"`),
		unmet("IpAddress of another", "IpAddress", "aws:SourceIp", `"203.0.113.8/32"`),
		unmet("NotIpAddress", "NotIpAddress", "aws:SourceIp", `"203.0.113.0/24"`),
		met("Bool", "Bool", "aws:SecureTransport", `"true"`),
		met("Bool of a JSON true", "Bool", "aws:SecureTransport", `true`),
		unmet("Bool of a key that is not there", "Bool", "aws:MultiFactorAuthPresent", `"true"`),
		unmet("false is not the same as not there", "Bool", "aws:MultiFactorAuthPresent", `"false"`),
		met("BoolIfExists of a key that is not there", "BoolIfExists", "aws:MultiFactorAuthPresent", `"false"`),
		unmet("a key that is not there", "StringEquals", "aws:SourceVpc", `"vpc-1"`),
		met("IfExists of a key that is not there", "StringEqualsIfExists", "aws:SourceVpc", `"vpc-1"`),
		unmet("IfExists of a key that is", "StringEqualsIfExists", "aws:username", `"bob"`),
		met("a negated operator of a key that is not there", "StringNotEquals", "aws:SourceVpc", `"vpc-1"`),
		met("Null: is not there", "Null", "aws:TokenIssueTime", `"true"`),
		unmet("Null: is there", "Null", "aws:TokenIssueTime", `"false"`),
		met("Null of a key that is there", "Null", "aws:username", `"false"`),
		unmet("ForAnyValue of no values", "ForAnyValue:StringLike", "aws:TagKeys", `"*"`),
		met("ForAllValues of no values", "ForAllValues:StringLike", "aws:TagKeys", `"none"`),
		met("a variable in a condition", "StringEquals", "aws:username", `"${aws:username}"`),
		met("aws:RequestedRegion", "StringEquals", "aws:RequestedRegion", `"eu-west-1"`),
		met("aws:PrincipalTag", "StringEquals", "aws:PrincipalTag/team", `"blue"`),
		met("aws:PrincipalType", "StringEquals", "aws:PrincipalType", `"User"`),
		{"all conditions have to be met", allow("*", `,"Condition":{"StringEquals":{"aws:username":"alice"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), "s3:CreateBucket", "", implicit + "s3:CreateBucket action"},
		{"a deny whose condition is not met", allow("*", "") + "," + deny("*", when("DateLessThan", "aws:TokenIssueTime", `"2030-01-01T00:00:00Z"`)), "s3:CreateBucket", "", allowed},
		{"a deny whose condition is", allow("*", "") + "," + deny("*", when("NotIpAddress", "aws:SourceIp", `"10.0.0.0/8"`)), "s3:CreateBucket", "", explicit},
	}...)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			w := caller(t, r.statements)
			service, operation, _ := strings.Cut(r.call, ":")
			err := w.do(t, account.Call{Service: service, Operation: operation, Resource: r.resource})
			switch got := message(t, err); {
			case r.want == allowed && err != nil:
				t.Errorf("denied: %v", err)
			case r.want != allowed && !strings.HasSuffix(got, " "+r.want):
				t.Errorf("got %q, want a denial %q", got, r.want)
			}
		})
	}
}

// A person is alice with a key.
type person struct {
	*world
	key string
}

// caller makes alice, with one policy for each group of statements.
func caller(t testing.TB, statements string) person {
	t.Helper()
	a := account.New(account.Options{Region: "eu-west-1"})
	w := &world{Account: a}
	seed := func(input any) any {
		t.Helper()
		out, err := a.Seed(noon().Add(-time.Hour), input)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	seed(&iam.CreateUserInput{UserName: str("alice"), Path: str("/staff/"), Tags: []types.Tag{{Key: str("team"), Value: str("blue")}}})
	if statements != "" {
		for i, group := range strings.Split(statements, "|") {
			seed(&iam.PutUserPolicyInput{
				UserName: str("alice"), PolicyName: str(fmt.Sprint("p", i)),
				PolicyDocument: str(`{"Version":"2012-10-17","Statement":[` + group + `]}`),
			})
		}
	}
	key, ok := seed(&iam.CreateAccessKeyInput{UserName: str("alice")}).(*iam.CreateAccessKeyOutput)
	if !ok {
		t.Fatal("not an access key")
	}
	return person{w, *key.AccessKey.AccessKeyId}
}

func (p person) do(t testing.TB, c account.Call) error {
	t.Helper()
	if c.AccessKeyID == "" {
		c.AccessKeyID = p.key
	}
	c.SourceIP, c.At = "203.0.113.7", noon()
	_, err := p.Do(t.Context(), c)
	return err
}

// The denial of each service in its own words and code.
func TestDenialsAreWordedAsEachServiceDoes(t *testing.T) {
	who := "User: arn:aws:iam::123456789012:user/staff/alice is not authorized to perform: "
	for name, test := range map[string]struct {
		call          account.Call
		code, message string
	}{
		"a list of IAM": {
			account.Call{Input: &iam.ListUsersInput{}},
			"AccessDenied",
			who + "iam:ListUsers on resource: arn:aws:iam::123456789012:user/ because no identity-based policy allows the iam:ListUsers action",
		},
		"a user that is there": {
			account.Call{Input: &iam.GetUserInput{UserName: str("alice")}},
			"AccessDenied",
			who + "iam:GetUser on resource: arn:aws:iam::123456789012:user/staff/alice because no identity-based policy allows the iam:GetUser action",
		},
		"a user that is not": {
			account.Call{Input: &iam.CreateUserInput{UserName: str("eve")}},
			"AccessDenied",
			who + "iam:CreateUser on resource: user eve because no identity-based policy allows the iam:CreateUser action",
		},
		"the account": {
			account.Call{Input: &iam.GetAccountSummaryInput{}},
			"AccessDenied",
			who + "iam:GetAccountSummary on resource: * because no identity-based policy allows the iam:GetAccountSummary action",
		},
		"policies": {
			account.Call{Input: &iam.ListPoliciesInput{}},
			"AccessDenied",
			who + "iam:ListPolicies on resource: policy path / because no identity-based policy allows the iam:ListPolicies action",
		},
		"a group that is not there": {
			account.Call{Input: &iam.GetGroupInput{GroupName: str("devs")}},
			"AccessDenied",
			who + "iam:GetGroup on resource: group devs because no identity-based policy allows the iam:GetGroup action",
		},
		"a managed policy": {
			account.Call{Input: &iam.GetPolicyInput{PolicyArn: str(denyPolicy)}},
			"AccessDenied",
			who + "iam:GetPolicy on resource: policy " + denyPolicy + " because no identity-based policy allows the iam:GetPolicy action",
		},
		"a policy to be": {
			account.Call{Input: &iam.CreatePolicyInput{PolicyName: str("p"), PolicyDocument: str(allowAll)}},
			"AccessDenied",
			who + "iam:CreatePolicy on resource: policy p because no identity-based policy allows the iam:CreatePolicy action",
		},
		"CloudTrail": {
			account.Call{Service: "cloudtrail", Operation: "LookupEvents"},
			"AccessDeniedException",
			who + "cloudtrail:LookupEvents because no identity-based policy allows the cloudtrail:LookupEvents action",
		},
		"EC2": {
			account.Call{Service: "ec2", Operation: "DescribeInstances"},
			"UnauthorizedOperation",
			"You are not authorized to perform this operation. " + who + "ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action",
		},
		"EC2 with a resource": {
			account.Call{Service: "ec2", Operation: "RunInstances", Resource: "arn:aws:ec2:eu-west-1:123456789012:instance/*"},
			"UnauthorizedOperation",
			"You are not authorized to perform this operation. " + who + "ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:123456789012:instance/* because no identity-based policy allows the ec2:RunInstances action",
		},
		"Secrets Manager": {
			account.Call{Service: "secretsmanager", Operation: "ListSecrets"},
			"AccessDeniedException",
			who + "secretsmanager:ListSecrets because no identity-based policy allows the secretsmanager:ListSecrets action",
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := caller(t, "").do(t, test.call)
			if got := code(t, err); got != test.code {
				t.Errorf("code %q, want %q", got, test.code)
			}
			if got := message(t, err); got != test.message {
				t.Errorf("message\n got %s\nwant %s", got, test.message)
			}
		})
	}
}

func TestPermissionsComeFromGroupsAndManagedPoliciesToo(t *testing.T) {
	list := account.Call{Input: &iam.ListUsersInput{}}
	p := caller(t, "")
	seed := func(inputs ...any) {
		t.Helper()
		for _, input := range inputs {
			if _, err := p.Seed(noon(), input); err != nil {
				t.Fatal(err)
			}
		}
	}
	seed(
		&iam.CreateGroupInput{GroupName: str("admins")},
		&iam.AttachGroupPolicyInput{GroupName: str("admins"), PolicyArn: str(adminPolicy)},
		&iam.AddUserToGroupInput{GroupName: str("admins"), UserName: str("alice")},
	)
	if err := p.do(t, list); err != nil {
		t.Fatalf("a policy of a group: %v", err)
	}
	seed(&iam.PutGroupPolicyInput{GroupName: str("admins"), PolicyName: str("DenyAll"), PolicyDocument: str(denyAll)})
	if err := p.do(t, list); !strings.HasSuffix(message(t, err), explicit) {
		t.Errorf("an inline deny of a group: %v", err)
	}
	seed(
		&iam.RemoveUserFromGroupInput{GroupName: str("admins"), UserName: str("alice")},
		&iam.AttachUserPolicyInput{UserName: str("alice"), PolicyArn: str(adminPolicy)},
	)
	if err := p.do(t, list); err != nil {
		t.Errorf("a managed policy: %v", err)
	}
	seed(&iam.AttachUserPolicyInput{UserName: str("alice"), PolicyArn: str(denyPolicy)})
	if err := p.do(t, list); !strings.HasSuffix(message(t, err), explicit) {
		t.Errorf("AWSDenyAll attached: %v", err)
	}
	seed(
		&iam.DetachUserPolicyInput{UserName: str("alice"), PolicyArn: str(denyPolicy)},
		&iam.PutUserPermissionsBoundaryInput{UserName: str("alice"), PermissionsBoundary: str("arn:aws:iam::aws:policy/PowerUserAccess")},
	)
	if err := p.do(t, list); !strings.HasSuffix(message(t, err), "because no permissions boundary allows the iam:ListUsers action") {
		t.Errorf("beyond the boundary: %v", err)
	}
	seed(&iam.PutUserPermissionsBoundaryInput{UserName: str("alice"), PermissionsBoundary: str(denyPolicy)})
	if err := p.do(t, list); !strings.HasSuffix(message(t, err), "with an explicit deny in a permissions boundary") {
		t.Errorf("denied by the boundary: %v", err)
	}
}

func TestARolesBoundaryBoundsItsSessions(t *testing.T) {
	p := caller(t, allow("*", ""))
	seedRole(t, p.world, "ops", trustAll)
	role := str("ops")
	for _, input := range []any{
		&iam.AttachRolePolicyInput{RoleName: role, PolicyArn: str(adminPolicy)},
		&iam.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: str("arn:aws:iam::aws:policy/PowerUserAccess")},
	} {
		if _, err := p.Seed(noon(), input); err != nil {
			t.Fatal(err)
		}
	}
	out, err := p.Do(t.Context(), account.Call{AccessKeyID: p.key, At: noon(), Input: &sts.AssumeRoleInput{
		RoleArn: str("arn:aws:iam::123456789012:role/ops"), RoleSessionName: str("night"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	inside := account.Call{AccessKeyID: *out.(*sts.AssumeRoleOutput).Credentials.AccessKeyId, Input: &iam.ListUsersInput{}} //nolint:errcheck // the operation's own type
	if err := p.do(t, inside); !strings.HasSuffix(message(t, err), "because no permissions boundary allows the iam:ListUsers action") {
		t.Errorf("beyond the boundary: %v", err)
	}
	if _, err := p.Seed(noon(), &iam.DeleteRolePermissionsBoundaryInput{RoleName: role}); err != nil {
		t.Fatal(err)
	}
	if err := p.do(t, inside); err != nil {
		t.Errorf("with no boundary: %v", err)
	}
}

// The responder's mode in which one may attach AWSDenyAll and nothing else.
func TestAttachingCanBeAllowedForOnePolicyAlone(t *testing.T) {
	p := caller(t, allow("iam:AttachUserPolicy", when("ArnEquals", "iam:PolicyARN", `"`+denyPolicy+`"`)))
	p.user(t, "mallory")
	if err := p.do(t, account.Call{Input: &iam.AttachUserPolicyInput{UserName: str("mallory"), PolicyArn: str(denyPolicy)}}); err != nil {
		t.Errorf("AWSDenyAll: %v", err)
	}
	if err := p.do(t, account.Call{Input: &iam.AttachUserPolicyInput{UserName: str("mallory"), PolicyArn: str(adminPolicy)}}); code(t, err) != "AccessDenied" {
		t.Errorf("another policy: %v", err)
	}
}
