package rules

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"cordon/investigate/event"
)

// A ruleCase is the evidence for one embedded rule, in testdata/cases: what
// fires it, and near misses that differ from that in one thing.
type ruleCase struct {
	Rule   string           `yaml:"rule"`
	Event  map[string]any   `yaml:"event"`  // one event,
	Repeat int              `yaml:"repeat"` // or so many of it,
	Every  string           `yaml:"every"`  // so far apart,
	Vary   map[string]any   `yaml:"vary"`   // each with another value: "%d", or a list
	Events []map[string]any `yaml:"events"` // or several events, each at its "after"
	Misses []map[string]any `yaml:"misses"`
}

// baseEvent is what every event of a case has unless the case says otherwise.
const baseEvent = `{
	"eventVersion": "1.11", "eventType": "AwsApiCall", "eventCategory": "Management",
	"userIdentity": {
		"type": "IAMUser", "principalId": "AIDAEXAMPLEEXAMPLE123", "userName": "alice",
		"arn": "arn:aws:iam::111122223333:user/alice", "accountId": "111122223333",
		"accessKeyId": "AKIAIOSFODNN7EXAMPLE"
	},
	"awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.31.0",
	"recipientAccountId": "111122223333"
}`

func loadCases(t testing.TB) []ruleCase {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var all []ruleCase
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var cases []ruleCase
		if err := yaml.UnmarshalWithOptions(src, &cases, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, cases...)
	}
	return all
}

