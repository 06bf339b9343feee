package tui

import (
	"strings"
	"testing"
	"time"

	"cordon/investigate"
)

// withOnCall is the story in which the operator's own reading is seen too.
func withOnCall(t *testing.T) *investigate.Store {
	t.Helper()
	return storeOf(t, append(story(), record{at: time.Minute, user: "oncall", name: "LookupEvents", source: "cloudtrail.amazonaws.com"}))
}

func TestTheOperatorsOwnRowSaysSo(t *testing.T) {
	w := newWorld(t)
	a := openApp(t, w.options(withOnCall(t)), 80, 24)
	a.settled()
	a.shows("user/oncall (you)", "7 · by suspicion")
	if n := strings.Count(a.screen(), "(you)"); n != 1 {
		t.Errorf("%d rows are you:\n%s", n, a.screen())
	}
	for !strings.Contains(a.selected(), "(you)") {
		a.press("down")
	}
	a.shows("this is you: cordon reads as it")
	a.press("enter")
	a.shows("user/oncall (you)", "this is you: cordon reads as it")
}

func TestNobodyIsYouInFilesWithoutAnAccount(t *testing.T) {
	a := openApp(t, files(withOnCall(t)), 80, 24)
	a.settled()
	a.shows("user/oncall")
	a.lacks("you)")
}

func TestALongNameLeavesRoomToSayThatItIsYou(t *testing.T) {
	w := newWorld(t)
	a := openApp(t, w.options(withOnCall(t)), 40, 24)
	a.settled()
	a.shows("(you)")
}

func TestTheHeaderKeepsWhatItSaysApart(t *testing.T) {
	w := newWorld(t)
	w.seed(putDeny())
	o := w.options(storeOf(t, story()))
	o.Header.Exercise = "leaked-access-key x20"
	o.Header.Alias = "orchard-prod"
	a := openApp(t, o, 80, 24)
	a.shows("as user/oncall  1 contained  EXERCISE x20")
	o.Header.Caller = "arn:aws:sts::123456789012:assumed-role/incident-responders-of-the-night/someone@example.com"
	a = openApp(t, o, 80, 24)
	a.shows("1 contained")
	head, _, _ := strings.Cut(a.screen(), "\n")
	if want := "ple.com  1 contained  EXERCISE x20"; !strings.Contains(head, want) {
		t.Errorf("%q lacks %q", head, want)
	}
}

func TestThePlanHasTheDocumentAndTheUndoBeforeWhatTheDenyDoesNotStop(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.shows("more lines: PgDn or the down arrow")
	d, ok := a.m.dialog.(*containDialog)
	if !ok {
		t.Fatalf("the dialog is %T", a.m.dialog)
	}
	d.plan.Warnings = []string{"Look out."}
	var text strings.Builder
	for _, l := range planView(a.m, d.plan, 200) {
		for _, s := range l {
			text.WriteString(string(s.text))
		}
		text.WriteString("\n")
	}
	at := 0
	for _, want := range []string{
		"Look out.", "What will be done", `"Effect": "Deny", "Action": "*", "Resource": "*"`, "Undo", "cordon release user/alice", "What the deny does not stop",
	} {
		i := strings.Index(text.String()[at:], want)
		if i < 0 {
			t.Fatalf("%q is not where it belongs:\n%s", want, text.String())
		}
		at += i
	}
}
