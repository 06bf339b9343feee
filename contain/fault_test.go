package contain_test

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"cordon/contain"
	"cordon/contain/audit"
)

type answer = func(http.ResponseWriter, *http.Request, http.Handler)

// TestEveryCallThatFailsEndsInATrueState makes every call of a containment and
// of a release fail in every way, once and for good, and compares what the
// result and the log say with what the account holds. Then it does the same
// thing again without faults, which must end as wanted.
func TestEveryCallThatFailsEndsInATrueState(t *testing.T) {
	ways := map[string]answer{
		"throttled":    awsError(400, "Throttling", "Rate exceeded"),
		"broken":       awsError(500, "ServiceFailure", "internal"),
		"denied":       awsError(403, "AccessDenied", "not authorized"),
		"expired":      awsError(403, "ExpiredToken", "expired"),
		"gone":         awsError(404, "NoSuchEntity", "no such"),
		"over quota":   awsError(409, "LimitExceeded", "too much"),
		"unmodifiable": awsError(400, "UnmodifiableEntity", "only by AWS"),
		"malformed":    awsError(400, "MalformedPolicyDocument", "bad"),
		"lost":         lost,
		"hung up":      hangsUp,
	}
	for _, ref := range []contain.Ref{alice, deploy, admins} {
		kind := strings.ToUpper(string(ref.Kind[:1])) + string(ref.Kind[1:])
		for _, op := range []contain.Op{contain.Contain, contain.Release} {
			for _, call := range []string{"GetCallerIdentity", "Get" + kind, "Get" + kind + "Policy", "Put" + kind + "Policy", "Delete" + kind + "Policy", "List" + kind + "Policies"} {
				for way, answer := range ways {
					for _, times := range []int{1, -1} {
						if times == 1 && ref != alice {
							continue // the kinds differ in what they call, not in how it is retried
						}
						name := strings.Join([]string{ref.String(), string(op), call, way, map[int]string{1: "once", -1: "for good"}[times]}, " ")
						t.Run(name, func(t *testing.T) { failing(newWorld(t), ref, op, call, answer, times) })
					}
				}
			}
		}
	}
}

func failing(w *world, ref contain.Ref, op contain.Op, call string, answer answer, times int) {
	w.putPolicy(ref, "Work", allowAll)
	a := w.connect(w.account.Root())
	if op == contain.Release {
		w.apply(a, w.plan(a, ref))
	}
	plan := w.planOf(a, ref, op)
	w.breaks(call, times, answer)
	got, err := a.Apply(w.Context(), plan, order)
	w.truthful(ref, got, err)
	w.mend()

	again, err := a.Apply(w.Context(), w.planOf(a, ref, op), order)
	want := map[contain.Op]contain.State{contain.Contain: contain.Held, contain.Release: contain.Released}[op]
	if err != nil || again.Outcome != want {
		w.Errorf("the second time: %v %s", err, asJSON(w, again))
	}
	if got := w.policiesOf(ref)["Work"]; got != allowAll {
		w.Errorf("the policy that was there is now %q", got)
	}
	if n := len(audit.Unfinished(w.records())); n != 0 {
		w.Errorf("%d intents have no outcome", n)
	}
}

func (w *world) planOf(a *contain.Account, ref contain.Ref, op contain.Op) contain.Plan {
	w.Helper()
	if op == contain.Release {
		return w.planRelease(a, ref)
	}
	return w.plan(a, ref)
}

// truthful compares the state that was told with the account.
func (w *world) truthful(ref contain.Ref, got contain.Result, err error) {
	w.Helper()
	denied := false
	for name := range w.policiesOf(ref) {
		denied = denied || strings.HasPrefix(name, "DenyAll")
	}
	op := w.records()[len(w.records())-1].Op
	wrong := false
	switch got.Outcome {
	case contain.Held, contain.InPlace:
		wrong = !denied
	case contain.Reverted, contain.Released:
		wrong = denied
	case contain.Failed, contain.Refused:
		wrong = denied != (op == "release")
	case contain.Requested, contain.Unknown, contain.Partial:
	default:
		wrong = true
	}
	if wrong {
		w.Errorf("%s says %s, denied: %v; %v: %s", op, got.Outcome, denied, err, asJSON(w, got))
	}
	bad := got.Outcome != contain.Held && got.Outcome != contain.Released
	if problem := got.Targets[0].Error; bad && (problem == nil || problem.Message == "" || problem.Next == "" || problem.Code == "") {
		w.Errorf("%s without a reason and a next step: %+v", got.Outcome, problem)
	}
	if wantErr := got.Outcome == contain.Failed || got.Outcome == contain.Refused; wantErr != (err != nil) {
		w.Errorf("%s with error %v", got.Outcome, err)
	}
	if last := w.records()[len(w.records())-1]; last.Outcome != string(got.Outcome) {
		w.Errorf("the log says %s, the result %s", last.Outcome, got.Outcome)
	}
}

