package tui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/event"
	"cordon/investigate/source"
)

func TestEnterDrillsInAndEscComesBackAndStopsAtTheRoot(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.shows("critical", "user/alice", "Trail stopped")
	a.press("enter")
	a.shows("principals › user/alice", "Findings 4", "StopLogging")
	a.press("enter")
	a.shows("user/alice › Trail stopped", "✗ denied")
	a.press("enter")
	a.shows("user/alice tried to call StopLogging of cloudtrail on main", "✗ denied: AccessDenied", "203.0.113.47")
	a.press("v")
	a.shows(`"eventName": "StopLogging"`)
	a.press("esc", "esc", "esc")
	a.shows("by suspicion")
	a.press("esc", "esc", "left")
	a.shows("by suspicion")
}

func TestArrowsAndViKeysDoTheSame(t *testing.T) {
	for _, pair := range [][2][]string{
		{{"down"}, {"j"}},
		{{"down", "down", "up"}, {"j", "j", "k"}},
		{{"end"}, {"G"}},
		{{"end", "home"}, {"G", "g"}},
		{{"right"}, {"l"}},
		{{"right", "left"}, {"l", "h"}},
	} {
		var got [2]string
		for i, keys := range pair {
			a := openApp(t, files(storeOf(t, story())), 80, 24)
			a.shows("user/alice")
			a.press(keys...)
			a.settled()
			got[i] = a.screen()
		}
		if got[0] != got[1] {
			t.Errorf("%v and %v differ:\n%s\n%s", pair[0], pair[1], got[0], got[1])
		}
	}
}

func TestEveryKeyIsOfOneActionInEveryPlace(t *testing.T) {
	all := []scope{onList, onOpen, onFilter, onSort, onTarget, onRelease, onEvent, onJSON, onDeep, onLoading, onRunning, onGaps}
	var everything scope
	for _, s := range all {
		everything |= s
	}
	seen := map[string]string{}
	for _, b := range bindings() {
		if b.on&(everything|anywhere) == 0 {
			t.Errorf("%s works nowhere", b.Help().Desc)
		}
		for _, k := range b.Keys() {
			if other, twice := seen[k]; twice {
				t.Errorf("%q is both %q and %q", k, other, b.Help().Desc)
			}
			seen[k] = b.Help().Desc
		}
	}
}

func TestAFilterOfWordsNarrowsAndEscClearsItBeforeTheLevel(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.shows("user/alice")
	a.press("tab")
	a.shows("42 · newest first")
	a.press("/", `"alice !bucket"`)
	a.shows("6 of 42", "StopLogging")
	a.lacks("ListBuckets")
	a.press("enter", "enter")
	a.shows("events › StopLogging")
	a.press("esc", "esc")
	a.shows("42 · newest first")
	a.lacks("!bucket")
}

func TestAFilterExpressionThatIsWrongIsToldInPlace(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.press("tab", "/", `"eventName = "`)
	a.shows("/ eventName =", "expected")
	a.press(`"'StopLogging'"`)
	a.shows("1 of 42")
	a.lacks("expected")
}

func TestAPastedFilterIsTaken(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.press("tab", "/")
	a.send(tea.PasteMsg{Content: `eventName = "CreateUser"`})
	a.shows("1 of 42", "CreateUser")
}

func TestPrincipalsFilterByTheirOwnFieldsAndByTheirEvents(t *testing.T) {
	for filter, want := range map[string]string{
		"score > 50":                             "1 of 6",
		"203.0.113":                              "1 of 6",
		"'trail stopped'":                        "1 of 6",
		`eventName = 'PutObject'`:                "1 of 6",
		`kind = 'role' and not name like /^AWS/`: "2 of 6",
	} {
		a := openApp(t, files(storeOf(t, story())), 80, 24)
		a.shows("user/alice")
		a.press("/", `"`+filter+`"`)
		a.shows(want)
	}
}

func TestTheSelectionFollowsItsPrincipalWhenTheOrderChanges(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.shows("user/alice")
	for !strings.Contains(a.selected(), "role/deploy") {
		a.press("down")
	}
	for range len(orders) {
		a.press("s")
		if got := a.selected(); !strings.Contains(got, "role/deploy") {
			t.Errorf("after a sort, %q is selected:\n%s", got, a.screen())
		}
	}
}

func TestNewEventsAppearWithoutMovingTheSelection(t *testing.T) {
	s := storeOf(t, story())
	o := files(s)
	load := make(chan []record, 1)
	o.Load = func(_ contextT) error {
		select {
		case more := <-load:
			add(t, s, 1000, more)
		default:
		}
		return nil
	}
	a := openApp(t, o, 80, 24)
	a.settled()
	a.press("tab")
	a.shows("42 · newest first")
	a.press("down", "down", "down")
	before := a.selected()
	row := strings.Index(a.screen(), before)
	load <- []record{
		{at: time.Minute, user: "carol", name: "ListRoles"},
		{at: time.Minute / 2, user: "carol", name: "ListGroups"},
	}
	a.press("r")
	a.shows("44 · newest first")
	a.settled()
	if got := a.selected(); got != before {
		t.Errorf("selected is %q, was %q", got, before)
	}
	a.press("g")
	a.shows("ListGroups")
	_ = row
}

