package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
)

// correlationSet has rules a, b and c, which are told apart by eventName, and
// one correlation of them.
func correlationSet(t testing.TB, correlation string) *Set {
	t.Helper()
	var b strings.Builder
	for _, name := range []string{"a", "b", "c"} {
		fmt.Fprintf(&b, "title: %[1]s\nid: %[1]s\nname: rule_%[1]s\nlogsource: {product: aws}\ndetection: {s: {eventName: %[1]s}, condition: s}\n---\n", name)
	}
	fmt.Fprintf(&b, "title: found\nid: found\nname: found\ncorrelation: {%s}\n", correlation)
	set, problems, err := Load(fstest.MapFS{"x.yml": {Data: []byte(b.String())}})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return set
}

// matches makes matches of events written as "a@30" (eventName a at 30 seconds),
// with "/v" for the field g and "=v" for the field v.
func matches(t testing.TB, set *Set, written ...string) []Match {
	t.Helper()
	var out []Match
	for i, w := range written {
		rest, value, hasValue := strings.Cut(w, "=")
		rest, group, hasGroup := strings.Cut(rest, "/")
		name, at, _ := strings.Cut(rest, "@")
		layer := fields{"eventName": name}
		if hasValue {
			layer["v"] = value
		}
		if hasGroup {
			layer["g"] = group
		}
		e := buildEvent(t, i, start.Add(parseDuration(t, at+"s")), layer)
		e.ID = w
		out = append(out, set.Match(&e)...)
	}
	return out
}

// shown writes correlated events as their ids.
func shown(found []Correlated) [][]string {
	out := [][]string{}
	for _, c := range found {
		var ids []string
		for _, m := range c.Events {
			ids = append(ids, m.ID)
		}
		out = append(out, ids)
	}
	return out
}