func TestALostAnswerIsResolvedByReading(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	w.breaks("PutUserPolicy", -1, lost)
	got := w.apply(a, w.plan(a, alice))
	if got.Outcome != contain.Held || !strings.Contains(strings.Join(got.Targets[0].Warnings, "\n"), "was lost") {
		t.Error(asJSON(t, got))
	}
	w.breaks("DeleteUserPolicy", -1, lost)
	if got := w.apply(a, w.planRelease(a, alice)); got.Outcome != contain.Released {
		t.Error(asJSON(t, got))
	}
}

func TestALostAnswerThatCannotBeReadIsUnknown(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	plan := w.plan(a, alice)
	w.before = func(operation string, _ url.Values) {
		if operation == "PutUserPolicy" {
			w.breaks("GetUserPolicy", -1, hangsUp)
		}
	}
	w.breaks("PutUserPolicy", -1, lost)
	got, err := a.Apply(t.Context(), plan, order)
	if err != nil || got.Outcome != contain.Unknown || got.Targets[0].Error.Code != contain.CodeUnknown {
		t.Errorf("%v: %s", err, asJSON(t, got))
	}
	w.tells("intent", "outcome unknown")
}

func TestAWriteThatCannotBeReadBackIsRequested(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	w.breaks("GetUserPolicy", -1, awsError(403, "AccessDenied", "no"))
	plan := w.plan(a, alice)
	got, err := a.Apply(t.Context(), plan, order)
	if err != nil || got.Outcome != contain.Requested || !strings.Contains(got.Targets[0].Error.Message, "iam:GetUserPolicy was denied") {
		t.Errorf("%v: %s", err, asJSON(t, got))
	}
	if _, ok := w.policies()["user/alice/DenyAll-"+plan.OpID]; !ok {
		t.Errorf("a name that could not be read was written over: %v", w.policies())
	}
}

func TestErrorsNameWhatToDo(t *testing.T) {
	tests := []struct {
		status               int
		awsCode, code, words string
	}{
		{403, "AccessDenied", contain.CodeAccessDenied, "iam:PutUserPolicy"},
		{403, "ExpiredToken", contain.CodeExpired, "aws sso login --profile prod"},
		{403, "InvalidClientTokenId", contain.CodeInvalid, "access key"},
		{409, "LimitExceeded", contain.CodeQuota, "AWSDenyAll"},
		{404, "NoSuchEntity", contain.CodeNotFound, "name"},
		{400, "UnmodifiableEntity", contain.CodeUnmodifiable, "service control policy"},
		{400, "MalformedPolicyDocument", contain.CodeMalformed, "AWSDenyAll"},
		{400, "Throttling", contain.CodeThrottled, "again"},
		{500, "ServiceFailure", contain.CodeService, "Health"},
		{503, "Whatever", contain.CodeService, "Health"},
		{400, "Whatever", contain.CodeAWS, ""},
	}
	for _, tt := range tests {
		t.Run(tt.awsCode, func(t *testing.T) {
			w := newWorld(t)
			a := w.connect(w.account.Root(), func(o *contain.Options) { o.Profile = "prod" })
			plan := w.plan(a, alice)
			w.breaks("PutUserPolicy", -1, awsError(tt.status, tt.awsCode, "AWS's own words"))
			got, err := a.Apply(t.Context(), plan, order)
			p := contain.Explain(err)
			if p == nil || p.Code != tt.code || !strings.Contains(p.Message+p.Next, tt.words) || got.Outcome != contain.Failed {
				t.Errorf("%+v", p)
			}
			if call := w.records()[1].Calls[0]; call.Error == "" || call.RequestID != "11111111-2222-3333-4444-555555555555" {
				t.Errorf("the log has %+v", call)
			}
		})
	}
}

