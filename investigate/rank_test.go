package investigate

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cordon/investigate/event"
	"cordon/investigate/rules"
	"cordon/investigate/source"
)

var update = flag.Bool("update", false, "write golden files anew")

func rankOf(tb testing.TB, s *Store, who string) Ranked {
	tb.Helper()
	for _, r := range s.Rank().Principals {
		if r.Principal().String() == who {
			return r
		}
	}
	tb.Fatalf("%s is not in the ranking", who)
	return Ranked{}
}

func TestScoreFollowsTheArithmetic(t *testing.T) {
	at := func(minutes int, ids ...string) []call {
		var calls []call
		for i, id := range ids {
			calls = append(calls, call{At: time.Duration(minutes+i) * time.Minute, Who: "user/eve", Name: callOf(id)})
		}
		return calls
	}
	failing := func(calls []call) []call {
		for i := range calls {
			calls[i].Error = "NoSuchEntityException"
		}
		return calls
	}
	for _, test := range []struct {
		name  string
		calls []call
		score int
		level event.Level
		adds  []int // of each finding, in order
	}{
		{"nothing found", at(0, "nothing"), 0, event.Informational, nil},
		{"informational adds nothing", at(0, "informational-impact-1"), 0, event.Informational, []int{0}},
		{"one low", at(0, "low-impact-1"), 15, event.Low, []int{15}},
		{"one medium", at(0, "medium-impact-1"), 25, event.Medium, []int{25}},
		{"one high alone is no alarm", at(0, "high-impact-1"), 39, event.Medium, []int{39}},
		{"one critical alarms alone", at(0, "critical-impact-1"), 100, event.Critical, []int{100}},
		{"a failed attempt counts in full", failing(at(0, "critical-impact-1")), 100, event.Critical, []int{100}},
		{"errors by themselves add nothing", failing(at(0, "nothing", "nothing", "nothing")), 0, event.Informational, nil},
		{"a repeat adds one point", at(0, "low-impact-1", "low-impact-1"), 16, event.Low, []int{16}},
		{"each doubling adds a point", repeat(8, at(0, "low-impact-1")[0]), 18, event.Low, []int{18}},
		{"repeats add five points at most", repeat(200, at(0, "low-impact-1")[0]), 20, event.Low, []int{20}},
		{"two kinds make an alarm", at(0, "high-impact-1", "low-discovery-1"), 55, event.High, []int{40, 15}},
		{"two of one kind make none", at(0, "high-impact-1", "high-impact-2"), 39, event.Medium, []int{39, 0}},
		{"more of one kind adds ever less", at(0, "medium-impact-1", "low-impact-1", "low-discovery-1"), 47, event.Medium, []int{25, 15, 7}},
		{"an informational finding is no second kind", at(0, "high-impact-1", "informational-discovery-1"), 39, event.Medium, []int{39, 0}},
		{"low evidence alone makes no alarm", at(0, "low-impact-1", "low-discovery-1", "low-persistence-1", "low-credential-access-1"), 60, event.Medium, []int{15, 15, 15, 15}},
		{"medium evidence alone is never critical", at(0, "medium-impact-1", "medium-discovery-1", "medium-persistence-1", "medium-credential-access-1"), 100, event.High, []int{25, 25, 25, 25}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := filled(t, testRules(t), events(t, test.calls...))
			r := rankOf(t, s, "user/eve")
			var adds []int
			for _, f := range r.Findings {
				adds = append(adds, addsOf(t, f))
			}
			if r.Score != test.score || r.Level != test.level || !slices.Equal(adds, test.adds) {
				t.Errorf("score %d, level %s, findings that add %v; want %d, %s, %v\n%s", r.Score, r.Level, adds, test.score, test.level, test.adds, whys(r))
			}
		})
	}
}

// addsOf reads from a finding's own words what it adds.
func addsOf(tb testing.TB, f event.Finding) int {
	tb.Helper()
	_, effect, _ := strings.Cut(f.Why, "; adds ")
	if strings.HasPrefix(effect, "nothing") {
		return 0
	}
	var n int
	if _, err := fmt.Sscanf(effect, "%d", &n); err != nil {
		tb.Fatalf("%q does not say what it adds", f.Why)
	}
	return n
}

