package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cordon/investigate"
	"cordon/investigate/event"
	"cordon/investigate/source"
)

func TestUntilAKeyIsPressedTheMostSuspiciousStaysSelected(t *testing.T) {
	s := storeOf(t, []record{{at: time.Hour, user: "bob", name: "CreateAccessKey"}})
	o := files(s)
	more := make(chan struct{})
	o.Load = func(ctx contextT) error {
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
		add(t, s, 100, story())
		return nil
	}
	a := openApp(t, o, 80, 24)
	a.shows("▸ ● medium", "user/bob")
	close(more)
	a.settled()
	if got := a.selected(); !strings.Contains(got, "user/alice") {
		t.Errorf("%q is selected", got)
	}
}

func TestOnceSelectedAPrincipalStaysSelectedWhenOthersOvertakeIt(t *testing.T) {
	s := storeOf(t, []record{{at: time.Hour, user: "bob", name: "CreateAccessKey"}, {at: time.Hour, user: "carol", name: "ListUsers"}})
	o := files(s)
	more := make(chan struct{})
	o.Load = func(ctx contextT) error {
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
		add(t, s, 100, story())
		return nil
	}
	a := openApp(t, o, 80, 24)
	a.shows("user/bob", "user/carol")
	a.press("down", "up")
	close(more)
	a.settled()
	a.shows("user/alice")
	if got := a.selected(); !strings.Contains(got, "user/bob") {
		t.Errorf("%q is selected", got)
	}
}

func TestRowsStayAsTheyAreWhileADialogIsOpen(t *testing.T) {
	w := newWorld(t)
	s := storeOf(t, []record{{at: time.Hour, user: "alice", name: "ListUsers"}, {at: time.Hour, user: "bob", name: "ListUsers"}})
	a := openApp(t, w.options(s), 120, 40)
	a.settled()
	a.press("c")
	a.shows("contain user/alice", "Reason")
	before := len(a.m.evidence.ranking.Principals)
	add(t, s, 100, story())
	a.until("a ranking that waits", func(string) bool { return a.m.evidence.held != nil })
	if got := len(a.m.evidence.ranking.Principals); got != before {
		t.Errorf("%d principals, were %d", got, before)
	}
	// What was read is told all the same.
	a.shows("44 events")
	a.press("esc")
	a.shows("critical")
}

func TestEveryGapCanBeReadByName(t *testing.T) {
	s := investigate.NewStore(nil, func() time.Time { return testNow })
	var failed []event.Gap
	for i := range 60 {
		failed = append(failed, event.Gap{Name: fmt.Sprintf("logs/%02d.json.gz", i), Reason: "truncated gzip"})
	}
	s.SetCoverage(source.Origin{Kind: "files", Location: "logs"}, event.Coverage{
		Files: 61, Read: 0, Partial: true, Failed: failed, Skipped: []event.Gap{{Name: "logs/README", Reason: "not a log"}},
	})
	a := openApp(t, files(s), 80, 24)
	a.shows("60 could not be read", "i not read")
	a.press("i")
	a.shows("what was read", "0 of 61 files or Regions were read to the end", "logs/00.json.gz: truncated gzip")
	a.press("G")
	a.shows("logs/59.json.gz: truncated gzip", "logs/README: not a log")
}

func TestReadOnlyShowsThePlanAndTakesNoAnswer(t *testing.T) {
	w := newWorld(t)
	o := w.options(storeOf(t, story()))
	o.ReadOnly = true
	a := openApp(t, o, 80, 24)
	a.settled()
	a.press("c")
	a.shows("READ-ONLY: the plan can be looked at")
	a.pass(time.Second)
	a.press(`"why"`, "enter", `"alice"`, "enter")
	a.lacks("requested")
	if got := w.policies(); len(got) != 0 {
		t.Errorf("alice has %v", got)
	}
}

func TestAContainmentThatAWSDeniesIsToldWithTheNextStep(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	w.seed(denyPut())
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✗ failed", "iam:PutUserPolicy", "Enter Esc close")
	a.press("esc")
	a.lacks("CONTAINED")
}

func TestAnEndInTheBackgroundIsToldAndCanBeLookedAt(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	w.seed(denyPut())
	gate := make(chan struct{})
	w.onCall(func(op string) {
		if op == "PutUserPolicy" {
			<-gate
		}
	})
	a.press(`"leaked"`, "enter", `"alice"`, "enter", "esc")
	close(gate)
	a.shows("✗ user/alice: failed, o shows it")
	a.press("o")
	a.shows("✗ failed")
	a.press("esc")
	a.lacks("o running")
}

func TestAPlanWithNothingToDoSaysSoAndWritesNothing(t *testing.T) {
	w := newWorld(t)
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	a.press("u")
	a.shows("release user/alice", "Nothing to do.")
	a.pass(time.Second)
	a.press("enter")
	a.lacks("Nothing to do.")
	if got := len(w.recordsIfAny()); got != 0 {
		t.Errorf("%d records in the audit log", got)
	}
}
