package contain_test

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"cordon/contain"
)

func TestContainingHoldsAndReleasingGivesBack(t *testing.T) {
	for _, ref := range []contain.Ref{alice, deploy, admins} {
		t.Run(ref.String(), func(t *testing.T) {
			w := newWorld(t)
			w.putPolicy(ref, "Work", allowAll)
			before := w.policies()
			a := w.connect(w.responder())

			plan := w.plan(a, ref)
			if len(plan.Calls) != 1 || plan.PolicyName != "DenyAll" || plan.Target.Name != ref.Name || plan.Caller.Name != "ann" {
				t.Fatalf("plan: %s", asJSON(t, plan))
			}
			if !maps.Equal(w.policies(), before) {
				t.Fatal("planning changed the account")
			}
			var states []contain.State
			o := order
			o.Observe = func(p contain.Progress) {
				if len(states) == 0 || states[len(states)-1] != p.State {
					states = append(states, p.State)
				}
			}
			result, err := a.Apply(t.Context(), plan, o)
			if err != nil || result.Outcome != contain.Held || result.Targets[0].Error != nil {
				t.Fatalf("%v: %s", err, asJSON(t, result))
			}
			if want := []contain.State{contain.Planned, contain.Requested, contain.InPlace, contain.Held}; !slices.Equal(states, want) {
				t.Errorf("states %v, want %v", states, want)
			}
			after := w.policies()
			if got := after[ref.String()+"/DenyAll"]; got != plan.Policy {
				t.Errorf("the account has %s, the plan said %s", got, plan.Policy)
			}
			release := w.planRelease(a, ref)
			if got := w.apply(a, release); got.Outcome != contain.Released || got.Targets[0].Error != nil {
				t.Errorf("release: %s", asJSON(t, got))
			}
			if diff := cmp.Diff(before, w.policies()); diff != "" {
				t.Errorf("after the release (-before +after):\n%s", diff)
			}
			w.tells("intent", "outcome held", "intent", "outcome released")
		})
	}
}

func TestADenyIsEnforcedUntilReleased(t *testing.T) {
	w := newWorld(t)
	w.putPolicy(alice, "Work", allowAll)
	intruder := iam.NewFromConfig(w.config(w.keyOf("alice")))
	a := w.connect(w.responder())
	try := func() string {
		_, err := intruder.ListUsers(t.Context(), &iam.ListUsersInput{})
		var api smithy.APIError
		if errors.As(err, &api) {
			return api.ErrorCode() + ": " + api.ErrorMessage()
		}
		return ""
	}
	if got := try(); got != "" {
		t.Fatal(got)
	}
	w.apply(a, w.plan(a, alice))
	if got := try(); !strings.Contains(got, "AccessDenied") || !strings.Contains(got, "explicit deny") {
		t.Errorf("while contained: %q", got)
	}
	w.apply(a, w.planRelease(a, alice))
	if got := try(); got != "" {
		t.Errorf("after the release: %s", got)
	}
}