func whys(r Ranked) string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.Rule+": "+f.Why)
	}
	for _, s := range r.Suppressed {
		all = append(all, "suppressed: "+s.Reason)
	}
	return strings.Join(all, "\n")
}

// One event that two rules of two kinds match is one piece of evidence, and so
// are the same events looked at twice.
func TestTwoViewsOfTheSameEventsAreOneKindOfEvidence(t *testing.T) {
	denied := repeat(5, call{Who: "user/eve", Name: callOf("high-impact-1"), Error: "AccessDenied"})
	r := rankOf(t, filled(t, testRules(t), events(t, denied...)), "user/eve")
	if r.Score != oneKind || r.Level != event.Medium {
		t.Errorf("the same five denials as attempt and as burst: score %d, level %s; want %d, medium\n%s", r.Score, r.Level, oneKind, whys(r))
	}
	other := append(denied, call{At: time.Minute, Who: "user/eve", Name: "Other", Error: "AccessDenied"})
	r = rankOf(t, filled(t, testRules(t), events(t, other...)), "user/eve")
	if r.Score != 42+27 || r.Level != event.High {
		t.Errorf("with a denial of something else: score %d, level %s; want 69, high\n%s", r.Score, r.Level, whys(r))
	}
}

// Below critical, no repetition of one rule outranks two kinds of evidence of
// which one is medium, or three kinds of any level. What findings add is the
// score.
func TestOneNoisyRuleNeverOutranksSeveralKinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := func(level event.Level, tactic string) *rules.Rule {
			return &rules.Rule{ID: tactic, Level: level, Tactics: []string{tactic}}
		}
		levels := []event.Level{event.Low, event.Medium, event.High}
		row := uint32(0)
		rows := func(n int) []uint32 {
			out := make([]uint32, n)
			for i := range out {
				out[i], row = row, row+1
			}
			return out
		}
		noisy := judge([]*evidence{{rule: rule(rapid.SampledFrom(levels).Draw(t, "noisy"), "a"), rows: rows(rapid.IntRange(1, 5000).Draw(t, "times"))}})
		several := []*evidence{
			{rule: rule(rapid.SampledFrom(levels).Draw(t, "first"), "a"), rows: rows(1)},
			{rule: rule(rapid.SampledFrom(levels).Draw(t, "second"), "b"), rows: rows(1)},
		}
		if several[0].rule.Level == event.Low && several[1].rule.Level == event.Low {
			several = append(several, &evidence{rule: rule(event.Low, "c"), rows: rows(1)})
		}
		v := judge(several)
		if noisy.score >= v.score {
			t.Errorf("one noisy rule has %d, several kinds have %d", noisy.score, v.score)
		}
		sum := 0
		for _, e := range several {
			sum += e.adds
		}
		if sum != v.score {
			t.Errorf("findings add %d, the score is %d", sum, v.score)
		}
	})
}

func TestDenialsInBurstsAddAndSingleOnesDoNot(t *testing.T) {
	s := filled(t, testRules(t), events(t, slices.Concat(
		repeat(4, call{Who: "user/few", Name: "ListUsers", Error: "AccessDenied"}),
		repeat(5, call{Who: "user/burst", Name: "ListUsers", Error: "AccessDenied"}),
		repeat(50, call{Who: "user/throttled", Name: "ListUsers", Error: "ThrottlingException", IP: "198.51.100.9"}),
	)...))
	if r := rankOf(t, s, "user/few"); r.Score != 0 || r.Denied != 4 || r.Errors != 4 {
		t.Errorf("four denials: score %d, %d denied of %d errors", r.Score, r.Denied, r.Errors)
	}
	if r := rankOf(t, s, "user/throttled"); r.Score != 0 || r.Denied != 0 || r.Errors != 50 {
		t.Errorf("throttling: score %d, %d denied of %d errors", r.Score, r.Denied, r.Errors)
	}
	r := rankOf(t, s, "user/burst")
	if r.Score != 27 || len(r.Findings) != 1 || r.Findings[0].Count != 5 {
		t.Fatalf("five denials: score %d, findings %s", r.Score, whys(r))
	}
	if want := "called ListUsers 5 times, all failed; adds 27"; r.Findings[0].Why != want {
		t.Errorf("why is %q, want %q", r.Findings[0].Why, want)
	}
}

