package account_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cordon/playbooks/tabletop/account"
)

const linkedRole = "AWSServiceRoleForSupport"

// stocked is an account with one of each, every one of them full.
func stocked(t *testing.T) *world {
	t.Helper()
	w := serve(t, account.Options{})
	seed := func(input any) {
		t.Helper()
		if _, err := w.Seed(time.Now(), input); err != nil {
			t.Fatal(err)
		}
	}
	w.user(t, "alice")
	w.user(t, "bob")
	for range 2 {
		seed(&iam.CreateAccessKeyInput{UserName: str("alice")})
	}
	seed(&iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("pad"), PolicyDocument: str(padded(1990))})
	seed(&iam.CreateLoginProfileInput{UserName: str("alice"), Password: str("x")})
	seed(&iam.CreateRoleInput{RoleName: str("ops"), AssumeRolePolicyDocument: str(trustAll)})
	seed(&iam.CreateRoleInput{RoleName: str(linkedRole), Path: str("/aws-service-role/support.amazonaws.com/"), AssumeRolePolicyDocument: str(trustAll)})
	seed(&iam.CreateRoleInput{RoleName: str("AWSReservedSSO_Admin_0123456789abcdef"), Path: str("/aws-reserved/sso.amazonaws.com/"), AssumeRolePolicyDocument: str(trustAll)})
	seed(&iam.PutRolePolicyInput{RoleName: str("ops"), PolicyName: str("pad"), PolicyDocument: str(padded(10200))})
	seed(&iam.CreateGroupInput{GroupName: str("devs")})
	seed(&iam.PutGroupPolicyInput{GroupName: str("devs"), PolicyName: str("pad"), PolicyDocument: str(padded(5100))})
	seed(&iam.AddUserToGroupInput{GroupName: str("devs"), UserName: str("alice")})
	for i := range 10 {
		name := fmt.Sprintf("p%d", i)
		seed(&iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: str(allowAll)})
		seed(&iam.AttachUserPolicyInput{UserName: str("alice"), PolicyArn: str("arn:aws:iam::123456789012:policy/" + name)})
	}
	return w
}

// padded is a policy of n characters, white space aside.
func padded(n int) string {
	const frame = `{"Version":"2012-10-17","Statement":[{"Sid":"","Effect":"Allow","Action":"s3:Get","Resource":"*"}]}`
	pad := strings.Repeat("a", n-len(frame))
	return "  " + strings.Replace(frame, `"Sid":""`, `"Sid":"`+pad+`"`, 1) + "\n"
}

func put(document string) func(context.Context, *iam.Client) error {
	return func(ctx context.Context, c *iam.Client) error {
		_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: str("bob"), PolicyName: str("p"), PolicyDocument: &document})
		return err
	}
}

func trust(document string) func(context.Context, *iam.Client) error {
	return func(ctx context.Context, c *iam.Client) error {
		_, err := c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: str("ops"), PolicyDocument: &document})
		return err
	}
}

func statement(body string) string { return `{"Version":"2012-10-17","Statement":[{` + body + `}]}` }