func TestCorrelationsFindWhatTheyDescribe(t *testing.T) {
	const (
		count    = "type: event_count, rules: [a], group-by: [g], timespan: 60s, condition: {gte: 3}"
		values   = "type: value_count, rules: [a], group-by: [g], timespan: 60s, condition: {field: v, gte: 2}"
		temporal = "type: temporal, rules: [a, b], group-by: [g], timespan: 60s"
		ordered  = "type: temporal_ordered, rules: [rule_a, rule_b], group-by: [g], timespan: 60s"
	)
	tests := []struct {
		name, correlation string
		events            []string
		want              [][]string
	}{
		{"three within the time", count, []string{"a@0/x", "a@30/x", "a@60/x"}, [][]string{{"a@0/x", "a@30/x", "a@60/x"}}},
		{"the last too late", count, []string{"a@0/x", "a@30/x", "a@61/x"}, nil},
		{"in any order", count, []string{"a@60/x", "a@0/x", "a@30/x"}, [][]string{{"a@0/x", "a@30/x", "a@60/x"}}},
		{"groups are apart", count, []string{"a@0/x", "a@30/y", "a@40/x"}, nil},
		{"without the field there is no group", count, []string{"a@0", "a@1", "a@2"}, nil},
		{"a burst is told once", count, []string{"a@0/x", "a@50/x", "a@51/x", "a@100/x", "a@101/x"}, [][]string{{"a@0/x", "a@50/x", "a@51/x", "a@100/x", "a@101/x"}}},
		{"two bursts are two", count, []string{"a@0/x", "a@1/x", "a@2/x", "a@200/x", "a@201/x", "a@202/x"}, [][]string{{"a@0/x", "a@1/x", "a@2/x"}, {"a@200/x", "a@201/x", "a@202/x"}}},
		{"what does not belong is left out", count, []string{"a@0/x", "a@100/x", "a@101/x", "a@102/x"}, [][]string{{"a@100/x", "a@101/x", "a@102/x"}}},
		{"other rules do not count", count, []string{"a@0/x", "b@1/x", "a@2/x"}, nil},
		{"two values", values, []string{"a@0/x=1", "a@1/x=1", "a@2/x=2"}, [][]string{{"a@0/x=1", "a@1/x=1", "a@2/x=2"}}},
		{"one value twice", values, []string{"a@0/x=1", "a@1/x=1"}, nil},
		{"values too far apart", values, []string{"a@0/x=1", "a@61/x=2"}, nil},
		{"both in either order", temporal, []string{"b@0/x", "a@60/x"}, [][]string{{"b@0/x", "a@60/x"}}},
		{"both too far apart", temporal, []string{"a@0/x", "b@61/x"}, nil},
		{"both in other groups", temporal, []string{"a@0/x", "b@1/y"}, nil},
		{"first a, then b", ordered, []string{"b@60/x", "a@0/x"}, [][]string{{"a@0/x", "b@60/x"}}},
		{"first b, then a", ordered, []string{"b@0/x", "a@60/x"}, nil},
		{"the same second is either order", ordered, []string{"b@5/x", "a@5/x"}, [][]string{{"a@5/x", "b@5/x"}}},
		{"the nearest a", ordered, []string{"a@0/x", "a@50/x", "b@100/x"}, [][]string{{"a@50/x", "b@100/x"}}},
		{"several b after one a are one", ordered, []string{"a@0/x", "b@1/x", "b@2/x"}, [][]string{{"a@0/x", "b@1/x", "b@2/x"}}},
		{"twice is two", ordered, []string{"a@0/x", "b@1/x", "a@2/x", "b@3/x"}, [][]string{{"a@0/x", "b@1/x"}, {"a@2/x", "b@3/x"}}},
		{
			"three in order",
			"type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 60s",
			[]string{"a@0/x", "c@10/x", "b@20/x", "c@60/x"},
			[][]string{{"a@0/x", "b@20/x", "c@60/x"}},
		},
		{
			"a range follows window after window",
			"type: event_count, rules: [a], group-by: [g], timespan: 60s, condition: {gte: 2, lt: 4}",
			[]string{"a@0/x", "a@10/x", "a@100/x", "a@101/x", "a@102/x", "a@103/x"},
			[][]string{{"a@0/x", "a@10/x"}},
		},
		{
			"exactly two",
			"type: event_count, rules: [a], group-by: [g], timespan: 60s, condition: {eq: 2}",
			[]string{"a@0/x", "a@10/x", "a@20/x", "a@100/x", "a@101/x"},
			[][]string{{"a@100/x", "a@101/x"}},
		},
		{
			"by alias",
			"type: temporal_ordered, rules: [rule_a, rule_b], group-by: [same], timespan: 60s, aliases: {same: {rule_a: g, rule_b: v}}",
			[]string{"a@0/x", "b@1/z=x", "b@2/x=z"},
			[][]string{{"a@0/x", "b@1/z=x"}},
		},
		{
			"by principal",
			"type: event_count, rules: [a, b], group-by: [principal], timespan: 60s, condition: {gte: 2}",
			[]string{"a@0", "b@1"},
			[][]string{{"a@0", "b@1"}},
		},
		{
			"two of three",
			"type: temporal, rules: [a, b, c], group-by: [g], timespan: 60s, condition: {gte: 2}",
			[]string{"a@0/x", "c@1/x", "c@200/x"},
			[][]string{{"a@0/x", "c@1/x"}},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			set := correlationSet(t, tc.correlation)
			if tc.want == nil {
				tc.want = [][]string{}
			}
			if diff := cmp.Diff(tc.want, shown(set.Correlate(matches(t, set, tc.events...)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestACorrelationMayReferToAnother(t *testing.T) {
	set := correlationSet(t, "type: event_count, rules: [a], group-by: [g], timespan: 60s, condition: {gte: 2}}\n---\ntitle: outer\nid: outer\n"+
		"correlation: {type: temporal_ordered, rules: [found, b], group-by: [g], timespan: 60s")
	tests := []struct {
		name   string
		events []string
		want   [][]string
	}{
		{"b after two", []string{"a@0/x", "a@1/x", "b@2/x"}, [][]string{{"a@0/x", "a@1/x", "b@2/x"}}},
		{"b after one", []string{"a@0/x", "b@2/x", "a@3/x"}, [][]string{}},
		{"b amid many", []string{"a@0/x", "a@1/x", "b@2/x", "a@3/x"}, [][]string{{"a@0/x", "a@1/x", "b@2/x"}}},
		{"b of another", []string{"a@0/x", "a@1/x", "b@2/y"}, [][]string{}},
		{"b too late", []string{"a@0/x", "a@1/x", "b@62/x"}, [][]string{}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			found := set.Correlate(matches(t, set, tc.events...))
			for _, c := range found {
				if c.Rule.ID != "outer" {
					t.Errorf("%s gave a finding of its own, without generate", c.Rule.Title)
				}
			}
			if diff := cmp.Diff(tc.want, shown(found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRulesThatOnlyFeedACorrelationAreQuiet(t *testing.T) {
	for _, generate := range []bool{false, true} {
		set := correlationSet(t, fmt.Sprintf("type: event_count, rules: [a], group-by: [g], timespan: 60s, condition: {gte: 2}, generate: %v", generate))
		for _, r := range set.Rules() {
			if want := r.ID == "a" && !generate; r.Quiet != want {
				t.Errorf("generate %v: %s is quiet: %v", generate, r.ID, r.Quiet)
			}
		}
	}
}

func TestMergeTakesTheLaterRuleAlsoForTheCorrelationsOfTheFirst(t *testing.T) {
	first := correlationSet(t, "type: event_count, rules: [a], group-by: [g], timespan: 60s, condition: {gte: 2}")
	second, _ := loadOne(t, "  s: {eventName: other}\n  condition: s\n")
	second.rules[0].ID = "a"
	merged := Merge(first, second)
	if got := len(merged.Rules()); got != 4 {
		t.Fatalf("%d rules, want 4", got)
	}
	if got := shown(merged.Correlate(matches(t, merged, "other@0/x", "other@1/x", "a@2/x"))); len(got) != 1 || len(got[0]) != 2 {
		t.Errorf("got %v", got)
	}
	if got := shown(first.Correlate(matches(t, first, "a@0/x", "a@1/x"))); len(got) != 1 {
		t.Errorf("the first set was changed: %v", got)
	}
}

func TestUnusableCorrelationsAreNamed(t *testing.T) {
	tests := []struct{ correlation, reason string }{
		{"type: value_avg, rules: [a], group-by: [g], timespan: 1m", "unknown type"},
		{"rules: [a], group-by: [g], timespan: 1m", "needs a type"},
		{"type: event_count, group-by: [g], timespan: 1m, condition: {gte: 1}", "needs rules"},
		{"type: event_count, rules: [a], timespan: 1w, condition: {gte: 1}", "not a time"},
		{"type: event_count, rules: [a], condition: {gte: 1}", "needs a timespan"},
		{"type: event_count, rules: [a], timespan: 1m", "needs a condition"},
		{"type: event_count, rules: [a], timespan: 1m, condition: {gte: x}", "whole number"},
		{"type: event_count, rules: [a], timespan: 1m, condition: {about: 3}", "unknown condition"},
		{"type: event_count, rules: [a], timespan: 1m, condition: {lt: 3}", "no event at all"},
		{"type: event_count, rules: [a], timespan: 1m, condition: {gte: 3, field: v}", "counts no field"},
		{"type: value_count, rules: [a], timespan: 1m, condition: {gte: 3}", "needs a field"},
		{"type: temporal_ordered, rules: [a], timespan: 1m", "two rules"},
		{"type: temporal, rules: [a, a], timespan: 1m", "twice"},
		{"type: temporal, rules: [a], timespan: 1m, window: 3", "unknown key"},
		{"type: temporal, rules: [a], timespan: 1m, generate: perhaps", "neither true nor false"},
	}
	for _, tc := range tests {
		src := "title: a\nid: a\nlogsource: {product: aws}\ndetection: {s: {eventName: a}, condition: s}\n---\ntitle: c\ncorrelation: {" + tc.correlation + "}\n"
		set, problems, err := Load(fstest.MapFS{"x.yml": {Data: []byte(src)}})
		if err != nil {
			t.Fatal(err)
		}
		if len(set.Rules()) != 1 || len(problems) != 1 || !strings.Contains(problems[0].Reason, tc.reason) || problems[0].Line == 0 {
			t.Errorf("%s: %v, want %q", tc.correlation, problems, tc.reason)
		}
	}
}

// The two tests below compare with the definition, written out in the most
// plain-minded way, over many small random histories.

func TestCountsAgreeWithTheDefinition(t *testing.T) {
	const span, least = 20, 3
	set := correlationSet(t, "type: event_count, rules: [a], group-by: [g], timespan: 20s, condition: {gte: 3}")
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // histories to be drawn again from their seed
		var ms []Match
		times := make(map[string]int)
		for i := range r.IntN(25) {
			id, at := fmt.Sprint(i), r.IntN(120)
			times[id] = at
			ms = append(ms, Match{Rule: set.rules[0], ID: id, Time: start.Add(time.Duration(at) * time.Second), Values: map[string]string{"g": "x"}})
		}
		var got []string
		for _, ids := range shown(set.Correlate(ms)) {
			got = append(got, ids...)
		}
		var want []string
		for id, at := range times {
			for from := at - span; from <= at; from++ {
				n := 0
				for _, other := range times {
					if from <= other && other <= from+span {
						n++
					}
				}
				if n >= least {
					want = append(want, id)
					break
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func TestOrdersAgreeWithTheDefinition(t *testing.T) {
	const span = 20
	set := correlationSet(t, "type: temporal_ordered, rules: [a, b, c], group-by: [g], timespan: 20s")
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // histories to be drawn again from their seed
		var ms []Match
		times := [3][]int{}
		for i := range r.IntN(15) {
			rule, at := r.IntN(3), r.IntN(80)
			times[rule] = append(times[rule], at)
			ms = append(ms, Match{Rule: set.rules[rule], ID: fmt.Sprint(i), Time: start.Add(time.Duration(at) * time.Second), Values: map[string]string{"g": "x"}})
		}
		completed := 0
		for _, c := range set.Correlate(ms) {
			for _, m := range c.Events {
				if m.Rule == set.rules[2] {
					completed++
				}
			}
		}
		want := 0
		for _, c := range times[2] {
			if slices.ContainsFunc(times[0], func(a int) bool {
				return a <= c && c-a <= span && slices.ContainsFunc(times[1], func(b int) bool { return a <= b && b <= c })
			}) {
				want++
			}
		}
		if completed != want {
			t.Fatalf("seed %d: %d sequences were completed, want %d", seed, completed, want)
		}
	}
}

// typicalEvents are what most of a log is: reads by roles and services, a few
// denials, hardly a change.
func typicalEvents(t testing.TB, n int) []event.Event {
	names := []string{
		"AssumeRole", "DescribeInstances", "GetObject", "Decrypt", "DescribeLogStreams", "PutMetricData", "ListBuckets",
		"GetSecretValue", "DescribeVolumes", "CreateLogStream", "GetParameter", "DescribeTags", "ListUsers", "UpdateUser",
	}
	var out []event.Event
	for i := range n {
		layer := fields{
			"eventName": names[i%len(names)], "eventSource": "ec2.amazonaws.com",
			"requestParameters": fields{"instancesSet": fields{"items": []any{fields{"instanceId": fmt.Sprintf("i-%017d", i)}}}, "filterSet": fields{}},
			"responseElements":  fields{"requestId": "0b6b5b0c-6c5e-4f0b-8a43-1d1b7f3f5a11", "_return": true},
		}
		if i%10 == 0 {
			layer["errorCode"] = "AccessDenied"
		}
		if i%3 != 0 {
			layer["userIdentity"] = fields{
				"type": "AssumedRole", "principalId": "AROAEXAMPLEEXAMPLE123:s",
				"arn": fmt.Sprintf("arn:aws:sts::111122223333:assumed-role/role-%d/s", i%50), "accountId": "111122223333",
				"sessionContext": fields{"sessionIssuer": fields{"type": "Role", "userName": fmt.Sprintf("role-%d", i%50), "arn": fmt.Sprintf("arn:aws:iam::111122223333:role/role-%d", i%50)}},
			}
		}
		out = append(out, buildEvent(t, i, start.Add(time.Duration(i)*time.Second), layer))
	}
	return out
}

func BenchmarkMatchEmbedded(b *testing.B) {
	set := mustEmbedded(b)
	events := typicalEvents(b, 20000)
	b.ReportAllocs()
	for b.Loop() {
		for i := range events {
			set.Match(&events[i])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(events)), "ns/event")
}

func BenchmarkCorrelateEmbedded(b *testing.B) {
	set := mustEmbedded(b)
	var ms []Match
	for _, e := range typicalEvents(b, 20000) {
		ms = append(ms, set.Match(&e)...)
	}
	b.ReportAllocs()
	for b.Loop() {
		set.Correlate(ms)
	}
	b.ReportMetric(float64(len(ms))/20000, "matches/event")
}