// A correlation across principals is credited to who completed it.
func TestCorrelationAcrossPrincipalsCountsForTheLast(t *testing.T) {
	var calls []call
	for i := range 20 {
		calls = append(calls, call{At: time.Duration(i) * time.Second, Who: fmt.Sprintf("user/u%02d", i), Name: "ListUsers", Error: "AccessDenied"})
	}
	s := NewStore(testRules(t), testClock)
	all := events(t, calls...)
	if err := s.Add(all[:19]); err != nil {
		t.Fatal(err)
	}
	if top := s.Rank().Principals[0]; top.Score != 0 {
		t.Fatalf("nineteen denials already give %s", whys(top))
	}
	if err := s.Add(all[19:]); err != nil {
		t.Fatal(err)
	}
	top := s.Rank().Principals[0]
	if top.Name != "u19" || len(top.Findings) != 1 || top.Findings[0].Rule != "burst-of-address" || top.Findings[0].Count != 20 {
		t.Errorf("first is %s with %s; want u19 with the burst of the address", top.Name, whys(top))
	}
}

func TestDenialsByPropagationAreLeftOut(t *testing.T) {
	create := call{Who: "user/ci", Name: "CreateRole", Parameters: map[string]any{"roleName": "fresh"}}
	assume := func(at time.Duration) call {
		return call{
			At: at, Who: "user/ci", Source: "sts", Name: "AssumeRole", Error: "AccessDenied",
			Message: "User: arn:aws:iam::111122223333:user/ci is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/app/fresh",
		}
	}
	named := assume(5 * time.Second)
	named.Message, named.Parameters = "Access denied", map[string]any{"roleArn": "arn:aws:iam::111122223333:role/app/fresh"}
	byAnother := create
	byAnother.Who = "user/admin"
	early := []call{create, assume(time.Second), assume(2 * time.Second), named, assume(60 * time.Second), assume(120 * time.Second)}
	for _, test := range []struct {
		name    string
		calls   []call
		leftOut int
		score   int
	}{
		{"within two minutes of the creation", early, 5, 0},
		{"the creation read last", append(slices.Clone(early[1:]), create), 5, 0},
		{"the creation by another, read last", append(slices.Clone(early[1:]), byAnother), 5, 0},
		{"one second too late", append(slices.Clone(early[:5]), assume(121*time.Second)), 4, 15},
		{"no creation at all", early[1:], 0, oneKind},
		{"a creation that failed", append([]call{{Who: "user/ci", Name: "CreateRole", Error: "EntityAlreadyExistsException", Parameters: create.Parameters}}, early[1:]...), 0, oneKind},
		{"another role", append([]call{{Who: "user/ci", Name: "CreateRole", Parameters: map[string]any{"roleName": "other"}}}, early[1:]...), 0, oneKind},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := NewStore(testRules(t), testClock)
			for _, e := range events(t, test.calls...) { // one by one, ranked in between
				if err := s.Add([]event.Event{e}); err != nil {
					t.Fatal(err)
				}
				s.Rank()
			}
			r := rankOf(t, s, "user/ci")
			leftOut := 0
			for _, s := range r.Suppressed {
				leftOut += s.Events
			}
			if r.Score != test.score || leftOut != test.leftOut {
				t.Errorf("score %d, %d left out; want score %d, %d left out\n%s", r.Score, leftOut, test.score, test.leftOut, whys(r))
			}
			if r.Denied != 5 {
				t.Errorf("%d denied, want all 5 told", r.Denied)
			}
		})
	}
}