func TestWhatCannotBeDoneIsRefusedInAWSsWords(t *testing.T) {
	w := stocked(t)
	c := w.iam(w.root)
	for name, test := range map[string]struct {
		call          func(context.Context, *iam.Client) error
		code, message string
	}{
		"a user's name taken in other case": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("ALICE")})
				return err
			}, "EntityAlreadyExists", "User with name ALICE already exists.",
		},
		"a role's name taken": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("ops"), AssumeRolePolicyDocument: str(trustAll)})
				return err
			}, "EntityAlreadyExists", "Role with name ops already exists.",
		},
		"a group's name taken": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: str("Devs")})
				return err
			}, "EntityAlreadyExists", "Group with name Devs already exists.",
		},
		"a policy's name taken": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: str("p1"), PolicyDocument: str(allowAll)})
				return err
			}, "EntityAlreadyExists", "A policy called p1 already exists. Duplicate names are not allowed.",
		},
		"a second login profile": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: str("alice"), Password: str("x")})
				return err
			}, "EntityAlreadyExists", "Login Profile for user alice already exists.",
		},
		"no login profile": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: str("bob")})
				return err
			}, "NoSuchEntity", "Login Profile for User bob cannot be found.",
		},
		"no role": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: str("nope")})
				return err
			}, "NoSuchEntity", "The role with name nope cannot be found.",
		},
		"no group": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.GetGroup(ctx, &iam.GetGroupInput{GroupName: str("nope")})
				return err
			}, "NoSuchEntity", "The group with name nope cannot be found.",
		},
		"another user's key": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: str("bob"), AccessKeyId: &w.root.AccessKeyID, Status: types.StatusTypeInactive})
				return err
			}, "NoSuchEntity", "The Access Key with id " + w.root.AccessKeyID + " cannot be found.",
		},
		"a status that is none": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{AccessKeyId: &w.root.AccessKeyID, Status: "active"})
				return err
			}, "ValidationError", "1 validation error detected: Value 'active' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]",
		},
		"a managed policy that is not there": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: str("bob"), PolicyArn: str("arn:aws:iam::aws:policy/Nope")})
				return err
			}, "NoSuchEntity", "Policy arn:aws:iam::aws:policy/Nope does not exist or is not attachable.",
		},
		"an ARN that is none": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: str("bob"), PolicyArn: str("AdministratorAccess, please")})
				return err
			}, "InvalidInput", "ARN AdministratorAccess, please is not valid.",
		},
		"detaching what is not attached": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: str("bob"), PolicyArn: str(denyPolicy)})
				return err
			}, "NoSuchEntity", "Policy " + denyPolicy + " was not found.",
		},
		"deleting a user with policies": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: str("alice")})
				return err
			}, "DeleteConflict", "Cannot delete entity, must detach all policies first.",
		},
		"deleting a role with policies": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("ops")})
				return err
			}, "DeleteConflict", "Cannot delete entity, must delete policies first.",
		},
		"a third access key": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: str("alice")})
				return err
			}, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2",
		},
		"an eleventh attachment": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: str("alice"), PolicyArn: str(denyPolicy)})
				return err
			}, "LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 10",
		},
		"a user's inline policies too large together": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("DenyAll"), PolicyDocument: str(denyAll)})
				return err
			}, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user alice",
		},
		"a role's": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: str("ops"), PolicyName: str("DenyAll"), PolicyDocument: str(denyAll)})
				return err
			}, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role ops",
		},
		"a group's": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: str("devs"), PolicyName: str("DenyAll"), PolicyDocument: str(denyAll)})
				return err
			}, "LimitExceeded", "Maximum policy size of 5120 bytes exceeded for group devs",
		},
		"a service-linked role": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: str(linkedRole), PolicyName: str("DenyAll"), PolicyDocument: str(denyAll)})
				return err
			}, "UnmodifiableEntity", "Cannot perform the operation on the protected role '" + linkedRole + "' - this role is only modifiable by AWS",
		},
		"a role of Identity Center": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("AWSReservedSSO_Admin_0123456789abcdef"), PolicyArn: str(denyPolicy)})
				return err
			}, "UnmodifiableEntity", "Cannot perform the operation on the protected role 'AWSReservedSSO_Admin_0123456789abcdef' - this role is only modifiable by AWS",
		},
		"a name with a space": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("al ice")})
				return err
			}, "ValidationError", "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-",
		},
		"a name too long": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: str(strings.Repeat("a", 65))})
				return err
			}, "ValidationError", "1 validation error detected: Value '" + strings.Repeat("a", 65) + "' at 'userName' failed to satisfy constraint: Member must have length less than or equal to 64",
		},
		"a path with no slash at its end": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("new"), Path: str("/staff")})
				return err
			}, "ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.",
		},
		"no items": {
			func(ctx context.Context, c *iam.Client) error {
				_, err := c.ListUsers(ctx, &iam.ListUsersInput{MaxItems: aws.Int32(0)})
				return err
			}, "ValidationError", "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1",
		},
		"a policy that is no JSON":         {put(`{"Version":`), "MalformedPolicyDocument", "Syntax errors in policy."},
		"a policy that is a list":          {put(`[]`), "MalformedPolicyDocument", "Syntax errors in policy."},
		"more after a policy":              {put(denyAll + "{}"), "MalformedPolicyDocument", "Syntax errors in policy."},
		"a policy with no statement":       {put(`{"Version":"2012-10-17","Statement":[]}`), "MalformedPolicyDocument", "Syntax errors in policy."},
		"a version that is none":           {put(`{"Version":"2020-01-01","Statement":[]}`), "MalformedPolicyDocument", "The policy must contain a valid version string."},
		"an element that is none":          {put(statement(`"Effect":"Deny","Action":"*","Resource":"*","Unless":{}`)), "MalformedPolicyDocument", "Syntax errors in policy."},
		"an element written twice":         {put(statement(`"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"`)), "MalformedPolicyDocument", "Syntax errors in policy."},
		"no effect":                        {put(statement(`"Action":"*","Resource":"*"`)), "MalformedPolicyDocument", "Missing required field Effect cannot be empty!"},
		"an effect that is none":           {put(statement(`"Effect":"deny","Action":"*","Resource":"*"`)), "MalformedPolicyDocument", "Invalid effect: deny"},
		"no action":                        {put(statement(`"Effect":"Deny","Resource":"*"`)), "MalformedPolicyDocument", "Policy statement must contain actions."},
		"Action beside NotAction":          {put(statement(`"Effect":"Deny","Action":"*","NotAction":"*","Resource":"*"`)), "MalformedPolicyDocument", "Syntax errors in policy."},
		"an action of no service":          {put(statement(`"Effect":"Deny","Action":"everything","Resource":"*"`)), "MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		"no resource":                      {put(statement(`"Effect":"Deny","Action":"*"`)), "MalformedPolicyDocument", "Policy statement must contain resources."},
		"a resource that is no ARN":        {put(statement(`"Effect":"Deny","Action":"*","Resource":"bucket"`)), "MalformedPolicyDocument", `Resource bucket must be in ARN format or "*".`},
		"a principal":                      {put(statement(`"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"`)), "MalformedPolicyDocument", "Policy document should not specify a principal."},
		"a statement id with a space":      {put(statement(`"Sid":"a b","Effect":"Deny","Action":"*","Resource":"*"`)), "MalformedPolicyDocument", "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"},
		"one statement id twice":           {put(`{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}]}`), "MalformedPolicyDocument", "Statement IDs (SID) in a single policy must be unique."},
		"a condition operator that is not": {put(statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringSounds":{"aws:username":"x"}}`)), "MalformedPolicyDocument", "Invalid Condition type : StringSounds."},
		"a set operator that is not":       {put(statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ForSome:StringLike":{"aws:username":"x"}}`)), "MalformedPolicyDocument", "Invalid Condition type : ForSome:StringLike."},
		"a condition key of no service":    {put(statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"username":"x"}}`)), "MalformedPolicyDocument", "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."},
		"a date that is none":              {put(statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"soon"}}`)), "MalformedPolicyDocument", "Invalid value soon for condition type DateLessThan."},
		"a network that is none":           {put(statement(`"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/99"}}`)), "MalformedPolicyDocument", "Invalid value 10.0.0.0/99 for condition type IpAddress."},

		"a trust policy with a resource":       {trust(statement(`"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"`)), "MalformedPolicyDocument", "Has prohibited field Resource"},
		"a trust policy with no principal":     {trust(statement(`"Effect":"Allow","Action":"sts:AssumeRole"`)), "MalformedPolicyDocument", "Missing required field Principal"},
		"a trust policy of another service":    {trust(statement(`"Effect":"Allow","Principal":"*","Action":"s3:GetObject"`)), "MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions."},
		"a trust policy for a user not there":  {trust(statement(`"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:user/nope"},"Action":"sts:AssumeRole"`)), "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/nope"`},
		"a trust policy for principals of one": {trust(statement(`"Effect":"Allow","Principal":{"Everyone":"*"},"Action":"sts:AssumeRole"`)), "MalformedPolicyDocument", "Syntax errors in policy."},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.call(t.Context(), c)
			if got := code(t, err); got != test.code {
				t.Fatalf("code %q, want %q (%v)", got, test.code, err)
			}
			if got := message(t, err); got != test.message {
				t.Errorf("message\n got %s\nwant %s", got, test.message)
			}
		})
	}
}

func TestExactlyTheQuotaFits(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	w.user(t, "alice")
	must[*iam.PutUserPolicyOutput](t)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("p"), PolicyDocument: str(padded(2048))}))
	// The policy being replaced does not count.
	must[*iam.PutUserPolicyOutput](t)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("p"), PolicyDocument: str(padded(2047))}))
	if _, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("p"), PolicyDocument: str(padded(2049))}); code(t, err) != "LimitExceeded" {
		t.Errorf("one character more: %v", err)
	}
}

func TestAssumeRoleRefuses(t *testing.T) {
	w := serve(t, account.Options{})
	alice := w.userWith(t, "alice", allowAll)
	seedRole(t, w, "ops", trustAll)
	seedRole(t, w, "mfa", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}]}`)
	arn := "arn:aws:iam::123456789012:role/"
	for name, test := range map[string]struct {
		as            aws.Credentials
		in            sts.AssumeRoleInput
		code, message string
	}{
		"root": {
			w.root,
			sts.AssumeRoleInput{RoleArn: str(arn + "ops"), RoleSessionName: str("s1")},
			"AccessDenied", "Roles may not be assumed by root accounts.",
		},
		"a role that is not there, as one not trusted": {
			alice,
			sts.AssumeRoleInput{RoleArn: str(arn + "nope"), RoleSessionName: str("s1")},
			"AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: " + arn + "nope",
		},
		"a condition of the trust policy": {
			alice,
			sts.AssumeRoleInput{RoleArn: str(arn + "mfa"), RoleSessionName: str("s1")},
			"AccessDenied", "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on resource: " + arn + "mfa",
		},
		"a code of a device that nobody has": {
			alice,
			sts.AssumeRoleInput{RoleArn: str(arn + "mfa"), RoleSessionName: str("s1"), SerialNumber: str("arn:aws:iam::123456789012:mfa/alice"), TokenCode: str("123456")},
			"AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
		},
		"longer than the role allows": {
			alice,
			sts.AssumeRoleInput{RoleArn: str(arn + "ops"), RoleSessionName: str("s1"), DurationSeconds: aws.Int32(7200)},
			"ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
		},
		"shorter than any": {
			alice,
			sts.AssumeRoleInput{RoleArn: str(arn + "ops"), RoleSessionName: str("s1"), DurationSeconds: aws.Int32(60)},
			"ValidationError", "1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
		},
		"a session policy with a mistake": {
			alice,
			sts.AssumeRoleInput{RoleArn: str(arn + "ops"), RoleSessionName: str("s1"), Policy: str("{")},
			"MalformedPolicyDocument", "Syntax errors in policy.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.sts(test.as).AssumeRole(t.Context(), &test.in)
			if got := code(t, err); got != test.code {
				t.Fatalf("code %q, want %q (%v)", got, test.code, err)
			}
			if got := message(t, err); got != test.message {
				t.Errorf("message\n got %s\nwant %s", got, test.message)
			}
		})
	}
}

func seedRole(t testing.TB, w *world, name, trust string) {
	t.Helper()
	if _, err := w.Seed(time.Now(), &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: &trust}); err != nil {
		t.Fatal(err)
	}
}
