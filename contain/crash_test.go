package contain_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"cordon/contain"
	"cordon/contain/audit"
)

// child, if set, makes the test binary a cordon of its own: the values are the
// endpoint, the log, the access key and its secret, the operation.
const child = "CORDON_CONTAIN_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		flag.Parse()
		if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
			_ = f.Value.Set("30") // each check is a hundred operations on disk and over HTTP
		}
		os.Exit(m.Run())
	}
	if err := beChild(strings.Split(os.Getenv(child), "\n")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func beChild(arg []string) error {
	ctx := context.Background()
	log, err := audit.Open(arg[1], audit.Options{})
	if err != nil {
		return err
	}
	a, err := contain.Connect(ctx, aws.Config{
		Region: "us-east-1", BaseEndpoint: &arg[0],
		Credentials: credentials.NewStaticCredentialsProvider(arg[2], arg[3], ""),
	}, contain.Options{Log: log})
	if err != nil {
		return err
	}
	var plan contain.Plan
	if arg[4] == string(contain.Release) {
		plan, err = a.PlanRelease(ctx, alice, contain.ReleaseOptions{})
	} else {
		plan, err = a.Plan(ctx, alice)
	}
	if err != nil {
		return err
	}
	_, err = a.Apply(ctx, plan, contain.Order{Reason: "key leaked"})
	return err
}

// killed runs an operation in another process, which dies by SIGKILL while
// AWS answers the write.
func (w *world) killed(op contain.Op, call string, takesEffect bool) {
	w.Helper()
	root := w.account.Root()
	cmd := exec.CommandContext(w.Context(), os.Args[0]) //nolint:gosec // this very test binary
	cmd.Env = append(os.Environ(), child+"="+strings.Join([]string{w.url, w.log.Path(), root.AccessKeyID, root.SecretAccessKey, string(op)}, "\n"))
	cmd.Stderr = os.Stderr
	started := make(chan *os.Process, 1)
	w.breaks(call, 1, func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		if takesEffect {
			next.ServeHTTP(httptest.NewRecorder(), r)
		}
		if err := (<-started).Kill(); err != nil {
			w.Error(err)
		}
		panic(http.ErrAbortHandler)
	})
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	started <- cmd.Process
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		w.Fatalf("the process was not killed: %v", err)
	}
}

func TestAKilledProcessIsFoundAndCheckedAtTheNextStart(t *testing.T) {
	tests := map[string]struct {
		op          contain.Op
		call        string
		takesEffect bool
		want        contain.State
	}{
		"contain, written":     {contain.Contain, "PutUserPolicy", true, contain.InPlace},
		"contain, not written": {contain.Contain, "PutUserPolicy", false, contain.Failed},
		"release, removed":     {contain.Release, "DeleteUserPolicy", true, contain.Released},
		"release, not removed": {contain.Release, "DeleteUserPolicy", false, contain.Failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.connect(w.account.Root())
			if tt.op == contain.Release {
				w.apply(a, w.plan(a, alice))
			}
			w.killed(tt.op, tt.call, tt.takesEffect)
			story := w.story()
			if story[len(story)-1] != "intent" {
				t.Fatalf("the log ends %q", story)
			}

			open, err := a.Unfinished()
			if err != nil || len(open) != 1 || open[0].Op != string(tt.op) {
				t.Fatalf("unfinished %v, %v", open, err)
			}
			status := w.status(a)
			denied := len(w.policies()) == 1
			if len(status.Contained) != 1 || status.Contained[0].State.InForce() != denied || !denied && status.Contained[0].State != contain.Unknown {
				t.Errorf("status before the check, denied %v: %s", denied, asJSON(t, status))
			}
			found, err := a.CheckUnfinished(t.Context())
			if err != nil || len(found) != 1 || found[0].State != tt.want || found[0].Found == "" {
				t.Fatalf("%v: %s", err, asJSON(t, found))
			}
			last := w.records()[len(w.records())-1]
			if last.Kind != audit.Outcome || last.Outcome != string(tt.want) || last.OpID != open[0].OpID || !strings.Contains(last.Note, "later start") {
				t.Errorf("recorded %s", asJSON(t, last))
			}
			if again, err := a.CheckUnfinished(t.Context()); err != nil || len(again) != 0 {
				t.Errorf("checked twice: %v %v", again, err)
			}
			if status := w.status(a); len(status.Contained) != len(w.policies()) {
				t.Errorf("status after the check: %s", asJSON(t, status))
			}
			w.apply(a, w.planOf(a, alice, tt.op))
		})
	}
}

func TestAnOperationAtWorkIsNotUnfinished(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	o := order
	o.Observe = func(p contain.Progress) {
		if p.State != contain.InPlace {
			return
		}
		open, err := a.Unfinished()
		if err != nil || len(open) != 0 {
			t.Errorf("unfinished %v, %v", open, err)
		}
		if found, err := a.CheckUnfinished(t.Context()); err != nil || len(found) != 0 {
			t.Errorf("checked %v, %v", found, err)
		}
	}
	if _, err := a.Apply(t.Context(), w.plan(a, alice), o); err != nil {
		t.Fatal(err)
	}
	w.tells("intent", "outcome held")
}

func TestWhatCannotBeCheckedStaysUnfinished(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.account.Root())
	w.killed(contain.Contain, "PutUserPolicy", true)
	w.breaks("GetUserPolicy", -1, awsError(403, "AccessDenied", "no"))
	found, err := a.CheckUnfinished(t.Context())
	if err != nil || len(found) != 1 || found[0].State != contain.Unknown || found[0].Problem == nil {
		t.Errorf("%v: %s", err, asJSON(t, found))
	}
	w.tells("intent")
}