func TestCallsThatAWSMadeFoldUnderTheirCaller(t *testing.T) {
	var calls []call
	for i := range 20 {
		calls = append(calls, call{
			Who: "user/dev", Name: callOf("low-impact-1"), InvokedBy: "cloudformation.amazonaws.com", IP: "cloudformation.amazonaws.com",
			Key: fmt.Sprintf("ASIALENT%02d", i), Agent: "cloudformation.amazonaws.com",
		})
	}
	calls = append(calls, call{Who: "user/dev", Name: "CreateStack", Source: "cloudformation"})
	r := rankOf(t, filled(t, testRules(t), events(t, calls...)), "user/dev")
	if r.Events != 21 || r.Score != 19 {
		t.Errorf("%d events, score %d; want all 21 to count, and score 19", r.Events, r.Score)
	}
	if diff := cmp.Diff([]string{"AKIADEV"}, r.AccessKeys); diff != "" {
		t.Errorf("access keys (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"198.51.100.1"}, r.SourceIPs); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
	if len(r.Sessions) != 1 || r.Sessions[0].ID != "AKIADEV" || r.Sessions[0].Events != 1 {
		t.Errorf("sessions %+v; want only that of the user's key", r.Sessions)
	}
	if len(r.Suppressed) != 1 || r.Suppressed[0].Events != 20 || !strings.Contains(r.Suppressed[0].Reason, "cloudformation.amazonaws.com") {
		t.Errorf("suppressed %+v; want the 20 calls explained", r.Suppressed)
	}
}

// A role's session keeps the calls that AWS made in it, but not their address.
func TestCallsThatAWSMadeStayInTheirSession(t *testing.T) {
	made := call{Who: "role/app", Name: "A", InvokedBy: "athena.amazonaws.com", IP: "athena.amazonaws.com", Key: "ASIALENT", Session: "s1"}
	r := rankOf(t, filled(t, nil, events(t, made, call{Who: "role/app", Name: "B", Session: "s1"})), "role/app")
	want := []Session{{
		ID: "AROAapp:s1", AccessKeys: []string{"ASIAAPP"}, SourceIPs: []string{"198.51.100.1"}, First: testDay, Last: testDay, Events: 2,
	}}
	if diff := cmp.Diff(want, r.Sessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

func TestInfrastructureAsCodeIsBadgedAndNotExempt(t *testing.T) {
	agent := "APN/1.0 HashiCorp/1.0 Terraform/1.9.2 (+https://www.terraform.io) terraform-provider-aws/5.58.0"
	r := rankOf(t, filled(t, testRules(t), events(t, call{Who: "role/ci", Name: callOf("critical-impact-1"), Agent: agent})), "role/ci")
	if !slices.Equal(r.Badges, []string{"Terraform"}) || r.Score != 100 {
		t.Errorf("badges %v, score %d; want Terraform, 100", r.Badges, r.Score)
	}
}

func TestEqualPrincipalsAreOrderedTheSameWayEachTime(t *testing.T) {
	calls := []call{
		{Who: "user/d-quiet", Name: "A"},
		{Who: "user/c-later", Name: "A", At: time.Hour},
		{Who: "role/b-same", Name: "A", At: time.Minute},
		{Who: "user/b-same", Name: "A", At: time.Minute},
		{Who: "user/a-denied", Name: "A", Error: "AccessDenied"},
		{Who: "user/z-high", Name: callOf("high-impact-1")},
		{Who: "user/y-low", Name: callOf("low-impact-1")},
	}
	want := []string{"user/z-high", "user/y-low", "user/a-denied", "user/c-later", "role/b-same", "user/b-same", "user/d-quiet"}
	all := events(t, calls...)
	for range 20 {
		var got []string
		for i, r := range filled(t, testRules(t), all).Rank().Principals {
			got = append(got, r.Principal().String())
			if r.Rank != i+1 {
				t.Errorf("%s at place %d has rank %d", r.Name, i+1, r.Rank)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("order (-want +got):\n%s", diff)
		}
		slices.Reverse(all)
	}
}

// In whatever order and in whatever parts events come, with rankings in between,
// the last ranking is the same.
func TestRankingDoesNotDependOnTheOrderOfReading(t *testing.T) {
	set := embeddedRules(t)
	whole := generated(t, 11, 600)
	want := filled(t, set, whole).Rank()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.Permutation(whole).Draw(t, "order")
		s := NewStore(set, testClock)
		for len(some) > 0 {
			n := min(rapid.IntRange(1, 400).Draw(t, "part"), len(some))
			if err := s.Add(some[:n]); err != nil {
				t.Fatal(err)
			}
			some = some[n:]
			if rapid.Bool().Draw(t, "look") {
				s.Rank()
			}
		}
		if diff := cmp.Diff(want, s.Rank()); diff != "" {
			t.Fatalf("ranking (-read in order +read so):\n%s", diff)
		}
	})
}

func TestWhySaysWhatWasSeen(t *testing.T) {
	same := callOf("medium-impact-1")
	for _, test := range []struct {
		name  string
		calls []call
		want  string
	}{
		{"one call and its subject", []call{{Name: same, Parameters: map[string]any{
			"userName": "backdoor", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess", "password": "secret",
		}}}, "called MediumImpact1 (AdministratorAccess, backdoor); adds 25"},
		{"one failed call", []call{{Name: same, Error: "AccessDenied"}}, "called MediumImpact1, which failed; adds 25"},
		{"some failed", repeat(3, call{Name: same})[:2], "called MediumImpact1 2 times; adds 26"},
		{"subjects beyond two", []call{
			{Name: same, Parameters: map[string]any{"name": "a"}},
			{Name: same, Parameters: map[string]any{"name": "b"}, At: time.Second, Error: "X"},
			{Name: same, Parameters: map[string]any{"name": "c"}, At: 2 * time.Second},
		}, "called MediumImpact1 3 times (a; b; ...), 1 of them failed; adds 26"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for i := range test.calls {
				test.calls[i].Who = "user/eve"
			}
			r := rankOf(t, filled(t, testRules(t), events(t, test.calls...)), "user/eve")
			if r.Findings[0].Why != test.want {
				t.Errorf("why is %q, want %q", r.Findings[0].Why, test.want)
			}
		})
	}
	var calls []call
	for i, name := range []string{"ListUsers", "ListUsers", "ListRoles", "GetUser", "ListGroups", "ListPolicies"} {
		calls = append(calls, call{At: time.Duration(i) * time.Second, Who: "user/eve", Name: name, Error: "AccessDenied"})
	}
	r := rankOf(t, filled(t, testRules(t), events(t, calls...)), "user/eve")
	if want := "called ListUsers 2 times, ListRoles, GetUser and 2 other calls, all failed; adds 27"; r.Findings[0].Why != want {
		t.Errorf("why is %q, want %q", r.Findings[0].Why, want)
	}
}

// The JSON form is a contract.
func TestRankingAsJSON(t *testing.T) {
	s := filled(t, testRules(t), events(t,
		call{Who: "user/eve", Name: callOf("high-persistence-1"), Parameters: map[string]any{"userName": "backdoor"}},
		call{Who: "user/eve", Name: callOf("low-discovery-1"), At: time.Minute, Region: "eu-west-1", IP: "203.0.113.9"},
		call{Who: "role/app", Name: "GetObject", Source: "s3", Session: "i-0123456789abcdef0", Error: "AccessDenied"},
		call{Who: "role/AWSReservedSSO_Admin_0123456789abcdef", Name: "ListUsers"},
	))
	to := testDay.Add(time.Hour)
	s.SetCoverage(source.Origin{Kind: "cloudtrail", Location: "us-east-1"}, event.Coverage{
		Files: 1, Read: 1, Skipped: []event.Gap{{Name: "a", Reason: "b"}}, CompleteTo: &to, Events: 99, Duplicates: 99,
	})
	got, err := json.MarshalIndent(s.Rank(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	golden := filepath.Join("testdata", "ranking.json")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("ranking (-golden +got):\n%s", diff)
	}
	empty, err := json.Marshal(NewStore(nil, testClock).Rank())
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"source":{"kind":"","location":""},"coverage":{"files":0,"read":0,"skipped":[],"failed":[],"partial":false,` +
		`"events":0,"duplicates":0,"from":null,"to":null,"complete_to":null},"principals":[]}`; string(empty) != want {
		t.Errorf("an empty ranking is %s; want %s", empty, want)
	}
}
