package cli_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// readmePolicy is the policy that the README gives for containing.
func readmePolicy(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "```json\n")
	policy, _, ended := strings.Cut(rest, "```")
	if !ok || !ended {
		t.Fatal("the README has no JSON policy")
	}
	return policy
}

// newLimitedWorld is an empty account with one principal of each kind in it,
// and a responder who has the permissions of the README and no others.
func newLimitedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "--empty")
	client, ctx := w.responder.iam(), t.Context()
	for _, name := range []string{"responder", "alice"} {
		if _, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
			t.Fatal(err)
		}
	}
	admins, deploy := aws.String("admins"), aws.String("deploy")
	if _, err := client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: admins}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: admins, UserName: aws.String("alice")}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: deploy, AssumeRolePolicyDocument: aws.String(trustAll)}); err != nil {
		t.Fatal(err)
	}
	if _, err := newAdmin(ctx, w.responder, "alice"); err != nil {
		t.Fatal(err)
	}
	limited, err := newAdmin(ctx, w.responder, "responder")
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: aws.String("responder"), PolicyName: aws.String("all"), PolicyDocument: aws.String(readmePolicy(t)),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.responder = limited
	return w
}

func TestThePermissionsOfTheReadmeAreEnough(t *testing.T) {
	w := newLimitedWorld(t)
	if err := listUsers(t.Context(), w.responder); err != nil {
		t.Fatal(err)
	}
	if _, err := w.responder.iam().CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("mallory")}); err == nil {
		t.Fatal("the responder may do what the README does not allow: the test shows nothing")
	}
	for _, target := range []string{"user/alice", "role/deploy", "group/admins"} {
		var planned struct {
			Plan struct {
				Warnings    []string `json:"warnings"`
				BlastRadius []struct {
					Title   string `json:"title"`
					Unknown string `json:"unknown"`
				} `json:"blast_radius"`
			} `json:"plan"`
		}
		out := w.run(t, "contain", target, "--reason", "exercise", "--dry-run", "--format", "json")
		if err := json.Unmarshal([]byte(out), &planned); err != nil {
			t.Fatal(err)
		}
		if len(planned.Plan.BlastRadius) == 0 {
			t.Errorf("%s: the plan has no facts", target)
		}
		for _, fact := range planned.Plan.BlastRadius {
			if fact.Unknown != "" {
				t.Errorf("%s: %s is unknown: %s", target, fact.Title, fact.Unknown)
			}
		}
		w.run(t, "contain", target, "--reason", "exercise", "--yes", "--hold", "0")
		status := w.run(t, "status")
		if !strings.Contains(status, target) || !strings.Contains(status, " 0 not read") {
			t.Errorf("%s: status under the README's permissions:\n%s", target, status)
		}
		w.run(t, "release", target, "--reason", "exercise", "--yes")
	}
	for _, kind := range []string{"users", "roles", "groups"} {
		w.run(t, "list", kind)
	}
	if out := w.run(t, "rank"); !strings.Contains(out, "user/responder") || strings.Contains(out, "PARTIAL") {
		t.Errorf("rank under the README's permissions:\n%s", out)
	}
}
