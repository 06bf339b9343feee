package tui

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"

	"cordon/contain/audit"
	"cordon/investigate/event"
	"cordon/investigate/source"
)

// hostile is text that would write the clipboard, retitle and clear the
// terminal, start a DCS, ask for the cursor, overwrite the row, link elsewhere,
// reverse the reading order, hide, and break the line.
const hostile = "\x1b]52;c;ZXZpbA==\x07\x1b]0;owned\x07\x1b[2J\x1bPq#0\x1b\\\x1b[6n\rX\x1b]8;;https://evil.example\x1b\\" +
	"\u009b31m\u202egnp.\u2066\u200b\u00ad\nnew line\ttab\x00\x7f\u2028\ufeff\U000e0041"

// sgr is the only kind of escape sequence that the screen is painted with.
var sgr = regexp.MustCompile("\x1b\\[[0-9;:]*m")

// harmless fails if anything but text and styles would reach the terminal.
func harmless(t *testing.T, where, raw string) {
	t.Helper()
	for i, r := range sgr.ReplaceAllString(raw, "") {
		switch {
		case r == '\n':
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), r == unicode.ReplacementChar:
			t.Fatalf("%s: %U at %d reaches the terminal: %q", where, r, i, raw)
		}
	}
}

func TestHostileTextNeverReachesTheTerminal(t *testing.T) {
	s := storeOf(t, nil)
	bad := func(n int) string { return fmt.Sprintf("%d%s", n, hostile) }
	add(t, s, 0, []record{
		{
			user: bad(1), name: "StopLogging" + hostile, source: "cloudtrail.amazonaws.com" + hostile, ip: bad(3), agent: bad(4),
			code: "AccessDenied" + hostile, request: map[string]any{"userName": bad(5), bad(6): bad(7)},
		},
		{user: "alice", name: "StopLogging", source: "cloudtrail.amazonaws.com", ip: bad(3), agent: bad(4), request: map[string]any{"userName": bad(5)}},
		{role: bad(8), name: bad(9)},
	})
	s.SetCoverage(source.Origin{Kind: "files", Location: bad(10)}, event.Coverage{
		Files: 2, Read: 1, Partial: true, Failed: []event.Gap{{Name: bad(11), Reason: bad(12)}},
	})
	o := files(s)
	o.WhyNoContainment = bad(13)
	o.Header = Header{
		Account: bad(14), Alias: bad(15), Caller: bad(16), Regions: []string{bad(17)}, Source: bad(18), Window: bad(19), Exercise: bad(20),
	}
	for _, size := range sizes {
		a := openApp(t, o, size[0], size[1])
		a.settled()
		look := func(where string) {
			t.Helper()
			a.settled()
			harmless(t, where, a.raw())
		}
		look("principals")
		for range len(a.m.evidence.ranking.Principals) {
			a.press("c")
			look("why not")
			a.press("esc", "enter")
			look("principal")
			for range 12 {
				a.press("enter")
				look("below the principal")
				a.press("enter")
				a.until("the event", func(s string) bool { return !strings.Contains(s, "Opening") })
				look("event")
				a.press("v")
				look("raw")
				for len(a.m.stack) > 2 {
					a.press("esc")
				}
				a.press("down")
			}
			a.press("esc", "down")
		}
		a.press("tab", "/")
		a.send(tea.PasteMsg{Content: hostile + `eventName = "`})
		look("filter")
		a.press("esc", "tab")
		look("contained")
		a.press("tab")
		look("audit log")
		a.press("tab")
		look("directory")
		a.press("tab", "y")
		look("copied")
	}
}

func TestHostileTextOfTheAccountAndTheLogNeverReachesTheTerminal(t *testing.T) {
	w := newWorld(t)
	log, err := audit.Open(w.log, audit.Options{OSUser: hostile, Host: hostile})
	if err != nil {
		t.Fatal(err)
	}
	_, err = log.Append(t.Context(), audit.Record{
		OpID: hostile, Kind: audit.Intent, Op: "contain" + hostile, Reason: hostile, Incident: hostile, Outcome: hostile,
		Target: audit.Target{Kind: "user", Name: hostile, ARN: hostile, Account: hostile},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := openApp(t, w.options(storeOf(t, story())), 80, 24)
	a.settled()
	a.shows("unknown: the")
	harmless(t, "note", a.raw())
	a.press("esc", "c")
	a.shows("Reason")
	a.pass(time.Second)
	a.send(tea.PasteMsg{Content: hostile})
	harmless(t, "reason", a.raw())
	a.press("enter")
	a.send(tea.PasteMsg{Content: hostile})
	harmless(t, "name", a.raw())
	a.press("enter")
	a.shows("this is not the name")
	harmless(t, "complaint", a.raw())
	a.press("esc", "tab", "tab")
	a.until("who is contained", func(s string) bool { return !strings.Contains(s, "Asking") })
	harmless(t, "contained", a.raw())
	a.press("tab")
	a.shows("contain")
	harmless(t, "audit log", a.raw())
	a.press("enter")
	harmless(t, "record", a.raw())
}

func TestAHostileErrorOfTheSourceNeverReachesTheTerminal(t *testing.T) {
	o := files(storeOf(t, nil))
	o.Load = func(contextT) error { return errors.New(hostile) }
	a := openApp(t, o, 80, 24)
	a.shows("reading failed")
	harmless(t, "failed", a.raw())
}

func TestWideNamesAreCutByCellsAndNeverBreakTheGrid(t *testing.T) {
	long := strings.Repeat("田中太郎", 30)
	a := openApp(t, files(storeOf(t, []record{
		{user: long, name: long, ip: long, agent: long},
		{user: "e\u0301" + strings.Repeat("👩‍👩‍👧", 20), name: "ListUsers"},
		{user: strings.Repeat("x", 500), name: "ListUsers"},
	})), 80, 24)
	a.settled()
	for _, keys := range [][]string{{}, {"down"}, {"down"}, {"enter"}, {"G", "enter"}, {"tab"}} {
		a.press(keys...)
		a.settled()
		for _, size := range [][2]int{{40, 10}, {61, 17}, {80, 24}, {121, 40}} {
			a.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			fits(t, a, size[0], size[1])
		}
	}
}

func TestSecretsInFieldsOfAnEventAreNotShown(t *testing.T) {
	a := openApp(t, files(storeOf(t, []record{{
		user: "alice", name: "CreateUser", code: "ValidationError", message: `bad: {"SecretAccessKey": "hunter2"} --password 'hunter2 '`,
		agent: "curl https://x/?X-Amz-Security-Token=hunter2 postgres://u:hunter2@db",
	}})), 120, 40)
	a.settled()
	for _, step := range []struct{ key, shows string }{{"tab", "with"}, {"enter", "Event id"}, {"v", "errorMessage"}} {
		a.press(step.key)
		a.shows(step.shows)
		if got := a.raw(); strings.Contains(got, "hunter2") || !strings.Contains(got, "[redacted]") {
			t.Errorf("after %s:\n%s", step.key, a.screen())
		}
	}
}
