package rules

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
)

// loadOne loads one rule with this detection, indented as in the file.
func loadOne(t testing.TB, detection string) (*Set, []Problem) {
	t.Helper()
	src := "title: a rule\nid: r\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n" + detection
	set, problems, err := Load(fstest.MapFS{"rule.yml": {Data: []byte(src)}})
	if err != nil {
		t.Fatal(err)
	}
	return set, problems
}

func TestDetectionsMatchAsSigmaDefines(t *testing.T) {
	ev := fields{
		"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "userAgent": `aws-cli\2.0 [x*y?z]`,
		"requestParameters": fields{
			"userName": "Bob", "count": 3, "big": 123456789012, "flag": true, "nothing": nil, "empty": "",
			"tags":  []any{fields{"key": "team", "value": "red"}, fields{"key": "env", "value": "prod"}},
			"names": []any{"alpha", "beta"}, "with.dot": "dotted", "document": `{"Effect": "Allow", "Resource": "<x>/*"}`, "text": "first\nsecond",
		},
	}
	tests := []struct {
		name      string
		selection string
		want      bool
	}{
		{"a value ignores case", `eventName: createuser`, true},
		{"another value does not match", `eventName: CreateUsers`, false},
		{"cased minds the case", `eventName|cased: createuser`, false},
		{"cased matches the same case", `eventName|cased: CreateUser`, true},
		{"a list is one of", `eventName: [DeleteUser, CreateUser]`, true},
		{"fields are all of", "eventName: CreateUser\n    eventSource: s3.amazonaws.com", false},
		{"contains", `eventName|contains: ATEU`, true},
		{"startswith", `eventName|startswith: create`, true},
		{"startswith is not contains", `eventName|startswith: user`, false},
		{"endswith", `eventName|endswith: USER`, true},
		{"endswith is not contains", `eventName|endswith: create`, false},
		{"contains all", `eventName|contains|all: [create, user]`, true},
		{"contains all needs all", `eventName|contains|all: [create, role]`, false},
		{"cased contains", `eventName|contains|cased: user`, false},
		{"star", `eventName: 'Create*'`, true},
		{"star in the middle", `eventName: 'C*r'`, true},
		{"star matches nothing too", `eventName: 'CreateUser*'`, true},
		{"a pattern is anchored", `eventName: 'reate*'`, false},
		{"question mark is one character", `eventName: 'CreateUse?'`, true},
		{"question mark is not none", `eventName: 'CreateUser?'`, false},
		{"escaped star is a star", `userAgent|contains: 'x\*y'`, true},
		{"escaped star is no wildcard", `eventName: 'Create\*'`, false},
		{"escaped question mark is one", `userAgent|contains: 'y\?z'`, true},
		{"a backslash is itself", `userAgent|contains: 'cli\2'`, true},
		{"a double backslash is one", `userAgent|contains: 'cli\\2'`, true},
		{"escaped backslash, then a wildcard", `userAgent: 'aws-cli\\*'`, true},
		{"wildcard inside contains", `userAgent|contains: 'cli*x'`, true},
		{"wildcard star does not stop at a line", `requestParameters.text: 'first*second'`, true},
		{"regular expressions find", `eventName|re: 'ate[A-Z]'`, true},
		{"regular expressions mind the case", `eventName|re: '^create'`, false},
		{"re|i does not", `eventName|re|i: '^create'`, true},
		{"a dot stops at a line", `requestParameters.text|re: 'first.second'`, false},
		{"re|s does not", `requestParameters.text|re|s: 'first.second'`, true},
		{"re|m has lines", `requestParameters.text|re|m: '^second$'`, true},
		{"re without m has none", `requestParameters.text|re: '^second$'`, false},
		{"cidr", `sourceIPAddress|cidr: 198.51.100.0/24`, true},
		{"another cidr", `sourceIPAddress|cidr: [10.0.0.0/8, '2001:db8::/32']`, false},
		{"cidr of what is no address", `eventSource|cidr: 0.0.0.0/0`, false},
		{"exists", `requestParameters.userName|exists: true`, true},
		{"exists of what does not", `requestParameters.other|exists: true`, false},
		{"not exists", `requestParameters.other|exists: false`, true},
		{"not exists of what does", `requestParameters.userName|exists: false`, false},
		{"null is absent", `requestParameters.other: null`, true},
		{"null is null", `requestParameters.nothing: null`, true},
		{"null is not a value", `requestParameters.userName: null`, false},
		{"null is not empty", `requestParameters.empty: null`, false},
		{"empty is empty", `requestParameters.empty: ''`, true},
		{"empty is not absent", `requestParameters.other: ''`, false},
		{"a number", `requestParameters.count: 3`, true},
		{"another number", `requestParameters.count: 4`, false},
		{"a number as text", `requestParameters.count: '3'`, true},
		{"a long number", `requestParameters.big: 123456789012`, true},
		{"a boolean", `requestParameters.flag: true`, true},
		{"the other boolean", `requestParameters.flag: false`, false},
		{"a boolean as text", `requestParameters.flag: 'True'`, true},
		{"gte", `requestParameters.count|gte: 3`, true},
		{"gt", `requestParameters.count|gt: 3`, false},
		{"lt", `requestParameters.count|lt: 3.5`, true},
		{"lte", `requestParameters.count|lte: 2`, false},
		{"an order of text", `eventName|gt: 1`, false},
		{"a list has the value", `requestParameters.names: beta`, true},
		{"a list has not", `requestParameters.names: gamma`, false},
		{"a path runs through a list", `requestParameters.tags.value: prod`, true},
		{"a path has an index", `requestParameters.tags.0.value: prod`, false},
		{"an object has the text of its values", `requestParameters|contains: '"Effect": "Allow", "Resource": "<x>/'`, true},
		{"an object has the names of its fields", `requestParameters|contains: '"userName":"Bob"'`, true},
		{"an object has no other text", `requestParameters|contains: Deny`, false},
		{"an object is not one of its values", `requestParameters: Bob`, false},
		{"a key may have dots", `requestParameters.with.dot: dotted`, true},
		{"fieldref of another field", `userIdentity.userName|fieldref: requestParameters.userName`, false},
		{"fieldref of itself", `eventName|fieldref: eventName`, true},
		{"fieldref of what is absent", `requestParameters.other|fieldref: requestParameters.none`, false},
		{"contains fieldref", `userIdentity.arn|contains|fieldref: recipientAccountId`, true},
		{"neq", `eventName|neq: DeleteUser`, true},
		{"neq of itself", `eventName|neq: CreateUser`, false},
		{"a list of mappings is one of", "- eventName: DeleteUser\n    - eventName: CreateUser", true},
		{"keywords are anywhere", "- nowhere\n    - TEAM", true},
		{"keywords that are nowhere", "- nowhere\n    - neither", false},
		{"a keyword with a wildcard", "- 'te?m'", true},
		{"all keywords", "'|all': [team, prod]", true},
		{"all keywords need all", "'|all': [team, nowhere]", false},
	}
	e := buildEvent(t, 1, start, ev)
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			set, problems := loadOne(t, "  selection:\n    "+tc.selection+"\n  condition: selection\n")
			if len(problems) > 0 {
				t.Fatal(problems[0])
			}
			if got := len(set.Match(&e)) == 1; got != tc.want {
				t.Errorf("matches: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestConditionsCombineSelections(t *testing.T) {
	const selections = `
  yes: {eventName: CreateUser}
  yes_too: {eventSource: iam.amazonaws.com}
  no: {eventName: DeleteUser}
  _hidden: {eventName: DeleteUser}
`
	e := buildEvent(t, 1, start, fields{"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"})
	tests := []struct {
		condition string
		want      bool
	}{
		{"yes", true},
		{"no", false},
		{"not no", true},
		{"not not yes", true},
		{"yes and no", false},
		{"yes or no", true},
		{"no and no or yes", true},
		{"no and (no or yes)", false},
		{"not (no or yes)", false},
		{"not no and yes", true},
		{"YES", false},
		{"yes AND NOT no", true},
		{"1 of yes*", true},
		{"all of yes*", true},
		{"1 of them", true},
		{"any of them", true},
		{"all of them", false},
		{"1 of n*", false},
		{"not 1 of n* and all of y*", true},
		{"1 of _*", false},
		{"1 of *_too", true},
	}
	for _, tc := range tests {
		t.Run(tc.condition, func(t *testing.T) {
			set, problems := loadOne(t, selections+"  condition: "+tc.condition+"\n")
			if tc.condition == "YES" {
				if len(problems) != 1 {
					t.Error("names of selections mind the case, and this one does not exist")
				}
				return
			}
			if len(problems) > 0 {
				t.Fatal(problems[0])
			}
			if got := len(set.Match(&e)) == 1; got != tc.want {
				t.Errorf("matches: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestUnusableDetectionsAreNamedWithTheReasonAndTheLine(t *testing.T) {
	tests := []struct {
		name, detection string
		line            int
		reason          string
	}{
		{"unknown modifier", "  s:\n    eventName|base64: x\n  condition: s\n", 6, `unknown modifier "base64"`},
		{"bad regular expression", "  s:\n    eventName|re: '('\n  condition: s\n", 6, "RE2"},
		{"look-ahead", "  s:\n    eventName|re: '(?!x)'\n  condition: s\n", 6, "RE2"},
		{"flag without re", "  s:\n    eventName|i: x\n  condition: s\n", 6, "without re"},
		{"two kinds", "  s:\n    eventName|contains|endswith: x\n  condition: s\n", 6, "contradict"},
		{"bad network", "  s:\n    eventName|cidr: x\n  condition: s\n", 6, "not a network"},
		{"bad exists", "  s:\n    eventName|exists: x\n  condition: s\n", 6, "true or false"},
		{"bad order", "  s:\n    eventName|lt: x\n  condition: s\n", 6, "not a number"},
		{"empty mapping", "  s: {}\n  condition: s\n", 5, "every event would match"},
		{"empty list", "  s: []\n  condition: s\n", 5, "every event would match"},
		{"empty keyword", "  s:\n    - ''\n  condition: s\n", 6, "every event would match"},
		{"star keyword", "  s:\n    - '**'\n  condition: s\n", 6, "every event would match"},
		{"nothing", "  s:\n  condition: s\n", 5, "every event would match"},
		{"empty contains", "  s:\n    eventName|contains: ''\n  condition: s\n", 6, "matches every value"},
		{"no value", "  s:\n    eventName: []\n  condition: s\n", 6, "nothing would match"},
		{"no condition", "  s:\n    eventName: x\n", 5, "0 conditions"},
		{"unknown selection", "  s:\n    eventName: x\n  condition: t\n", 7, `"t"`},
		{"unknown selections", "  s:\n    eventName: x\n  condition: 1 of t*\n", 7, `"t*"`},
		{"broken condition", "  s:\n    eventName: x\n  condition: s and\n", 7, "condition"},
		{"aggregation", "  s:\n    eventName: x\n  condition: s | count() > 5\n", 7, "use a correlation"},
		{"timeframe", "  s:\n    eventName: x\n  timeframe: 5m\n  condition: s\n", 7, "use a correlation"},
		{"nested value", "  s:\n    eventName:\n      - {a: b}\n  condition: s\n", 7, "single value"},
		{"alias", "  s: &x\n    eventName: x\n  condition: s\n", 5, "anchors"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			set, problems := loadOne(t, tc.detection)
			if len(set.Rules()) != 0 || len(problems) != 1 {
				t.Fatalf("%d rules and %d problems, want one problem", len(set.Rules()), len(problems))
			}
			p := problems[0]
			if p.File != "rule.yml" || p.Rule != "a rule" || p.Line != tc.line || !strings.Contains(p.Reason, tc.reason) || p.Skipped {
				t.Errorf("got %q, want line %d and %q", p, tc.line, tc.reason)
			}
		})
	}
}

func TestLoadKeepsTheRulesThatCanBeUsed(t *testing.T) {
	good := "title: good\nid: good\nlogsource: {product: aws, service: cloudtrail}\nlevel: high\ntags: [attack.t1098.003, attack.persistence, attack.s0677, cve.2024.1]\nplaybook: key\ndetection:\n  s: {eventName: CreateUser}\n  condition: s\n"
	tree := fstest.MapFS{
		"a/good.yml":      {Data: []byte(good)},
		"a/same.yaml":     {Data: []byte(good)},
		"b/windows.yml":   {Data: []byte("title: win\nlogsource: {product: windows, service: security}\ndetection: {s: {a: b}, condition: s}\n")},
		"b/broken.yml":    {Data: []byte("title: x\n  bad: [\n")},
		"b/list.yml":      {Data: []byte("- a\n- b\n")},
		"b/level.yml":     {Data: []byte("title: lev\nlevel: awful\nlogsource: {product: aws}\ndetection: {s: {a: b}, condition: s}\n")},
		"b/nothing.yml":   {Data: []byte("title: none\nlogsource: {product: aws}\n")},
		"b/many.yml":      {Data: []byte("title: one\nlogsource: {product: aws}\ndetection: {s: {eventName: A}, condition: s}\n---\ntitle: two\nlogsource: {product: aws}\ndetection: {s: {eventName|wide: B}, condition: s}\n---\ntitle: three\nlogsource: {product: aws}\ndetection: {s: {eventName: C}, condition: s}\n")},
		"b/README.md":     {Data: []byte("no rule")},
		"b/corr.yml":      {Data: []byte("title: corr\nname: corr\ncorrelation: {type: event_count, rules: [missing], group-by: [a], timespan: 5m, condition: {gte: 2}}\n---\ntitle: corr of corr\ncorrelation: {type: temporal, rules: [corr, good], group-by: [a], timespan: 5m}\n")},
		"b/itself.yml":    {Data: []byte("title: self\nname: self\ncorrelation: {type: event_count, rules: [self], group-by: [a], timespan: 5m, condition: {gte: 2}}\n")},
		"b/deep.yml":      {Data: []byte("title: " + strings.Repeat("[", 5000))},
		"b/sequences.yml": {Data: []byte(strings.Repeat("- ", 100000))},
		"b/long.yml":      {Data: []byte(strings.Repeat("#", maxFile+1))},
	}
	set, problems, err := Load(tree)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, r := range set.Rules() {
		titles = append(titles, r.Title)
	}
	if diff := cmp.Diff([]string{"good", "one", "three"}, titles); diff != "" {
		t.Errorf("rules in force: %s", diff)
	}
	want := map[string]string{
		"a/same.yaml": "id good is that of a rule in a/good.yml", "b/windows.yml": "for windows security",
		"b/broken.yml": "not YAML", "b/list.yml": "not a Sigma rule", "b/level.yml": `unknown level "awful"`,
		"b/nothing.yml": "needs a detection", "b/many.yml": `unknown modifier "wide"`, "b/corr.yml": "no usable rule has",
		"b/itself.yml": "refers to itself", "b/deep.yml": "nested too deeply", "b/sequences.yml": "nested too deeply",
		"b/long.yml": "at most",
	}
	counts := make(map[string]int)
	for _, p := range problems {
		counts[p.File]++
		if !strings.Contains(p.Reason, want[p.File]) || want[p.File] == "" {
			t.Errorf("%s: want %q", p, want[p.File])
		}
		if p.Skipped != (p.File == "b/windows.yml") {
			t.Errorf("%s: skipped is %v", p, p.Skipped)
		}
	}
	if len(counts) != len(want) || counts["b/corr.yml"] != 2 {
		t.Errorf("problems by file: %v", counts)
	}
	r := set.Rules()[0]
	if diff := cmp.Diff([]any{event.High, []string{"T1098.003"}, []string{"persistence"}, "key", "a/good.yml"},
		[]any{r.Level, r.Attack, r.Tactics, r.Playbook, r.File}); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedCallMatchesUnlessTheRuleAsksForSuccess(t *testing.T) {
	set, _ := loadOne(t, "  s: {eventName: StopLogging}\n  condition: s\n")
	e := buildEvent(t, 1, start, fields{"eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "errorCode": "TrailNotFoundException"})
	got := set.Match(&e)
	if len(got) != 1 || !got[0].Failed || got[0].ID != e.ID || got[0].Principal != e.Principal || !got[0].Time.Equal(e.Time) {
		t.Errorf("got %+v", got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("title: good\nlogsource: {product: aws, service: cloudtrail}\ndetection:\n  s: {eventName|contains|all: ['a*', \"b\"]}\n  k: [x, 'y?']\n  condition: 1 of s* and not k\n"))
	f.Add([]byte("title: c\ncorrelation: {type: event_count, rules: [r], group-by: [a], timespan: 5m, condition: {gte: 2}}\n"))
	f.Add([]byte("a: &a [*a]\n---\n? - - -\n: !!binary x\n<<: {a: b}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		set, problems, err := Load(fstest.MapFS{"x.yml": {Data: src}})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if p.Reason == "" || p.File != "x.yml" {
				t.Errorf("a problem without a reason: %+v", p)
			}
		}
		e := buildEvent(t, 1, start, fields{"eventName": "a", "eventSource": "b"})
		set.Correlate(set.Match(&e))
	})
}
