package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cordon/contain/audit"
	"cordon/investigate/event"
	"cordon/investigate/source"
)

func TestWhatWasReadIsToldWhenNothingIsMissingToo(t *testing.T) {
	s := storeOf(t, story())
	complete := testNow.Add(-15 * time.Minute)
	s.SetCoverage(source.Origin{Kind: "files", Location: "logs"}, event.Coverage{Files: 3, Read: 3, CompleteTo: &complete})
	a := openApp(t, files(s), 80, 24)
	a.settled()
	a.lacks("i not read")
	a.press("i")
	a.shows("what was read", "3 of 3 files or Regions were read to the end", "Events from 2026-03-13", "to 2026-03-14",
		"complete to 2026-03-14 14:45:00Z", "Nothing was skipped, and nothing failed.")
	a.press("i")
	a.shows("by suspicion")
}

func TestTheLastContainmentIsShownAgainOnItsKey(t *testing.T) {
	w := newWorld(t)
	close(w.hold)
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	a.press("o")
	a.shows("nothing was contained or released from here yet")
	a.press("c")
	a.shows("Reason")
	a.pass(time.Second)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✓ held", "Enter Esc close")
	a.press("enter")
	a.lacks("o running")
	a.press("o")
	a.shows("✓ held", "denied 0 · succeeded 0")
	ahead := time.Until(testNow) // the account's clock is the real one
	add(t, a.m.opt.Store, 2000, []record{{at: ahead - time.Hour, user: "alice", name: "ListUsers", code: "AccessDenied"}})
	a.shows("denied 1 · succeeded 0")
}

func TestQuittingAsksInTheDialogOfWhatRunsAndCtrlCThereLeaves(t *testing.T) {
	for _, keys := range [][]string{{"q", "ctrl+c"}, {"ctrl+c", "ctrl+c"}} {
		t.Run(strings.Join(keys, " "), func(t *testing.T) {
			w := newWorld(t)
			a := opened(t, w)
			a.press(`"leaked"`, "enter", `"alice"`, "enter")
			a.shows("✓ in_place")
			a.press(keys[0])
			a.shows("user/alice is still being watched", "Quit? y / N")
			if a.quit {
				t.Fatal("it ended without an answer")
			}
			a.press(keys[1])
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
		})
	}
}

func TestQuittingWorksWhenTheContainmentEndsWhileItIsAsked(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✓ in_place")
	a.press("q")
	a.shows("Quit? y / N")
	close(w.hold)
	a.shows("It has ended", "Quit? y / N")
	a.pass(time.Second)
	a.press("y")
	a.until("the end", func(string) bool { return a.quit })
}
