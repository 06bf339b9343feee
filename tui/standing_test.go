package tui

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cordon/contain"
)

func TestAContainmentStandsEverywhereWhileItIsStillWatched(t *testing.T) {
	w := newWorld(t)
	a := opened(t, w)
	a.press(`"leaked"`, "enter", `"alice"`, "enter")
	a.shows("✓ in_place", "1 contained")
	a.press("esc")
	a.shows("containing user/alice: in_place", "1 contained", "CONTAINED", "contained: deny-all in_place since", "by user/oncall")
	a.press("enter")
	a.shows("contained: deny-all in_place since", "by user/oncall: leaked")
	a.press("tab", "tab")
	a.shows("contained", "user/alice", "deny-all", "in_place", "leaked")
	a.lacks("Asking the account")
	// What the account tells meanwhile does not know the state of what runs.
	a.press("r")
	a.until("the account's answer", func(string) bool { return !a.m.account.asking })
	a.shows("1 contained", "in_place", "leaked")
	close(w.hold)
	a.shows("✓ user/alice: held")
}

func TestWhatAnOperationReadGoesOverWhatTheAccountToldBefore(t *testing.T) {
	alice := contain.Target{Kind: contain.User, Name: "alice", Account: testAccount}
	bob := contain.Contained{Target: contain.Target{Kind: contain.User, Name: "bob", Account: testAccount}, Measure: contain.DenyAll, State: contain.Held}
	before := contain.Contained{Target: alice, Measure: contain.DenyAll, State: contain.Unknown, Incident: "INC-7"}
	for _, tt := range []struct {
		name  string
		op    contain.Op
		state contain.State
		told  []contain.Contained
		want  []string
	}{
		{"accepted is not yet contained", contain.Contain, contain.Requested, []contain.Contained{bob}, []string{"user/bob held "}},
		{"read back", contain.Contain, contain.InPlace, []contain.Contained{bob}, []string{"user/bob held ", "user/alice in_place "}},
		{"told as an intent without outcome", contain.Contain, contain.InPlace, []contain.Contained{before}, []string{"user/alice in_place INC-7"}},
		{"removed by somebody", contain.Contain, contain.Reverted, nil, []string{"user/alice reverted "}},
		{"failed", contain.Contain, contain.Failed, []contain.Contained{bob}, []string{"user/bob held "}},
		{"a release that is asked for", contain.Release, contain.Requested, []contain.Contained{before}, []string{"user/alice unknown INC-7"}},
		{"a release that is read", contain.Release, contain.Released, []contain.Contained{before, bob}, []string{"user/bob held "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := &operation{plan: contain.Plan{Op: tt.op, Target: alice}, seen: []contain.Progress{{State: tt.state}}}
			var got []string
			for _, c := range op.over(slices.Clone(tt.told)) {
				got = append(got, c.Target.String()+" "+string(c.State)+" "+c.Incident)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
