package contain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"cordon/contain"
)

func TestAPlanWarns(t *testing.T) {
	tests := map[string]struct {
		setup  func(w *world)
		target contain.Ref
		words  string
	}{
		"of a tool that will undo it, by its own tag": {func(w *world) {
			w.seed(&iam.TagUserInput{UserName: aws.String("alice"), Tags: []types.Tag{{Key: aws.String("ManagedBy"), Value: aws.String("Terraform Cloud")}}})
		}, alice, "terraform manages it"},
		"of AWS's own quarantine": {func(w *world) {
			w.seed(&iam.CreatePolicyInput{PolicyName: aws.String("AWSCompromisedKeyQuarantineV3"), PolicyDocument: aws.String(denyAll)})
			w.seed(&iam.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: aws.String("arn:aws:iam::123456789012:policy/AWSCompromisedKeyQuarantineV3")})
		}, alice, "AWSCompromisedKeyQuarantineV3"},
		"of a quota nearly full": {func(w *world) {
			w.putPolicy(alice, "Padding", strings.Replace(allowAll, `"Action":"*"`, `"Action":["*"`+strings.Repeat(`,"s3:GetObject"`, 115)+`]`, 1))
		}, alice, "nearly full"},
		"of a deny by hand": {func(w *world) { w.putPolicy(alice, "Stop", denyAll) }, alice, "Stop, put there by other hands"},
		"of policies that cannot be listed": {func(w *world) {
			w.breaks("ListUserPolicies", -1, awsError(403, "AccessDenied", "no"))
		}, alice, "inline policies are unknown: iam:ListUserPolicies was denied"},
		"of a policy that cannot be read": {func(w *world) {
			w.putPolicy(alice, "Work", allowAll)
			w.breaks("GetUserPolicy", -1, awsError(403, "AccessDenied", "no"))
		}, alice, "inline policy Work is unknown"},
		"of whom a group's deny reaches": {func(*world) {}, admins, "reaches all 1 members"},
		"of a group without members": {func(w *world) {
			w.seed(&iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("alice")})
		}, admins, "reaches nobody now"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.connect(w.account.Root())
			if got := strings.Join(w.plan(a, tt.target).Warnings, "\n"); tt.target != admins && strings.Contains(got, tt.words) {
				t.Fatalf("warned before there was a reason: %s", got)
			}
			tt.setup(w)
			if got := strings.Join(w.plan(a, tt.target).Warnings, "\n"); !strings.Contains(got, tt.words) {
				t.Errorf("warnings: %s", got)
			}
		})
	}
}

func TestAReleaseOfSeveralTellsThatItDidSome(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	w.apply(a, w.plan(a, alice))
	other := strings.Replace(w.policies()["user/alice/DenyAll"], "Cordon", "Cordonx", 1)
	w.putPolicy(alice, "Older", other) // another responder's, under another name
	plan := w.planRelease(a, alice)
	if len(plan.Calls) != 2 {
		t.Fatal(asJSON(t, plan))
	}
	w.putPolicy(alice, "Older", denyMore)
	got := w.apply(a, plan)
	if got.Outcome != contain.Partial || got.Targets[0].Error == nil || got.Targets[0].Error.Code != contain.CodeChanged {
		t.Error(asJSON(t, got))
	}
	if diff := cmp.Diff(map[string]string{"user/alice/Older": denyMore}, w.policies()); diff != "" {
		t.Error(diff)
	}
}

func TestAReleaseDoesNotGuessWhatItCannotRead(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	w.apply(a, w.plan(a, alice))
	for _, call := range []string{"ListUserPolicies", "GetUserPolicy"} {
		w.breaks(call, -1, awsError(403, "AccessDenied", "no"))
		_, err := a.PlanRelease(t.Context(), alice, contain.ReleaseOptions{})
		if p := contain.Explain(err); p == nil || p.Code != contain.CodeAccessDenied || !strings.Contains(p.Message, "iam:"+call) {
			t.Errorf("%s: %+v", call, p)
		}
		w.mend()
	}
}

func TestAReleaseTellsWhatWorksAgain(t *testing.T) {
	w := newWorld(t)
	w.seed(&iam.CreateLoginProfileInput{UserName: aws.String("alice"), Password: aws.String("correct horse 1 Battery!")})
	w.seed(&iam.CreateAccessKeyInput{UserName: aws.String("alice")})
	keys := seeded[*iam.ListAccessKeysOutput](w, &iam.ListAccessKeysInput{UserName: aws.String("alice")}).AccessKeyMetadata
	w.seed(&iam.UpdateAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: keys[0].AccessKeyId, Status: types.StatusTypeInactive})
	a := w.connect(w.account.Root())
	w.apply(a, w.plan(a, alice))
	got := w.apply(a, w.planRelease(a, alice))
	var texts []string
	for _, o := range got.Targets[0].StillOpen {
		texts = append(texts, o.Text)
	}
	all := strings.Join(texts, "\n")
	if len(texts) != 2 || !strings.Contains(all, *keys[1].AccessKeyId) || !strings.Contains(all, "password works again") {
		t.Errorf("got %q", texts)
	}
}

func TestTheConnectionTellsWhoAndWhere(t *testing.T) {
	w := newWorld(t)
	w.seed(&iam.CreateAccountAliasInput{AccountAlias: aws.String("prod")})
	a := w.connect(w.deployer(), func(o *contain.Options) { o.ReadOnly = true })
	c := a.Caller()
	if c.Kind != "role" || c.Name != "deploy" || c.Session != "tonight" || c.Account != "123456789012" || a.Alias() != "prod" || !a.ReadOnly() || a.Log() != w.log {
		t.Errorf("%+v %q", c, a.Alias())
	}
	w.breaks("ListAccountAliases", -1, awsError(403, "AccessDenied", "no"))
	if a := w.connect(w.account.Root()); a.Alias() != "" || a.Caller().Kind != "root" {
		t.Errorf("%+v", a.Caller())
	}
}

func TestAMissingTargetIsNamed(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	_, err := a.Plan(t.Context(), contain.Ref{Kind: contain.User, Name: "nobody"})
	var p *contain.Problem
	if !errors.As(err, &p) || p.Code != contain.CodeNotFound || !strings.Contains(p.Message, "user/nobody") {
		t.Errorf("%v", err)
	}
	if _, err := a.Plan(t.Context(), contain.Ref{Kind: contain.User}); contain.Explain(err).Code != contain.CodeUsage {
		t.Errorf("no name: %v", err)
	}
}