func TestThereIsNothingToConnectWithOrTo(t *testing.T) {
	w := newWorld(t)
	cfg := w.config(aws.Credentials{})
	_, err := contain.Connect(t.Context(), cfg, contain.Options{Retryer: quick})
	if p := contain.Explain(err); p == nil || p.Code != contain.CodeNoCredentials || !strings.Contains(p.Next, "--sandbox") {
		t.Errorf("without credentials: %+v", p)
	}
	cfg = w.config(w.account.Root())
	cfg.BaseEndpoint = aws.String("http://127.0.0.1:1")
	_, err = contain.Connect(t.Context(), cfg, contain.Options{Retryer: quick})
	if p := contain.Explain(err); p == nil || p.Code != contain.CodeNetwork {
		t.Errorf("without a network: %+v", p)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = contain.Connect(ctx, w.config(w.account.Root()), contain.Options{Retryer: quick})
	if p := contain.Explain(err); p == nil || p.Code != contain.CodeCancelled {
		t.Errorf("cancelled: %+v", p)
	}
}

func TestWithoutAWritableLogNothingIsDone(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "log")
	w.log = w.openLog(filepath.Join(dir, "audit.jsonl"))
	a := w.connect(w.account.Root())
	plan := w.plan(a, alice)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	got, err := a.Apply(t.Context(), plan, order)
	if p := contain.Explain(err); p.Code != contain.CodeAuditLog || !strings.Contains(p.Next, "--audit-log") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%+v", p)
	}
	if got.Outcome != contain.Failed || len(w.policies()) != 0 || w.count("PutUserPolicy") != 0 {
		t.Errorf("%s, %v", asJSON(t, got), w.policies())
	}
}

func TestAnOutcomeThatCannotBeRecordedIsTold(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "log")
	w.log = w.openLog(filepath.Join(dir, "audit.jsonl"))
	a := w.connect(w.account.Root())
	plan := w.plan(a, alice)
	w.before = func(operation string, _ url.Values) {
		if operation == "PutUserPolicy" {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		}
	}
	got, err := a.Apply(t.Context(), plan, order)
	if p := contain.Explain(err); p == nil || p.Code != contain.CodeAuditLog || got.Outcome != contain.Held {
		t.Errorf("%+v: %s", p, asJSON(t, got))
	}
}

func TestAPlanDoesNotWaitForFactsThatTakeLong(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root(), func(o *contain.Options) { o.FactsTime = 50 * time.Millisecond })
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	w.breaks("ListGroupsForUser", -1, func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	})
	for _, f := range w.plan(a, alice).BlastRadius {
		if f.Name == "groups" && !strings.Contains(f.Unknown, "no answer within 50ms") {
			t.Errorf("%+v", f)
		}
	}
}

