package tui

import (
	"bytes"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cordon/contain"
)

// saidAtTheEnd is what stands on the normal screen once the program is gone.
func saidAtTheEnd(t *testing.T, a *app) string {
	t.Helper()
	if !a.m.operations.wait(20 * time.Second) {
		t.Fatal("a containment does not end")
	}
	var out bytes.Buffer
	if err := a.m.operations.farewell(&out, false); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`\d+m?\d*s before`).ReplaceAllString(out.String(), "TIME before")
}

func TestQuittingSaysWhatStandsAndHowItIsTakenBack(t *testing.T) {
	const interrupted = "user/alice: in_place, the hold was interrupted TIME before its end; undo: cordon release user/alice --reason TEXT\n"
	for _, tt := range []struct {
		name string
		play func(w *world, a *app)
		want string
	}{
		{"nothing was done", func(*world, *app) {}, ""},
		{"quit during the hold", func(_ *world, a *app) {
			a.press("q", "ctrl+c")
			a.until("the end", func(string) bool { return a.quit })
		}, interrupted},
		{"stopped from outside during the hold, before the screen heard of it", func(*world, *app) {}, interrupted},
		{"held", func(w *world, a *app) {
			close(w.hold)
			a.shows("✓ held", "Enter Esc close")
			a.press("enter", "q")
		}, "user/alice: held; undo: cordon release user/alice --reason TEXT\n"},
		{"released again", func(w *world, a *app) {
			close(w.hold)
			a.shows("✓ held", "Enter Esc close")
			a.press("enter", "u")
			a.shows("Reason")
			a.pass(time.Second)
			a.press(`"cleared"`, "enter", "y")
			a.shows("✓ released", "Enter Esc close")
		}, "user/alice: released; undo: cordon contain user/alice --reason TEXT\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			a := opened(t, w)
			if tt.want != "" {
				a.press(`"leaked"`, "enter", `"alice"`, "enter")
				a.shows("✓ in_place")
			}
			tt.play(w, a)
			if diff := cmp.Diff(tt.want, saidAtTheEnd(t, a)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsSaidAtTheEndIsSafeAndLeavesOutWhatWroteNothing(t *testing.T) {
	op := func(name string, state contain.State, message string) *operation {
		x := &operation{ended: make(chan struct{}), plan: contain.Plan{
			Op: contain.Contain, Target: contain.Target{Kind: contain.User, Name: name}, Undo: "cordon release user/" + name + " (deletes it)",
		}}
		x.outcome.result = contain.Result{Outcome: state, Targets: []contain.TargetResult{{Error: &contain.Problem{Message: message}}}}
		close(x.ended)
		return x
	}
	o := operations{all: []*operation{
		op("a", contain.Refused, "protected"), op("b", contain.Failed, "denied"), op("c", contain.Reverted, "somebody\x1b[2J\nremoved it"),
		op("d", contain.Unknown, "no answer"), op("e", contain.Held, ""), op("e", contain.Refused, "no"),
	}}
	var out bytes.Buffer
	if err := o.farewell(&out, false); err != nil {
		t.Fatal(err)
	}
	want := "user/c: reverted, " + string(say("somebody\x1b[2J\nremoved it")) + "\n" +
		"user/d: unknown, no answer; undo: cordon release user/d\n" +
		"user/e: held; undo: cordon release user/e\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAfterAnExerciseNothingIsSaidToBeTakenBack(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✓ in_place")
	close(w.hold)
	a.shows("✓ held")
	if !a.m.operations.wait(20 * time.Second) {
		t.Fatal("a containment does not end")
	}
	var out bytes.Buffer
	if err := a.m.operations.farewell(&out, true); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("user/alice: held; the exercise has ended, and its account with it\n", out.String()); diff != "" {
		t.Error(diff)
	}
}
