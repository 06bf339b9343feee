package tabletop

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"cordon/playbooks/tabletop/account"
)

// respond makes one call of IAM as the responder.
func respond(t testing.TB, x *Exercise, operation string, parameters map[string]any) any {
	t.Helper()
	input, err := x.Account().Input("iam", operation, parameters)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := x.Account().Do(t.Context(), account.Call{
		AccessKeyID: x.Responder().AccessKeyID, Input: input, SourceIP: "192.0.2.200", UserAgent: "cordon",
	})
	if err != nil {
		t.Fatalf("%s %v: %v", operation, parameters, err)
	}
	return answer
}

func contain(t testing.TB, x *Exercise, user string) {
	t.Helper()
	respond(t, x, "PutUserPolicy", map[string]any{"UserName": user, "PolicyName": "DenyAll", "PolicyDocument": denyAll})
}

func release(t testing.TB, x *Exercise, user string) {
	t.Helper()
	respond(t, x, "DeleteUserPolicy", map[string]any{"UserName": user, "PolicyName": "DenyAll"})
}

func TestTheAttackIsUnderWayWhenTheExerciseOpens(t *testing.T) {
	x, _ := playLeak(t, 1)
	attack := by(t, x, 0, victim)
	var names []string
	for _, s := range attack {
		names = append(names, s.EventName)
	}
	for _, want := range []string{"ListUsers", "GetSecretValue", "PutUserPolicy", "CreateUser", "AttachUserPolicy", "CreateAccessKey"} {
		if !slices.Contains(names, want) {
			t.Errorf("the attack has no %s: %v", want, names)
		}
	}
	age := noon().Sub(attack[len(attack)-1].EventTime)
	if age <= 0 || age > 3*time.Minute {
		t.Errorf("the last step was %v before the start", age)
	}
	for _, s := range events(t, x) {
		if since := noon().Sub(s.EventTime); since < 0 || since > historyLength+time.Hour {
			t.Errorf("%s is %v before the start", s.EventName, since)
		}
	}
}

func TestAPermissionFlipsFromDeniedToAllowed(t *testing.T) {
	x, _ := playLeak(t, 1)
	var codes []string
	for _, s := range by(t, x, 0, victim) {
		if s.EventName == "GetAccountAuthorizationDetails" || s.EventName == "CreateUser" {
			codes = append(codes, s.EventName+" "+s.ErrorCode)
		}
	}
	want := []string{
		"GetAccountAuthorizationDetails AccessDenied", "CreateUser AccessDenied",
		"GetAccountAuthorizationDetails ", "CreateUser ",
	}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
}

func TestMoreThanEightBenignPrincipalsAreAtWork(t *testing.T) {
	x, _ := playLeak(t, 1)
	acts := make(map[string]int)
	all := events(t, x)
	for _, s := range all {
		if arn := s.principal(); arn != "" && !strings.Contains(arn, victim) && !strings.Contains(arn, newAdmin) {
			acts[arn]++
		}
	}
	if len(acts) < 9 {
		t.Errorf("there are %d: %v", len(acts), acts)
	}
	if len(all) < 800 || len(all) > 1600 {
		t.Errorf("the history has %d events", len(all))
	}
}

func TestContainmentStopsTheAdversaryAndReleaseLetsItGoOn(t *testing.T) {
	x, c := playLeak(t, 1)
	c.advance(t, time.Minute)
	before := len(events(t, x))
	c.advance(t, time.Minute)
	free := by(t, x, before, victim)
	if len(free) == 0 || !slices.ContainsFunc(free, func(s seen) bool { return s.EventName == theft && s.ErrorCode == "" }) {
		t.Fatalf("free, the adversary got nothing: %v", free)
	}

	contain(t, x, victim)
	contained := len(events(t, x))
	c.advance(t, 2*time.Minute)
	attempts := by(t, x, contained, victim)
	if len(attempts) < 3 {
		t.Errorf("contained, it tried %d times before it fell back", len(attempts))
	}
	for _, s := range attempts {
		if !strings.Contains(s.ErrorMessage, "explicit deny in an identity-based policy") {
			t.Errorf("%s: %s %s", s.EventName, s.ErrorCode, s.ErrorMessage)
		}
	}
	if fallback := by(t, x, contained, newAdmin); !slices.ContainsFunc(fallback, func(s seen) bool { return s.ErrorCode == "" }) {
		t.Fatalf("it did not fall back to the administrator that it made: %v", fallback)
	}

	contain(t, x, newAdmin)
	both := len(events(t, x))
	c.advance(t, 2*time.Minute)
	tries := append(by(t, x, both, victim), by(t, x, both, newAdmin)...)
	if len(tries) == 0 || slices.ContainsFunc(tries, func(s seen) bool { return s.ErrorCode == "" }) {
		t.Errorf("with both contained: %v", tries)
	}

	release(t, x, victim)
	released := len(events(t, x))
	c.advance(t, 2*time.Minute)
	if again := by(t, x, released, victim); !slices.ContainsFunc(again, func(s seen) bool { return s.EventName == theft && s.ErrorCode == "" }) {
		t.Errorf("released, it gets nothing: %v", again)
	}
}

func TestTheStolenKeyIsDeniedOverHTTPWhileItsOwnerIsContained(t *testing.T) {
	x := start(t, scenario(t, "leaked-access-key"), Options{Seed: 1})
	thief := client(x, x.Adversary())
	look := func() error {
		_, err := thief.ListUsers(t.Context(), &iam.ListUsersInput{})
		return err
	}
	if err := look(); err != nil {
		t.Fatalf("free: %v", err)
	}
	contain(t, x, victim)
	if err := look(); err == nil || !strings.Contains(err.Error(), "explicit deny") {
		t.Errorf("contained: %v", err)
	}
	release(t, x, victim)
	if err := look(); err != nil {
		t.Errorf("released: %v", err)
	}
}

func TestADeactivatedKeyMakesTheAdversaryFallBackToo(t *testing.T) {
	x, c := playLeak(t, 1)
	respond(t, x, "UpdateAccessKey", map[string]any{
		"UserName": victim, "AccessKeyId": x.Adversary().AccessKeyID, "Status": "Inactive",
	})
	n := len(events(t, x))
	c.advance(t, 2*time.Minute)
	if got := by(t, x, n, victim); len(got) > 0 {
		t.Errorf("an inactive key left events: %v", got)
	}
	if got := by(t, x, n, newAdmin); len(got) == 0 {
		t.Error("it did not fall back")
	}
}