// buildEvent lays fields over the base event; nil takes a field away.
func buildEvent(t testing.TB, n int, at time.Time, layers ...map[string]any) event.Event {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal([]byte(baseEvent), &doc); err != nil {
		t.Fatal(err)
	}
	doc["eventID"] = fmt.Sprintf("00000000-0000-0000-0000-%012d", n)
	doc["eventTime"] = at.Format(time.RFC3339)
	for _, layer := range layers {
		for path, value := range layer {
			if path != "after" {
				setPath(doc, strings.Split(path, "."), value)
			}
		}
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	e, err := event.Read(raw)
	if err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return e
}

func setPath(doc map[string]any, path []string, value any) {
	for _, name := range path[:len(path)-1] {
		next, ok := doc[name].(map[string]any)
		if !ok {
			next = make(map[string]any)
			doc[name] = next
		}
		doc = next
	}
	if last := path[len(path)-1]; value == nil {
		delete(doc, last)
	} else {
		doc[last] = value
	}
}

var start = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

// events builds the events of a case, with one change if there is one.
func (c ruleCase) events(t testing.TB, change map[string]any) []event.Event {
	t.Helper()
	if c.Events != nil {
		return c.sequence(t, change)
	}
	last := map[string]any{}
	for key, value := range change {
		switch key {
		case "repeat":
			n, err := strconv.Atoi(fmt.Sprint(value))
			if err != nil {
				t.Fatal(err)
			}
			c.Repeat = n
		case "every":
			c.Every = fmt.Sprint(value)
		case "vary":
			c.Vary, _ = value.(map[string]any)
		default:
			last[key] = value
		}
	}
	var out []event.Event
	for n := range max(1, c.Repeat) {
		layers := []map[string]any{c.Event, c.varied(n)}
		if n == max(1, c.Repeat)-1 {
			layers = append(layers, last)
		}
		out = append(out, buildEvent(t, n, start.Add(time.Duration(n)*parseDuration(t, c.Every)), layers...))
	}
	return out
}

func (c ruleCase) varied(n int) map[string]any {
	layer := make(map[string]any)
	for path, value := range c.Vary {
		switch v := value.(type) {
		case []any:
			layer[path] = v[n%len(v)]
		case string:
			layer[path] = fmt.Sprintf(v, n)
		}
	}
	return layer
}

// sequence builds a case of several events; a change is "index.path".
func (c ruleCase) sequence(t testing.TB, change map[string]any) []event.Event {
	t.Helper()
	var out []event.Event
	for n, fields := range c.Events {
		layer := map[string]any{}
		for key, value := range change {
			if path, ok := strings.CutPrefix(key, strconv.Itoa(n)+"."); ok {
				layer[path] = value
			}
		}
		after := fields["after"]
		if v, ok := layer["after"]; ok {
			after = v
		}
		out = append(out, buildEvent(t, n, start.Add(parseDuration(t, fmt.Sprint(after))), fields, layer))
	}
	return out
}

func parseDuration(t testing.TB, s string) time.Duration {
	t.Helper()
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fired returns the names of the rules that some events fire, correlations
// included.
func fired(set *Set, events []event.Event) map[string]*Rule {
	found := make(map[string]*Rule)
	var all []Match
	for i := range events {
		all = append(all, set.Match(&events[i])...)
	}
	for _, m := range all {
		found[m.Rule.Name] = m.Rule
	}
	for _, c := range set.Correlate(all) {
		found[c.Rule.Name] = c.Rule
	}
	return found
}

func mustEmbedded(t testing.TB) *Set {
	t.Helper()
	set, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEveryEmbeddedRuleFiresOnItsEventsAndNotOnANearMiss(t *testing.T) {
	set := mustEmbedded(t)
	for _, c := range loadCases(t) {
		t.Run(c.Rule, func(t *testing.T) {
			if fired(set, c.events(t, nil))[c.Rule] == nil {
				t.Error("does not fire on its own events")
			}
			for _, miss := range c.Misses {
				if len(miss) != 1 {
					t.Errorf("near miss %v differs in %d things, not in one", miss, len(miss))
				}
				if fired(set, c.events(t, miss))[c.Rule] != nil {
					t.Errorf("fires on the near miss %v", miss)
				}
			}
		})
	}
}

func TestEveryEmbeddedRuleHasACaseWithANearMiss(t *testing.T) {
	missing := make(map[string]bool)
	for _, r := range mustEmbedded(t).Rules() {
		missing[r.Name] = true
	}
	for _, c := range loadCases(t) {
		if !missing[c.Rule] {
			t.Errorf("a case for %q, which is no rule or has a case already", c.Rule)
		}
		if len(c.Misses) == 0 {
			t.Errorf("%s has no near miss", c.Rule)
		}
		delete(missing, c.Rule)
	}
	for name := range missing {
		t.Errorf("%s has no case in testdata/cases", name)
	}
}

func TestEmbeddedRulesAreComplete(t *testing.T) {
	names := make(map[string]bool)
	for _, r := range mustEmbedded(t).Rules() {
		where := r.File + ": " + r.Name
		if r.Name == "" || names[r.Name] {
			t.Errorf("%s: needs a name of its own", where)
		}
		names[r.Name] = true
		if len(r.ID) != 36 || strings.Contains(r.ID, "#") {
			t.Errorf("%s: id %q is no UUID", where, r.ID)
		}
		if r.Title == "" || r.Description == "" || r.Status == "" || r.Author != "cordon" || r.Date == "" {
			t.Errorf("%s: title, description, status, author or date is missing", where)
		}
		if len(r.Attack) == 0 || len(r.Tactics) == 0 || len(r.FalsePositives) == 0 {
			t.Errorf("%s: ATT&CK techniques, tactics or false positives are missing", where)
		}
		if r.Playbook != "" {
			t.Errorf("%s: names the playbook %q, and there are none yet", where, r.Playbook)
		}
	}
}

func TestEmbeddedRulesNameNoAttackTool(t *testing.T) {
	err := fs.WalkDir(embedded, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := fs.ReadFile(embedded, name)
		for _, tool := range []string{"stratus", "pacu", "kali", "trufflehog", "malicious", "cloudfox"} {
			if strings.Contains(strings.ToLower(string(src)), tool) {
				t.Errorf("%s leans on %q", name, tool)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEmbeddedRulesNeedNoFallback(t *testing.T) {
	// These three are about any call at all; every other rule is found by
	// eventName or eventSource, so that it costs nothing for other events.
	want := []string{"access_denied", "root_activity", "user_acted"}
	var got []string
	for _, r := range mustEmbedded(t).index.always {
		got = append(got, r.Name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("rules asked of every event: %v, want %v", got, want)
	}
}