func TestTheWriteCarriesTheIntentInItsUserAgent(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	plan := w.plan(a, alice)
	result := w.apply(a, plan)
	intent := w.records()[0]
	for _, raw := range w.account.Events() {
		var e struct {
			EventName, UserAgent, RequestID string
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		if e.EventName != "PutUserPolicy" {
			continue
		}
		for _, want := range []string{"cordon-op/" + plan.OpID, "cordon-intent/" + intent.Hash} {
			if !strings.Contains(e.UserAgent, want) {
				t.Errorf("%q lacks %q", e.UserAgent, want)
			}
		}
		if got := result.Targets[0].Measures[0].Calls[0].RequestID; got == "" || got != e.RequestID {
			t.Errorf("request id %q, CloudTrail has %q", got, e.RequestID)
		}
		return
	}
	t.Error("CloudTrail has no PutUserPolicy")
}

func TestTheLogIsWrittenBeforeTheAccount(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	var story []string
	w.before = func(operation string, _ url.Values) {
		if strings.HasPrefix(operation, "Put") || strings.HasPrefix(operation, "Delete") {
			story = append(story, operation+" after "+strings.Join(w.story(), ", "))
		}
	}
	w.apply(a, w.plan(a, alice))
	w.apply(a, w.planRelease(a, alice))
	want := []string{"PutUserPolicy after intent", "DeleteUserPolicy after intent, outcome held, intent"}
	if !slices.Equal(story, want) {
		t.Errorf("got %q, want %q", story, want)
	}
	rec := w.records()
	if r := rec[0]; r.Reason != "key leaked" || r.Incident != "IR-7" || r.Op != "contain" || r.Measure != "deny-all" || r.Target.ID == "" ||
		r.Operator.ARN != "arn:aws:iam::123456789012:user/ann" || r.Calls[0].API != "iam:PutUserPolicy" || r.Before == nil || r.After != nil {
		t.Errorf("intent: %s", asJSON(t, r))
	}
	if r := rec[1]; r.After["policy/DenyAll"] == "" || r.Calls[0].RequestID == "" {
		t.Errorf("outcome: %s", asJSON(t, r))
	}
	if r := rec[3]; r.Before["policy/DenyAll"] == "" || len(r.After) != 0 || r.After == nil {
		t.Errorf("release: %s", asJSON(t, r))
	}
}

func TestContainingTwiceWritesOnce(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	first := w.apply(a, w.plan(a, alice))
	plan := w.plan(a, alice)
	if plan.Already == "" || len(plan.Calls) != 0 || plan.Policy == "" {
		t.Errorf("plan: %s", asJSON(t, plan))
	}
	again := w.apply(a, plan)
	if again.Outcome != contain.Held || len(again.Targets[0].Measures[0].Calls) != 0 || w.count("PutUserPolicy") != 1 {
		t.Errorf("%s", asJSON(t, again))
	}
	if first.OpID == again.OpID {
		t.Error("two operations have one id")
	}
	w.tells("intent", "outcome held", "note held")
}

func TestAnotherResponderCanReleaseWithoutTheLog(t *testing.T) {
	w := newWorld(t)
	root := w.account.Root()
	first := w.connect(w.responder(), func(o *contain.Options) { o.PolicyName = "Cordoned" })
	w.apply(first, w.plan(first, deploy))
	w.log = w.openLog(t.TempDir() + "/other.jsonl")
	second := w.connect(root)
	if got := w.apply(second, w.planRelease(second, deploy)); got.Outcome != contain.Released || len(w.policies()) != 0 {
		t.Errorf("%s, left %v", asJSON(t, got), w.policies())
	}
}

func TestASquattedNameDoesNotBlockContainment(t *testing.T) {
	for name, late := range map[string]bool{"before the plan": false, "between plan and write": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.connect(w.responder())
			if !late {
				w.putPolicy(alice, "DenyAll", allowAll)
			}
			plan := w.plan(a, alice)
			if late {
				w.putPolicy(alice, "DenyAll", allowAll)
			} else if plan.PolicyName != "DenyAll-"+plan.OpID || !strings.Contains(strings.Join(plan.Warnings, "\n"), "left alone") {
				t.Errorf("plan: %s", asJSON(t, plan))
			}
			if got := w.apply(a, plan); got.Outcome != contain.Held {
				t.Fatal(asJSON(t, got))
			}
			want := map[string]string{"user/alice/DenyAll": allowAll, "user/alice/DenyAll-" + plan.OpID: plan.Policy}
			if diff := cmp.Diff(want, w.policies()); diff != "" {
				t.Error(diff)
			}
			w.apply(a, w.planRelease(a, alice))
			delete(want, "user/alice/DenyAll-"+plan.OpID)
			if diff := cmp.Diff(want, w.policies()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatWasPutByHandIsReleasedOnlyIfAdopted(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	w.putPolicy(alice, "DenyAll", denyAll)
	w.putPolicy(alice, "Mixed", denyMore)
	_, err := a.PlanRelease(t.Context(), alice, contain.ReleaseOptions{})
	var refused *contain.RefusedError
	if !errors.As(err, &refused) || refused.Guard != contain.GuardNotOurs || !strings.Contains(refused.Next, "--adopt") {
		t.Fatalf("got %v", err)
	}
	plan, err := a.PlanRelease(t.Context(), alice, contain.ReleaseOptions{Adopt: true})
	if err != nil {
		t.Fatal(err)
	}
	got := w.apply(a, plan)
	if got.Outcome != contain.Released || !strings.Contains(strings.Join(got.Targets[0].Warnings, "\n"), "Mixed still denies") {
		t.Error(asJSON(t, got))
	}
	if diff := cmp.Diff(map[string]string{"user/alice/Mixed": denyMore}, w.policies()); diff != "" {
		t.Error(diff)
	}
	if _, err := a.PlanRelease(t.Context(), alice, contain.ReleaseOptions{Adopt: true}); !errors.As(err, &refused) || !strings.Contains(refused.Message, "other statements") {
		t.Errorf("adopting a policy that says more: %v", err)
	}
}

func TestReleasingWhatIsNotThereIsReleased(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	if got := w.apply(a, w.planRelease(a, alice)); got.Outcome != contain.Released {
		t.Error(asJSON(t, got))
	}
	w.apply(a, w.plan(a, alice))
	plan := w.planRelease(a, alice)
	w.deletePolicy(alice, "DenyAll")
	if got := w.apply(a, plan); got.Outcome != contain.Released || w.count("DeleteUserPolicy") != 0 {
		t.Error(asJSON(t, got))
	}
	if r := w.records(); !strings.Contains(r[len(r)-1].Note, "gone already") {
		t.Errorf("note %q", r[len(r)-1].Note)
	}
}

func TestAReleaseLeavesAPolicyThatChangedSinceThePlan(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	w.apply(a, w.plan(a, alice))
	plan := w.planRelease(a, alice)
	w.putPolicy(alice, "DenyAll", denyMore)
	got, err := a.Apply(t.Context(), plan, order)
	if got.Outcome != contain.Failed || contain.Explain(err).Code != contain.CodeChanged {
		t.Errorf("%v: %s", err, asJSON(t, got))
	}
	if diff := cmp.Diff(map[string]string{"user/alice/DenyAll": denyMore}, w.policies()); diff != "" {
		t.Error(diff)
	}
}

func TestAReleaseOfADeletedTargetIsReleased(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	w.apply(a, w.plan(a, deploy))
	plan := w.planRelease(a, deploy)
	w.deletePolicy(deploy, "DenyAll")
	w.seed(&iam.DeleteRoleInput{RoleName: aws.String("deploy")})
	got := w.apply(a, plan)
	if got.Outcome != contain.Released {
		t.Error(asJSON(t, got))
	}
}

func signsIn(p contain.Plan) bool {
	return slices.ContainsFunc(p.StillOpen, func(o contain.Open) bool { return o.Name == "console_sign_in" })
}

func TestAPlanShowsWhatIsKnownAndWhatIsNot(t *testing.T) {
	w := newWorld(t)
	w.putPolicy(alice, "Work", allowAll)
	a := w.connect(w.responder(), func(o *contain.Options) { o.Profile = "it's prod" })
	w.breaks("ListMFADevices", -1, awsError(403, "AccessDenied", "no"))
	facts := map[string]contain.Fact{}
	plan := w.plan(a, alice)
	for _, f := range plan.BlastRadius {
		facts[f.Name] = f
	}
	if f := facts["groups"]; !slices.Equal(f.Values, []string{"admins"}) || f.Unknown != "" {
		t.Errorf("%+v", f)
	}
	if f := facts["access_keys"]; len(f.Values) != 1 || !strings.Contains(f.Values[0], "active") {
		t.Errorf("%+v", f)
	}
	if f := facts["mfa_devices"]; !strings.Contains(f.Unknown, "iam:ListMFADevices was denied") || len(f.Values) != 0 {
		t.Errorf("%+v", f)
	}
	if f := facts["inline_policies"]; len(f.Values) != 1 || !strings.HasPrefix(f.Values[0], "Work (") {
		t.Errorf("%+v", f)
	}
	want := `aws iam put-user-policy --user-name alice --policy-name DenyAll --policy-document '` + plan.Policy + `' --profile 'it'\''s prod'`
	if got := plan.Calls[0].CLI; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(plan.StillOpen) == 0 || !strings.Contains(plan.Undo, "cordon release user/alice") {
		t.Error(asJSON(t, plan))
	}
	if signsIn(plan) {
		t.Error("a user without a password signs in to the console, says the plan")
	}
	w.seed(&iam.CreateLoginProfileInput{UserName: aws.String("alice"), Password: aws.String("correct horse 1 Battery!")})
	if !signsIn(w.plan(a, alice)) {
		t.Error("a user with a password does not sign in to the console, says the plan")
	}

	plan = w.plan(a, deploy)
	for _, f := range plan.BlastRadius {
		facts[f.Name] = f
	}
	if f := facts["trusted"]; !slices.Equal(f.Values, []string{"AWS arn:aws:iam::123456789012:root"}) {
		t.Errorf("%+v", f)
	}
	if f := facts["description"]; !slices.Equal(f.Values, []string{"ships"}) {
		t.Errorf("%+v", f)
	}
	plan = w.plan(a, admins)
	if f := plan.BlastRadius[0]; f.Name != "members" || !slices.Equal(f.Values, []string{"alice"}) {
		t.Errorf("%+v", f)
	}
}

func TestChangingAPlanDoesNotChangeWhatIsDone(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	plan := w.plan(a, alice)
	plan.Target.Name, plan.PolicyName, plan.Policy = "bob", "AllowAll", allowAll
	plan.Calls[0].Params["PolicyDocument"] = allowAll
	plan.Calls = nil
	if got := w.apply(a, plan); got.Targets[0].Target.Name != "alice" {
		t.Error(asJSON(t, got))
	}
	if doc := w.policies()["user/alice/DenyAll"]; !strings.Contains(doc, plan.OpID) {
		t.Errorf("the account has %s", doc)
	}
	if _, err := a.Apply(t.Context(), contain.Plan{}, order); err == nil {
		t.Error("a plan out of thin air was carried out")
	}
}

func TestAReasonAndALogAreNeeded(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder())
	if r, err := a.Apply(t.Context(), w.plan(a, alice), contain.Order{Reason: " \n"}); err == nil || r.Outcome != contain.Failed {
		t.Errorf("without a reason: %v", err)
	}
	a = w.connect(w.account.Root(), func(o *contain.Options) { o.Log = nil })
	if _, err := a.Apply(t.Context(), w.plan(a, alice), order); contain.Explain(err).Code != contain.CodeAuditLog {
		t.Errorf("without a log: %v", err)
	}
	if len(w.policies()) != 0 {
		t.Error("something was written")
	}
}

func TestAQuotaThatIsFullIsToldBeforeTheWrite(t *testing.T) {
	w := newWorld(t)
	pad := strings.Replace(allowAll, `"Action":"*"`, `"Action":["*"`+strings.Repeat(`,"s3:GetObject"`, 127)+`]`, 1)
	w.putPolicy(alice, "Padding", pad)
	a := w.connect(w.responder())
	_, err := a.Plan(t.Context(), alice)
	p := contain.Explain(err)
	if p == nil || p.Code != contain.CodeQuota || !strings.Contains(p.Message, "of 2048") || !strings.Contains(p.Next, "AWSDenyAll") {
		t.Errorf("%+v", p)
	}
}

func TestANameThatNoPolicyCanHaveIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	for _, name := range []string{"bad name!", "a/b", strings.Repeat("x", 116)} {
		w := newWorld(t)
		_, err := w.tryConnect(w.account.Root(), func(o *contain.Options) { o.PolicyName = name })
		if problem := contain.Explain(err); err == nil || problem.Code != contain.CodeUsage || w.count("GetCallerIdentity") != 0 {
			t.Errorf("%q: %v", name, err)
		}
	}
}
