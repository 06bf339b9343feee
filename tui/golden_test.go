package tui

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden screens instead of comparing with them")

// sizes are the design size and the wider one.
var sizes = [][2]int{{80, 24}, {120, 40}}

// golden compares the screen with the one on file.
func golden(t *testing.T, a *app, name string) {
	t.Helper()
	compare(t, a, name, a.screen()+"\n")
}

// goldenOfAccount is golden for a screen with the account's own times and ids.
func goldenOfAccount(t *testing.T, a *app, name string) {
	t.Helper()
	compare(t, a, name, masked(a.screen())+"\n")
}

func compare(t *testing.T, a *app, name, got string) {
	t.Helper()
	kind := "unicode"
	if a.m.th.ascii {
		kind = "ascii"
		for i, r := range got {
			if r > '~' {
				t.Fatalf("%q at %d in ASCII mode:\n%s", r, i, got)
			}
		}
	}
	path := filepath.Join("testdata", "golden", fmt.Sprintf("%s.%dx%d.%s.txt", name, a.m.width, a.m.height, kind))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got, or run with -update):\n%s", path, diff)
	}
}

// What differs from run to run: the account's own clock, and its ids.
var (
	volatile = regexp.MustCompile(`(?:AIDA|AKIA|AROA|AGPA)[A-Z0-9]{16,17}`)
	accounts = regexp.MustCompile(`20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ|\d\d:\d\d:\d\dZ?|20\d\d-\d\d-\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\dZ|[A-Z][a-z]{2} [ \d]\d`)
)

// masked hides what differs, in the same number of cells.
func masked(s string) string {
	s = volatile.ReplaceAllStringFunc(s, func(id string) string { return id[:4] + strings.Repeat("X", len(id)-4) })
	return accounts.ReplaceAllStringFunc(s, func(at string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
				return '0'
			}
			return r
		}, at)
	})
}

// everyLook runs a test at each size, in Unicode and in ASCII, without colour.
func everyLook(t *testing.T, o func() Options, test func(t *testing.T, a *app)) {
	t.Helper()
	for _, size := range sizes {
		for _, ascii := range []bool{false, true} {
			t.Run(fmt.Sprintf("%dx%d ascii=%v", size[0], size[1], ascii), func(t *testing.T) {
				opt := o()
				opt.ASCII, opt.NoColor = ascii, true
				a := openApp(t, opt, size[0], size[1])
				a.settled()
				test(t, a)
			})
		}
	}
}

// asciiStory is the story without names that ASCII mode could not draw.
func asciiStory() []record {
	out := story()
	for i := range out {
		if out[i].user == "田中太郎" {
			out[i].user = "tanaka"
		}
	}
	return out
}

func TestTheScreensLookAsTheyDid(t *testing.T) {
	everyLook(t, func() Options { return files(storeOf(t, asciiStory())) }, func(t *testing.T, a *app) {
		golden(t, a, "principals")
		a.press("enter")
		a.settled()
		golden(t, a, "principal")
		a.press("enter")
		a.settled()
		golden(t, a, "finding")
		a.press("enter")
		a.shows("Part of the findings")
		golden(t, a, "event")
		a.press("v")
		golden(t, a, "raw")
		a.press("tab")
		a.settled()
		golden(t, a, "events")
		a.press("/", `"denied"`)
		a.settled()
		golden(t, a, "filtered")
		a.press(`" and"`)
		a.settled()
		golden(t, a, "filter-error")
		a.press("esc", "?")
		golden(t, a, "help")
		a.press("tab")
		golden(t, a, "no-account")
	})
}

func TestTheAccountScreensLookAsTheyDid(t *testing.T) {
	w := newWorld(t)
	everyLook(t, func() Options {
		o := w.options(storeOf(t, asciiStory()))
		o.Header.Exercise, o.ReadOnly = "leaked-access-key x20", true
		return o
	}, func(t *testing.T, a *app) {
		a.press("c")
		a.shows("contain user/alice", "READ-ONLY: the plan")
		goldenOfAccount(t, a, "plan-read-only")
		a.press("esc", "shift+tab")
		a.until("the directory", func(s string) bool { return strings.Contains(s, "oncall") && !strings.Contains(s, "asking") })
		goldenOfAccount(t, a, "directory")
		a.press("shift+tab", "shift+tab")
		a.shows("Nobody is contained.")
		goldenOfAccount(t, a, "nobody-contained")
	})
}

func TestAContainmentLooksAsItDid(t *testing.T) {
	for _, size := range sizes {
		for _, ascii := range []bool{false, true} {
			t.Run(fmt.Sprintf("%dx%d ascii=%v", size[0], size[1], ascii), func(t *testing.T) {
				w := newWorld(t)
				o := w.options(storeOf(t, asciiStory()))
				o.ASCII, o.NoColor = ascii, true
				a := openApp(t, o, size[0], size[1])
				a.settled()
				a.press("c")
				a.shows("Reason")
				a.pass(time.Second)
				a.press(`"leaked key"`, "enter", `"ali"`)
				goldenOfAccount(t, a, "plan-filled")
				a.press(`"ce"`, "enter")
				a.shows("in_place", "denied 0")
				close(w.hold)
				a.shows("Enter Esc close")
				goldenOfAccount(t, a, "held")
				a.press("enter")
				a.until("the account's answer", func(string) bool { return !a.m.account.asking })
				a.shows("1 contained")
				goldenOfAccount(t, a, "principals-contained")
				a.press("tab", "tab")
				a.shows("deny-all")
				goldenOfAccount(t, a, "contained")
				a.press("u")
				a.shows("release user/alice", "Reason")
				goldenOfAccount(t, a, "release")
			})
		}
	}
}
