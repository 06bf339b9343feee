package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cordon/playbooks/tabletop/account"
)

// "If the principal is in the same account, the trust policy's naming it is
// enough; trusting the account leaves it to the principal's own policies."
// Source: "Policies and permissions: resource-based policies within an
// account", IAM user guide.
func TestARoleIsAssumedByThoseWhomItsTrustNamesOrTheAccountAllows(t *testing.T) {
	trustOf := func(principal, rest string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"` + rest + `}]}`
	}
	byAccount := trustOf(`{"AWS":"arn:aws:iam::123456789012:root"}`, "")
	byName := trustOf(`{"AWS":"arn:aws:iam::123456789012:user/staff/alice"}`, "")
	but := func(trust string) string { return strings.Replace(trust, `"Principal"`, `"NotPrincipal"`, 1) }
	for name, test := range map[string]struct {
		statements, trust string
		want              bool
	}{
		"the account is trusted and the caller allowed":     {allow("sts:AssumeRole", ""), byAccount, true},
		"the account is trusted, the caller is not allowed": {"", byAccount, false},
		"the caller is named and has no policy":             {"", byName, true},
		"the caller is named but denied":                    {deny("sts:*", ""), byName, false},
		"the caller is allowed but not trusted":             {allow("*", ""), trustOf(`{"AWS":"arn:aws:iam::999999999999:root"}`, ""), false},
		"everybody is trusted":                              {"", trustOf(`"*"`, ""), true},
		"a service is trusted":                              {allow("*", ""), trustOf(`{"Service":"ec2.amazonaws.com"}`, ""), false},
		"the trust denies":                                  {allow("*", ""), strings.Replace(byName, "Allow", "Deny", 1), false},
		"another action is trusted":                         {allow("*", ""), strings.Replace(byName, "sts:AssumeRole", "sts:TagSession", 1), false},
		"everybody is trusted but the caller":               {allow("*", ""), but(byName), false},
		"everybody is trusted but another":                  {allow("*", ""), but(trustOf(`{"AWS":"arn:aws:iam::999999999999:user/eve"}`, "")), true},
		"an external id that is given":                      {"", trustOf(`{"AWS":"123456789012"}`, when("StringEquals", "sts:ExternalId", `"42"`)), false},
		"named, with an external id":                        {"", strings.Replace(byName, `"sts:AssumeRole"`, `"sts:AssumeRole"`+when("StringEquals", "sts:ExternalId", `"42"`), 1), true},
		"named, with another external id":                   {"", strings.Replace(byName, `"sts:AssumeRole"`, `"sts:AssumeRole"`+when("StringEquals", "sts:ExternalId", `"43"`), 1), false},
		"named, from elsewhere":                             {"", strings.Replace(byName, `"sts:AssumeRole"`, `"sts:AssumeRole"`+when("IpAddress", "aws:SourceIp", `"10.0.0.0/8"`), 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			p := caller(t, test.statements)
			seedRole(t, p.world, "ops", test.trust)
			err := p.do(t, account.Call{Input: &sts.AssumeRoleInput{
				RoleArn: str("arn:aws:iam::123456789012:role/ops"), RoleSessionName: str("night"), ExternalId: str("42"),
			}})
			if got := code(t, err); (got == "") != test.want || got != "" && got != "AccessDenied" {
				t.Errorf("got %v, want allowed %v", err, test.want)
			}
		})
	}
}

func TestARoleSessionHasItsRolesPermissionsAndNoMore(t *testing.T) {
	ctx := t.Context()
	w := serve(t, account.Options{})
	alice := w.userWith(t, "alice", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`)
	seedRole(t, w, "ops", trustAll)
	if _, err := w.Seed(time.Now(), &iam.AttachRolePolicyInput{RoleName: str("ops"), PolicyArn: str(adminPolicy)}); err != nil {
		t.Fatal(err)
	}
	open := func(policy *string) aws.Credentials {
		t.Helper()
		out := must[*sts.AssumeRoleOutput](t)(w.sts(alice).AssumeRole(ctx, &sts.AssumeRoleInput{
			RoleArn: str("arn:aws:iam::123456789012:role/ops"), RoleSessionName: str("night"), Policy: policy,
		}))
		return session(out.Credentials)
	}
	full, narrow := open(nil), open(str(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}]}`))
	who := must[*sts.GetCallerIdentityOutput](t)(w.sts(full).GetCallerIdentity(ctx, nil))
	if *who.Arn != "arn:aws:sts::123456789012:assumed-role/ops/night" || !strings.HasSuffix(*who.UserId, ":night") || !strings.HasPrefix(*who.UserId, "AROA") {
		t.Errorf("the session is %s %s", *who.Arn, *who.UserId)
	}
	must[*iam.ListUsersOutput](t)(w.iam(full).ListUsers(ctx, &iam.ListUsersInput{}))
	must[*iam.GetUserOutput](t)(w.iam(narrow).GetUser(ctx, &iam.GetUserInput{UserName: str("alice")}))
	_, err := w.iam(narrow).ListUsers(ctx, &iam.ListUsersInput{})
	if got := message(t, err); !strings.HasSuffix(got, "because no session policy allows the iam:ListUsers action") {
		t.Errorf("beyond the session policy: %v", err)
	}
	// Cutting off one session leaves the other working.
	if _, err := w.Seed(time.Now(), &iam.PutRolePolicyInput{RoleName: str("ops"), PolicyName: str("cut"), PolicyDocument: str(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:userid":"*:day"}}}]}`)}); err != nil {
		t.Fatal(err)
	}
	must[*iam.ListUsersOutput](t)(w.iam(full).ListUsers(ctx, &iam.ListUsersInput{}))
	// Revoking older sessions cuts off those there are.
	if _, err := w.Seed(time.Now(), &iam.PutRolePolicyInput{RoleName: str("ops"), PolicyName: str("AWSRevokeOlderSessions"), PolicyDocument: str(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + time.Now().Add(time.Minute).UTC().Format(time.RFC3339) + `"}}}]}`)}); err != nil {
		t.Fatal(err)
	}
	_, err = w.iam(full).ListUsers(ctx, &iam.ListUsersInput{})
	if !strings.HasSuffix(message(t, err), explicit) {
		t.Errorf("a revoked session: %v", err)
	}
	must[*sts.GetCallerIdentityOutput](t)(w.sts(full).GetCallerIdentity(ctx, nil))
}

func TestRoleChainsAreShort(t *testing.T) {
	ctx := t.Context()
	w := serve(t, account.Options{})
	alice := w.userWith(t, "alice", allowAll)
	for _, name := range []string{"one", "two"} {
		seedRole(t, w, name, trustAll)
		if _, err := w.Seed(time.Now(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: str(adminPolicy)}); err != nil {
			t.Fatal(err)
		}
	}
	first := must[*sts.AssumeRoleOutput](t)(w.sts(alice).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: str("arn:aws:iam::123456789012:role/one"), RoleSessionName: str("s1"), SourceIdentity: str("alice"),
	}))
	second := must[*sts.AssumeRoleOutput](t)(w.sts(session(first.Credentials)).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: str("arn:aws:iam::123456789012:role/two"), RoleSessionName: str("s2"),
	}))
	if second.SourceIdentity == nil || *second.SourceIdentity != "alice" {
		t.Errorf("the source identity does not follow the chain: %v", second.SourceIdentity)
	}
	_, err := w.sts(session(first.Credentials)).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: str("arn:aws:iam::123456789012:role/two"), RoleSessionName: str("s2"), DurationSeconds: aws.Int32(3601),
	})
	if code(t, err) != "ValidationError" {
		t.Errorf("a chained session of more than an hour: %v", err)
	}
}

