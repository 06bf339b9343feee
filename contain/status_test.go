package contain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"cordon/contain"
)

func (w *world) status(a *contain.Account) contain.Status {
	w.Helper()
	s, err := a.Status(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// lines are a status in short.
func lines(list []contain.Contained) []string {
	got := []string{}
	for _, c := range list {
		line := c.Target.String() + " " + string(c.State)
		if c.ByHand {
			line += " by hand"
		}
		if c.Reason != "" {
			line += ": " + c.Reason
		}
		got = append(got, line)
	}
	return got
}

func TestStatusJoinsTheAccountWithTheLog(t *testing.T) {
	w := newWorld(t)
	root := w.account.Root()
	a := w.connect(root)
	for i := range 30 { // more than a page of maxAtOnce readers
		w.seed(&iam.CreateUserInput{UserName: aws.String(fmt.Sprintf("user%02d", i))})
	}
	w.apply(a, w.plan(a, alice))
	w.apply(a, w.plan(a, deploy))
	w.deletePolicy(deploy, "DenyAll")
	w.putPolicy(admins, "denyall-by-hand", denyAll)
	w.putPolicy(admins, "DenyAllButRead", allowAll)

	got := w.status(a)
	want := []string{"group/admins in_place by hand", "role/deploy reverted: key leaked", "user/alice held: key leaked"}
	if diff := cmp.Diff(want, lines(got.Contained)); diff != "" {
		t.Error(diff)
	}
	if len(got.Unread) != 0 || got.Principals != 33 {
		t.Errorf("unread %v, %d principals", got.Unread, got.Principals)
	}
	c := got.Contained[2]
	if c.Since == nil || c.By != "arn:aws:iam::123456789012:root" || c.Incident != "IR-7" || c.OpID == "" || c.PolicyName != "DenyAll" || c.Measure != contain.DenyAll {
		t.Error(asJSON(t, c))
	}

	w.log = w.openLog(t.TempDir() + "/other.jsonl")
	got = w.status(w.connect(root))
	if diff := cmp.Diff([]string{"group/admins in_place by hand", "user/alice in_place"}, lines(got.Contained)); diff != "" {
		t.Errorf("without the log: %s", diff)
	}
	if c := got.Contained[1]; c.Since != nil || c.OpID == "" {
		t.Error(asJSON(t, c))
	}
}

func TestStatusOfWhatWasReleasedIsNothing(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	w.apply(a, w.plan(a, alice))
	w.apply(a, w.planRelease(a, alice))
	if got := w.status(a); len(got.Contained) != 0 {
		t.Error(asJSON(t, got))
	}
	if got := contain.StatusFromLog(w.records()); len(got) != 0 {
		t.Error(asJSON(t, got))
	}
	w.apply(a, w.plan(a, alice))
	w.deletePolicy(alice, "DenyAll")
	w.apply(a, w.planRelease(a, alice))
	if got := w.status(a); len(got.Contained) != 0 {
		t.Errorf("a release of what someone had removed: %s", asJSON(t, got))
	}
}

func TestStatusFromTheLogAloneSaysWhatWasSeenThen(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	w.apply(a, w.plan(a, alice))
	w.deletePolicy(alice, "DenyAll")
	if diff := cmp.Diff([]string{"user/alice held: key leaked"}, lines(contain.StatusFromLog(w.records()))); diff != "" {
		t.Error(diff)
	}
}

func TestStatusTellsWhatItCouldNotRead(t *testing.T) {
	tests := map[string]struct {
		operation string
		want      []string
		unread    string
	}{
		"a listing":     {"ListUsers", []string{"role/deploy held: key leaked", "user/alice unknown: key leaked"}, "users"},
		"policy names":  {"ListUserPolicies", []string{"role/deploy held: key leaked", "user/alice unknown: key leaked"}, "user/alice"},
		"one policy":    {"GetUserPolicy", []string{"role/deploy held: key leaked", "user/alice unknown: key leaked"}, "user/alice policy DenyAll"},
		"roles' policy": {"GetRolePolicy", []string{"role/deploy unknown: key leaked", "user/alice held: key leaked"}, "role/deploy policy DenyAll"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.connect(w.account.Root())
			w.apply(a, w.plan(a, alice))
			w.apply(a, w.plan(a, deploy))
			w.breaks(tt.operation, -1, awsError(403, "AccessDenied", "no"))
			got := w.status(a)
			if diff := cmp.Diff(tt.want, lines(got.Contained)); diff != "" {
				t.Error(diff)
			}
			if len(got.Unread) != 1 || got.Unread[0].Name != tt.unread || !strings.Contains(got.Unread[0].Reason, "iam:"+tt.operation) {
				t.Errorf("unread %v", got.Unread)
			}
		})
	}
}

func TestListIsTheWholeDirectory(t *testing.T) {
	w := newWorld(t)
	w.seed(&iam.CreateRoleInput{RoleName: aws.String("AWSReservedSSO_Admin_1"), Path: aws.String("/aws-reserved/sso.amazonaws.com/"), AssumeRolePolicyDocument: aws.String(trust)})
	for i := range 120 { // more than AWS's page of 100
		w.seed(&iam.CreateUserInput{UserName: aws.String(fmt.Sprintf("user%03d", i))})
	}
	a := w.connect(w.account.Root())
	users, err := a.List(t.Context(), contain.User)
	if err != nil || len(users) != 121 || users[0].Name != "alice" || users[0].Created.IsZero() || users[0].ID == "" || users[0].WhyNot != "" {
		t.Errorf("%d users, %v", len(users), err)
	}
	roles, err := a.List(t.Context(), contain.Role)
	if err != nil || len(roles) != 2 || roles[0].WhyNot == "" || roles[1].Path != "/ci/" {
		t.Errorf("%s, %v", asJSON(t, roles), err)
	}
	groups, err := a.List(t.Context(), contain.Group)
	if err != nil || len(groups) != 1 || groups[0].ARN != "arn:aws:iam::123456789012:group/admins" {
		t.Errorf("%s, %v", asJSON(t, groups), err)
	}
	if _, err := a.List(t.Context(), "policy"); err == nil {
		t.Error("there is no directory of policies")
	}
}
