package tui

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/google/go-cmp/cmp"

	"cordon/contain/audit"
)

// opened is a UI on a world, with the containment dialog of alice ready.
func opened(t *testing.T, w *world) *app {
	t.Helper()
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.shows("user/alice")
	a.settled()
	a.press("c")
	a.shows("contain user/alice", "Reason")
	a.pass(time.Second)
	return a
}

func TestContainAndReleaseFromTheFirstKeyToTheAuditLog(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.press(`"leaked key"`, "enter")
	a.shows("type exactly alice to allow Enter")
	a.press(`"alice"`)
	a.shows("Enter contains alice now")
	a.press("enter")
	a.shows("✓ planned", "✓ requested", "✓ in_place", "○ held")
	if diff := cmp.Diff([]string{"DenyAll"}, w.policies()); diff != "" {
		t.Error(diff)
	}
	close(w.hold)
	a.shows("✓ held", "denied 0 · succeeded 0", "Enter Esc close")
	a.press("enter")
	a.shows("1 contained", "CONTAINED")

	a.press("u")
	a.shows("release user/alice", "iam:DeleteUserPolicy")
	a.pass(time.Second)
	a.press(`"cleared"`, "enter")
	a.shows("Release?")
	a.press("y")
	a.shows("✓ released")
	if diff := cmp.Diff([]string{}, w.policies()); diff != "" {
		t.Error(diff)
	}
	a.press("esc")
	a.until("nobody contained", func(s string) bool { return !strings.Contains(s, "contained") && !strings.Contains(s, "CONTAINED") })

	a.press("tab", "tab", "tab")
	a.shows("✓ whole 4 records", "contain outcome", "release outcome", "cleared")
	type brief struct{ Kind, Op, Reason, Outcome string }
	var got []brief
	for _, r := range w.records() {
		got = append(got, brief{string(r.Kind), r.Op, r.Reason, r.Outcome})
	}
	want := []brief{
		{"intent", "contain", "leaked key", ""},
		{"outcome", "contain", "leaked key", "held"},
		{"intent", "release", "cleared", ""},
		{"outcome", "release", "cleared", "released"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKeysTypedAheadOfTheDialogAreNoAnswers(t *testing.T) {
	w := newWorld(t)
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	a.press("c")
	a.shows("Reason")
	a.press(`"x"`, "enter", `"alice"`, "enter")
	a.lacks("Reason     x")
	// Typed on without a pause, they are taken after the ceiling all the same.
	for range 20 {
		a.pass(100 * time.Millisecond)
		a.press(`"z"`)
	}
	a.shows("Reason     z")
	if got := w.policies(); len(got) != 0 {
		t.Errorf("alice has %v", got)
	}
}

func TestEnterIsInertUntilReasonAndNameAreGiven(t *testing.T) {
	for _, tt := range []struct {
		name string
		keys []string
		want string
	}{
		{"no reason", []string{"enter"}, "a reason first"},
		{"a blank reason", []string{`"   "`, "enter"}, "a reason first"},
		{"no name", []string{`"why"`, "enter", "enter"}, "this is not the name"},
		{"half a name", []string{`"why"`, "enter", `"alic"`, "enter"}, "this is not the name"},
		{"another case", []string{`"why"`, "enter", `"Alice"`, "enter"}, "this is not the name"},
		{"a blank too many", []string{`"why"`, "enter", `"alice "`, "enter"}, "this is not the name"},
		{"another name", []string{`"why"`, "enter", `"alice2"`, "enter"}, "this is not the name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			a := opened(t, w)
			a.press(tt.keys...)
			a.shows(tt.want)
			if got := w.policies(); len(got) != 0 {
				t.Errorf("alice has %v", got)
			}
		})
	}
}

func TestNamesWithBlanksAndOtherScriptsCanBeTypedAndPasted(t *testing.T) {
	// IAM allows no such names, but other principals of other systems have
	// them, and a field that cannot take them would lock the operator out.
	d := &containDialog{reason: newEdit(maxReason), name: newEdit(maxName), field: nameField}
	for _, k := range []string{"田", "中", " ", "é", "space", "a"} {
		d.focused().update(keyOf(k))
	}
	if got := d.name.value(); got != "田中 é a" {
		t.Errorf("typed %q", got)
	}
	d.name = newEdit(maxName)
	d.focused().update(tea.PasteMsg{Content: "田中 太郎"})
	if got := d.name.value(); got != "田中 太郎" {
		t.Errorf("pasted %q", got)
	}
}

func TestThePastedNameAllowsEnterAndTheMouseNeverConfirms(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.press(`"leaked"`, "tab")
	a.send(tea.PasteMsg{Content: "alice\n"})
	a.shows("Enter contains alice now")
	a.send(tea.MouseClickMsg{X: 40, Y: 20, Button: tea.MouseLeft})
	a.send(tea.MouseReleaseMsg{X: 40, Y: 20, Button: tea.MouseLeft})
	a.lacks("requested")
	a.press("enter")
	a.shows("✓ in_place")
	close(w.hold)
	a.shows("✓ held", "Enter Esc close")
}

func TestTheWholePlanCanBeReadAtEightyByTwentyFour(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	var read strings.Builder
	for range 40 {
		read.WriteString(a.screen())
		a.press("down", "down", "down")
	}
	for _, want := range []string{
		"123456789012", "user/oncall", "arn:aws:iam::123456789012:user/alice", "iam:PutUserPolicy",
		`"Effect": "Deny"`, "access keys: AKIA", "What the deny does not stop", "Undo", "aws iam put-user-policy",
	} {
		if !strings.Contains(read.String(), want) {
			t.Errorf("the plan never shows %q", want)
		}
	}
	// Having scrolled, the fields still take what is typed.
	a.press(`"why"`)
	a.shows("Reason     why")
}

func TestARefusalIsShownWithTheNextStep(t *testing.T) {
	w := newWorld(t)
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	a.press("/", `"bob"`, "enter", "c")
	a.shows("refused", "protected", "Nothing was changed in the account.")
	a.pass(time.Second)
	a.press("enter")
	a.shows("1 of 6")
}

func TestPrincipalsThatNoPolicyStopsSayWhatToDoInstead(t *testing.T) {
	w := newWorld(t)
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	a.press("/", `"reserved"`, "enter", "c")
	a.shows("IAM Identity Center owns this role")
}

func TestEscDuringTheHoldLeavesItRunningInTheBackground(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✓ in_place")
	a.press("esc")
	a.shows("containing user/alice: in_place", "o shows it")
	a.press("o")
	a.shows("○ held")
	a.press("esc")
	close(w.hold)
	a.shows("✓ user/alice: held")
	a.lacks("containing user/alice")
}

func TestQuittingWhileItRunsAsksAndThenWaitsForTheOutcome(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✓ in_place")
	a.press("ctrl+c")
	a.shows("user/alice is still being watched: in_place", "Quit? y / N")
	a.pass(time.Second)
	a.press("n")
	a.shows("○ held")
	a.press("esc", "q")
	a.shows("Quit? y / N")
	a.pass(time.Second)
	a.press("y")
	a.until("the end", func(string) bool { return a.quit })
	var outcomes []string
	for _, r := range w.records() {
		if r.Kind == audit.Outcome {
			outcomes = append(outcomes, r.Outcome)
		}
	}
	if diff := cmp.Diff([]string{"in_place"}, outcomes); diff != "" {
		t.Error(diff)
	}
}

func TestQuittingIsAtOnceWhenNothingRuns(t *testing.T) {
	for _, key := range []string{"q", "ctrl+c"} {
		a := openApp(t, files(storeOf(t, story())), 80, 24)
		a.press(key)
		a.until("the end", func(string) bool { return a.quit })
	}
}

func TestEscWhileThePlanIsMadeDropsIt(t *testing.T) {
	w := newWorld(t)
	var held atomic.Bool
	gate := make(chan struct{})
	w.onCall(func(op string) {
		if held.Load() && op == "GetUser" {
			<-gate
		}
	})
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	held.Store(true)
	a.press("c")
	a.shows("Looking at it in the account", "Esc stops.")
	a.press("esc")
	a.lacks("Looking at it")
	close(gate)
	a.press("down")
	a.lacks("contain user/alice")
}

func TestAReleaseTakesOnlyYForAnAnswer(t *testing.T) {
	for _, key := range []string{"enter", "n", "N", "esc"} {
		t.Run(key, func(t *testing.T) {
			w := newWorld(t)
			close(w.hold)
			a := opened(t, w)
			a.press(`"leaked"`, "enter", `"alice"`, "enter")
			a.shows("✓ held", "Enter Esc close")
			a.press("enter", "u")
			a.shows("release user/alice", "Reason")
			a.pass(time.Second)
			a.press(`"cleared"`, "enter", key)
			a.lacks("release user/alice")
			if diff := cmp.Diff([]string{"DenyAll"}, w.policies()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestADenyPutByHandIsReleasedOnlyWhenAdopted(t *testing.T) {
	w := newWorld(t)
	w.seed(putDeny())
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	a.shows("1 contained")
	a.press("u")
	a.shows("refused", "Press a to plan")
	a.pass(time.Second)
	a.press("a")
	a.shows("iam:DeleteUserPolicy", "Reason")
	a.pass(time.Second)
	a.press(`"mine"`, "enter", "y")
	a.shows("✓ released")
	if diff := cmp.Diff([]string{}, w.policies()); diff != "" {
		t.Error(diff)
	}
}

func TestTheEvidenceOfDeniedCallsIsCountedAfterTheWrite(t *testing.T) {
	w := newWorld(t)
	s := storeOf(t, story())
	o := w.options(s)
	a := openApp(t, o, 80, 24)
	a.settled()
	a.press("c")
	a.shows("Reason")
	a.pass(time.Second)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("○ held", "denied 0 · succeeded 0", "No attempt seen is not no attempt made")
	ahead := time.Until(testNow) // the account's clock is the real one
	add(t, s, 2000, []record{
		{at: ahead - time.Hour, user: "alice", name: "ListUsers", code: "AccessDenied"},
		{at: ahead - time.Hour, user: "alice", name: "GetCallerIdentity", source: "sts.amazonaws.com"},
	})
	a.shows("denied 1 · succeeded 0", "First denied")
	close(w.hold)
	a.shows("✓ held", "Enter Esc close")
}

func TestAnIntentWithoutAnOutcomeIsToldAtTheStart(t *testing.T) {
	w := newWorld(t)
	log, err := audit.Open(w.log, audit.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = log.Append(t.Context(), audit.Record{
		OpID: "op1", Kind: audit.Intent, Op: "contain", Time: testNow.Add(-time.Hour),
		Target: audit.Target{Kind: "user", Name: "alice", ARN: "arn:aws:iam::123456789012:user/alice", Account: testAccount},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.shows("unknown: the contain of user/alice begun 14:00:00Z has no outcome")
}

func TestTheDirectoryHasThoseWhoLeftNoEvents(t *testing.T) {
	w := newWorld(t, "quiet")
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.press("shift+tab")
	a.shows("directory", "quiet", "oncall")
	a.press("/", `"quiet"`, "enter", "c")
	a.shows("contain user/quiet", "Reason")
}

func TestAContainedPolicyDocumentIsTheCanonicalDeny(t *testing.T) {
	w := newWorld(t)
	close(w.hold)
	a := opened(t, w)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✓ held", "Enter Esc close")
	var doc struct {
		Statement []struct{ Sid, Effect, Action, Resource string }
	}
	if err := json.Unmarshal([]byte(w.document("DenyAll")), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Statement) != 1 || doc.Statement[0].Effect != "Deny" || doc.Statement[0].Action != "*" || doc.Statement[0].Resource != "*" {
		t.Errorf("the policy is %+v", doc)
	}
}