func TestSessionTokensOfUsersAreNoKeyToIAM(t *testing.T) {
	ctx := t.Context()
	w := serve(t, account.Options{})
	alice := w.userWith(t, "alice", allowAll)
	out := must[*sts.GetSessionTokenOutput](t)(w.sts(alice).GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)}))
	temporary := session(out.Credentials)
	who := must[*sts.GetCallerIdentityOutput](t)(w.sts(temporary).GetCallerIdentity(ctx, nil))
	if *who.Arn != "arn:aws:iam::123456789012:user/alice" {
		t.Errorf("the session is %s", *who.Arn)
	}
	if _, err := w.iam(temporary).ListUsers(ctx, &iam.ListUsersInput{}); code(t, err) != "InvalidClientTokenId" {
		t.Errorf("IAM without a second factor: %v", err)
	}
	if _, err := w.trail(temporary, "us-east-1").LookupEvents(ctx, nil); err != nil {
		t.Errorf("another service: %v", err)
	}
	// With a second factor, in process, it is.
	withMFA, err := w.Do(ctx, account.Call{AccessKeyID: alice.AccessKeyID, Input: &sts.GetSessionTokenInput{}, MFA: true})
	if err != nil {
		t.Fatal(err)
	}
	key := *withMFA.(*sts.GetSessionTokenOutput).Credentials.AccessKeyId //nolint:errcheck // the operation's own type
	if _, err := w.Do(ctx, account.Call{AccessKeyID: key, Input: &iam.ListUsersInput{}}); err != nil {
		t.Errorf("IAM with a second factor: %v", err)
	}
}

func TestGetCallerIdentityIsNeverDenied(t *testing.T) {
	w := serve(t, account.Options{})
	alice := w.userWith(t, "alice", denyAll)
	must[*sts.GetCallerIdentityOutput](t)(w.sts(alice).GetCallerIdentity(t.Context(), nil))
	must[*sts.GetSessionTokenOutput](t)(w.sts(alice).GetSessionToken(t.Context(), nil))
	if _, err := w.iam(alice).ListUsers(t.Context(), &iam.ListUsersInput{}); code(t, err) != "AccessDenied" {
		t.Errorf("everything else is: %v", err)
	}
}

func TestAnAccessKeyTellsItsAccount(t *testing.T) {
	w := serve(t, account.Options{ID: "210987654321"})
	for _, id := range []string{w.root.AccessKeyID, "ASIARZPUZDIKLVOR2QRD"} {
		out := must[*sts.GetAccessKeyInfoOutput](t)(w.sts(w.root).GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: &id}))
		want := map[bool]string{true: "210987654321", false: "123456789012"}[id == w.root.AccessKeyID]
		if *out.Account != want {
			t.Errorf("%s is of %s, want %s", id, *out.Account, want)
		}
	}
}

func TestAServiceAssumesTheRolesThatTrustIt(t *testing.T) {
	ctx := t.Context()
	w := serve(t, account.Options{})
	seedRole(t, w, "web", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	in := &sts.AssumeRoleInput{RoleArn: str("arn:aws:iam::123456789012:role/web"), RoleSessionName: str("i-0abc")}
	if _, err := w.Do(ctx, account.Call{ServicePrincipal: "ec2.amazonaws.com", Input: in, FromEC2: true}); err != nil {
		t.Errorf("the service that is trusted: %v", err)
	}
	if _, err := w.Do(ctx, account.Call{ServicePrincipal: "lambda.amazonaws.com", Input: in}); code(t, err) != "AccessDenied" {
		t.Errorf("another service: %v", err)
	}
	if _, err := w.Do(ctx, account.Call{ServicePrincipal: "ec2.amazonaws.com", Input: &iam.ListUsersInput{}}); code(t, err) != "AccessDenied" {
		t.Errorf("another call: %v", err)
	}
}