func TestWhatCouldNotBeReadIsOnTheScreen(t *testing.T) {
	s := investigate.NewStore(nil, func() time.Time { return testNow })
	s.SetCoverage(source.Origin{Kind: "cloudtrail", Location: "eu-west-3"}, event.Coverage{
		Files: 2, Read: 1, Partial: true, Failed: []event.Gap{{Name: "eu-west-3", Reason: "AccessDenied"}},
	})
	o := files(s)
	o.Header.Regions = []string{"us-east-1", "eu-west-3"}
	a := openApp(t, o, 80, 24)
	a.shows("▲ PARTIAL 1 could not be read: eu-west-3 (AccessDenied)", "No events, but not everything could be read.", "This is not a clean result.")
}

func TestAnEmptyListSaysWhatWasSearchedAndTheNextKey(t *testing.T) {
	s := investigate.NewStore(nil, func() time.Time { return testNow })
	s.SetCoverage(source.Origin{Kind: "cloudtrail", Location: "us-east-1"}, event.Coverage{Files: 1, Read: 1})
	o := files(s)
	o.Header = Header{Source: "cloudtrail", Regions: []string{"us-east-1"}, Window: "last 24h"}
	a := openApp(t, o, 80, 24)
	a.shows("No principals.", "Searched: cloudtrail; Regions us-east-1; last 24h.", "r reads again")
}

func TestReadingShowsHowFarItCameAndStopsWhenTold(t *testing.T) {
	s := storeOf(t, nil)
	o := files(s)
	o.Load = func(ctx contextT) error {
		add(t, s, 0, story()[:7])
		<-ctx.Done()
		return ctx.Err()
	}
	a := openApp(t, o, 80, 24)
	a.shows("reading… 7 events", "user/alice", "x stop reading")
	a.press("x")
	a.shows("PARTIAL reading was stopped by you")
	a.lacks("reading failed")
}

func TestAReadingThatFailsIsTold(t *testing.T) {
	o := files(storeOf(t, nil))
	o.Load = func(contextT) error { return errTest }
	a := openApp(t, o, 80, 24)
	a.shows("reading failed: the disk is on fire", "The source could not be read.", "r tries again")
}

func TestContainWithoutAnAccountSaysWhyAndWhatToDo(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.shows("user/alice")
	a.press("c")
	a.shows("✗ no AWS credentials: start cordon with --profile NAME")
	a.press("esc")
	a.lacks("no AWS credentials")
}

func TestCopyAsksTheTerminalForTheARNAndTheJSON(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.shows("user/alice")
	a.press("y")
	a.until("copied", func(string) bool { return len(a.copied) == 1 })
	if a.copied[0] != "arn:aws:iam::123456789012:user/alice" {
		t.Errorf("copied %q", a.copied[0])
	}
	a.press("Y")
	a.until("copied", func(string) bool { return len(a.copied) == 2 })
	if !strings.HasPrefix(a.copied[1], `{"rank":1,"kind":"user","name":"alice"`) {
		t.Errorf("copied %q", a.copied[1])
	}
}

func TestHelpIsTheTableOfBindings(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 120, 60)
	a.press("?")
	for _, b := range bindings() {
		a.shows(b.Help().Desc)
	}
	a.press("?")
	a.shows("by suspicion")
}

func TestAScreenTooSmallSaysSoAndTakesNoAnswers(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 39, 9)
	a.shows("39 by 9 is too small.", "It needs 40 by 10.")
	a.press("enter")
	a.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	a.shows("by suspicion")
}

func TestEverySizeIsDrawnWithinItself(t *testing.T) {
	s := storeOf(t, story())
	a := openApp(t, files(s), 80, 24)
	a.settled()
	steps := [][]string{{}, {"enter"}, {"G"}, {"enter"}, {"v"}, {"?"}, {"tab"}, {"/", `"alice"`}, {"esc", "tab"}, {"tab"}, {"tab"}}
	for _, keys := range steps {
		a.press(keys...)
		a.settled()
		for _, size := range [][2]int{{1, 1}, {10, 3}, {40, 10}, {41, 11}, {60, 16}, {79, 23}, {80, 24}, {119, 39}, {120, 40}, {300, 80}} {
			a.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			fits(t, a, size[0], size[1])
		}
		a.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	}
}

// fits fails if anything is drawn outside the terminal.
func fits(t *testing.T, a *app, w, h int) {
	t.Helper()
	lines := strings.Split(a.raw(), "\n")
	if len(lines) > h {
		t.Errorf("%d lines in %d by %d:\n%s", len(lines), w, h, a.screen())
	}
	for _, l := range lines {
		if got := safe(l).width(); got > w {
			t.Errorf("a line of %d cells in %d by %d: %q", got, w, h, l)
		}
	}
}

func TestPrincipalsOfSeveralAccountsAreToldApart(t *testing.T) {
	a := openApp(t, files(storeOf(t, []record{
		{user: "alice", name: "ListUsers", account: "111111111111"},
		{user: "alice", name: "ListUsers", account: "222222222222"},
	})), 80, 24)
	a.shows("111111111111:user/alice", "222222222222:user/alice")
	a.send(tea.WindowSizeMsg{Width: 120, Height: 40})
	a.shows("user/alice", "111111111111", "222222222222")
}

func TestALongNoteIsWrappedSoThatWhatToDoCanBeRead(t *testing.T) {
	o := files(storeOf(t, story()))
	o.WhyNoContainment = strings.Repeat("no credentials were found anywhere; ", 4) + "try --sandbox"
	a := openApp(t, o, 80, 24)
	a.shows("user/alice")
	a.press("c")
	a.shows("--sandbox")
}