func TestHolding(t *testing.T) {
	tests := map[string]struct {
		// during is called before each reading of the hold, counted from 1.
		during  func(w *world, reading int)
		want    contain.State
		code    string
		left    map[string]string
		noAfter bool
	}{
		"removed": {func(w *world, n int) {
			if n == 2 {
				w.deletePolicy(alice, "DenyAll")
			}
		}, contain.Reverted, contain.CodeReverted, map[string]string{}, false},
		"removed at once": {func(w *world, n int) {
			if n == 0 {
				w.deletePolicy(alice, "DenyAll")
			}
		}, contain.Reverted, contain.CodeReverted, map[string]string{}, false},
		"replaced": {func(w *world, n int) {
			if n == 2 {
				w.putPolicy(alice, "DenyAll", allowAll)
			}
		}, contain.Reverted, contain.CodeReverted, map[string]string{"user/alice/DenyAll": allowAll}, false},
		"removed with its user": {func(w *world, n int) {
			if n == 2 {
				w.deletePolicy(alice, "DenyAll")
				w.deleteAlice()
				w.seed(&iam.CreateUserInput{UserName: aws.String("alice")})
			}
		}, contain.Reverted, contain.CodeReverted, map[string]string{}, false},
		"not shown once": {func(w *world, n int) {
			if n == 2 {
				w.breaks("GetUserPolicy", 1, awsError(404, "NoSuchEntity", "not yet everywhere"))
			}
		}, contain.Held, "", nil, false},
		"unreadable for a while": {func(w *world, n int) {
			if n == 1 {
				w.breaks("GetUserPolicy", 2, awsError(403, "AccessDenied", "no"))
			}
		}, contain.Held, "", nil, false},
		"unreadable to the end": {func(w *world, n int) {
			if n == 1 {
				w.breaks("GetUserPolicy", -1, awsError(403, "AccessDenied", "no"))
			}
		}, contain.InPlace, contain.CodeInterrupted, nil, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.connect(w.account.Root())
			plan := w.plan(a, alice)
			readings := -1 // that before the write comes first
			written := false
			w.before = func(operation string, _ url.Values) {
				switch {
				case operation == "PutUserPolicy":
					written = true
				case operation == "GetUserPolicy" && written:
					readings++
					tt.during(w, readings)
				}
			}
			got, err := a.Apply(t.Context(), plan, order)
			if err != nil || got.Outcome != tt.want {
				t.Fatalf("%v: %s", err, asJSON(t, got))
			}
			if p := got.Targets[0].Error; (p == nil) != (tt.code == "") || p != nil && p.Code != tt.code {
				t.Errorf("%+v", p)
			}
			if tt.left != nil {
				if diff := cmp.Diff(tt.left, w.policies()); diff != "" {
					t.Error(diff)
				}
				after := map[string]string{}
				for name, doc := range w.policiesOf(alice) {
					after["policy/"+name] = doc
				}
				if last := w.records()[1]; !maps.Equal(last.After, after) {
					t.Errorf("the log has %v after", last.After)
				}
			}
			w.tells("intent", "outcome "+string(tt.want))
		})
	}
}

func TestAHoldThatIsInterruptedSaysSoAndIsRecorded(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	ctx, cancel := context.WithCancel(t.Context())
	o := order
	o.Observe = func(p contain.Progress) {
		if p.State == contain.InPlace {
			cancel()
		}
	}
	got, err := a.Apply(ctx, w.plan(a, alice), o)
	if err != nil || got.Outcome != contain.InPlace || got.Targets[0].Error.Code != contain.CodeInterrupted {
		t.Errorf("%v: %s", err, asJSON(t, got))
	}
	w.tells("intent", "outcome in_place")
}

func TestCancellingBeforeTheWriteWritesNothing(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	plan := w.plan(a, alice)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, err := a.Apply(ctx, plan, order)
	if p := contain.Explain(err); p == nil || p.Code != contain.CodeCancelled || got.Outcome != contain.Failed || len(w.policies()) != 0 {
		t.Errorf("%+v: %s", p, asJSON(t, got))
	}
	w.tells("note failed")
}

func TestCancellingDuringTheWriteStillReadsItBack(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	plan := w.plan(a, alice)
	ctx, cancel := context.WithCancel(t.Context())
	w.before = func(operation string, _ url.Values) {
		if operation == "PutUserPolicy" {
			cancel()
		}
	}
	got, err := a.Apply(ctx, plan, order)
	if err != nil || got.Outcome != contain.InPlace {
		t.Errorf("%v: %s", err, asJSON(t, got))
	}
	w.tells("intent", "outcome in_place")
}

func TestWithoutAHoldItEndsInPlace(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	got, err := a.Apply(t.Context(), w.plan(a, alice), contain.Order{Reason: "x"})
	if err != nil || got.Outcome != contain.InPlace || got.Targets[0].Error != nil {
		t.Errorf("%v: %s", err, asJSON(t, got))
	}
}

func TestProgressTellsEveryReading(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	var told []string
	o := order
	o.Observe = func(p contain.Progress) {
		if p.At.IsZero() || p.Read == "" || p.OpID == "" || p.Target.Name != "alice" {
			t.Errorf("%+v", p)
		}
		told = append(told, string(p.State)+" "+p.Left.String())
	}
	if _, err := a.Apply(t.Context(), w.plan(a, alice), o); err != nil {
		t.Fatal(err)
	}
	want := []string{"planned 0s", "requested 0s", "in_place 0s", "in_place 2s", "in_place 1s", "held 0s"}
	if !slices.Equal(told, want) {
		t.Errorf("got %q", told)
	}
}
