package tui

import (
	"strings"
	"testing"
)

func TestAFilterErrorIsToldInFullOnEveryList(t *testing.T) {
	const why = `CloudTrail records have no field "evntName"; did you mean eventName?`
	for _, view := range []string{"principals", "events"} {
		t.Run(view, func(t *testing.T) {
			a := openApp(t, files(storeOf(t, story())), 40, 24)
			a.settled()
			if view == "events" {
				a.press("tab")
				a.settled()
			}
			a.press("/", `"evntName = x"`)
			a.until("the whole error", func(s string) bool {
				return strings.Contains(strings.Join(strings.Fields(s), " "), why)
			})
			a.press("enter")
			a.until("the whole error still", func(s string) bool {
				return strings.Contains(strings.Join(strings.Fields(s), " "), why)
			})
		})
	}
}

func TestAFilterErrorNeverFillsTheScreen(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 40, 24)
	a.settled()
	a.press("/")
	a.press(`"` + strings.Repeat("nonsense", 100) + ` = 1"`)
	a.shows("…\n", "No principal matches the filter.")
}

func TestTheFieldsOfAPrincipalAreKnownOnThatList(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.settled()
	a.press("/", `"score > 100 and kind = "`)
	a.send(keyOf(`"`))
	a.press(`"user`)
	a.send(keyOf(`"`))
	a.shows("1 of 6")
	a.lacks("no field")
	a.press("esc", "/", `"score > 100"`)
	a.shows("1 of 6")
	a.press("esc", "tab")
	a.settled()
	a.press("/", `"score > 100"`)
	a.shows(`no field "score"`)
}
