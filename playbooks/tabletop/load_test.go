package tabletop

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryEmbeddedScenarioCanBePlayed(t *testing.T) {
	if !slices.Contains(Names(), DefaultScenario) {
		t.Errorf("the default scenario %q is not among %v", DefaultScenario, Names())
	}
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Name != name {
			t.Errorf("scenario %s has the name %q", name, s.Name)
		}
	}
}

func TestAnUnknownScenarioNamesThoseThereAre(t *testing.T) {
	_, err := Load("nothing-of-the-kind")
	if !errors.Is(err, ErrUnknownScenario) || !strings.Contains(err.Error(), DefaultScenario) {
		t.Errorf("got %v", err)
	}
}

// small is a scenario without mistakes.
const small = `title: Small
account: "123456789012"
region: us-east-1
identities:
  users:
    - name: alice
      keys: [laptop]
  roles:
    - name: worker
      trust:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}
responder: user/alice#laptop
adversary:
  stolen: user/alice#laptop
  ips: [203.0.113.1]
  agents: [curl]
  opens: look
  steps:
    - id: look
      wait: 5s..10s
      call: iam ListUsers
      on:
        denied: {after: 2, goto: look}
noise:
  - name: work
    as: role/worker
    by: service/lambda.amazonaws.com
    session: worker
    ips: [198.51.100.1]
    agents: [curl]
    hours: 7-19
    every: 10m..20m
    gap: 1s
    size: 1..3
    calls:
      - {call: kms Decrypt, weight: 2}
`

func TestAMistakeInAScenarioIsNamedWithItsLine(t *testing.T) {
	if _, err := Parse("small.yaml", []byte(small)); err != nil {
		t.Fatalf("the scenario to spoil: %v", err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"unknown key", "title: Small", "titel: Small", `small.yaml:1: unknown field "titel"`},
		{"unknown key deep inside", "        denied: {after: 2, goto: look}", "        denied: {after: 2, gto: look}", `small.yaml:25: unknown field "gto"`},
		{"a key twice", "region: us-east-1", "title: Small", `small.yaml:3: mapping key "title" already defined at [1:1]`},
		{"not YAML", "ips: [203.0.113.1]", "ips: [203.0.113.1", `small.yaml:18: ',' or ']' must be specified`},
		{"no title", "title: Small\n", "summary: Small\n", `small.yaml: title is missing`},
		{"account", `"123456789012"`, `"1234"`, `small.yaml:2: account "1234" is not twelve digits`},
		{"span", "5s..10s", "5 seconds", `small.yaml:22: "5 seconds" is not a length of time such as 90s or 1m..5m`},
		{"span backwards", "5s..10s", "10s..5s", `small.yaml:22: "10s..5s" runs backwards`},
		{"hours", "7-19", "7-29", `small.yaml:33: "7-29" is not hours of the day such as 7-19`},
		{"count", "1..3", "1..many", `small.yaml:36: "1..many" is not a number such as 3 or 10..30`},
		{"goto nowhere", "goto: look", "goto: hide", `small.yaml:25: goto: no step has the id "hide"`},
		{"unknown outcome", "denied: {after: 2, goto: look}", "refused: {goto: look}", `small.yaml:25: "refused" is no outcome: there are success, denied, error`},
		{"fallback after success", "denied: {after: 2, goto: look}", "success: {fallback: true}", `small.yaml:25: after and fallback are for denied alone`},
		{"opens", "opens: look", "opens: sleep", `small.yaml:19: opens: no step has the id "sleep"`},
		{"call", "iam ListUsers", "ListUsers", `small.yaml:23: call "ListUsers" is not a service and an operation, as in "iam ListUsers"`},
		{"stolen", "stolen: user/alice#laptop", "stolen: user/alice#phone", `small.yaml:16: stolen "user/alice#phone" is not the access key of a user under identities, as user/NAME#KEY`},
		{"who", "role/worker", "role/idler", `small.yaml:28: as: nothing under identities is "role/idler"`},
		{"assumed by", "service/lambda.amazonaws.com", "lambda", `small.yaml:29: by: who assumes the role: "lambda" is not user/NAME#KEY, role/NAME or service/NAME`},
		{"address", "198.51.100.1", "198.51.100.1000", `small.yaml:31: "198.51.100.1000" is not an IP address`},
		{"policy", "Version: \"2012-10-17\"\n        Statement:\n          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}", "everyone", `small.yaml:11: a policy document is a mapping`},
	} {
		t.Run(c.name, func(t *testing.T) {
			spoiled := strings.Replace(small, c.from, c.to, 1)
			if spoiled == small {
				t.Fatalf("%q is not in the scenario", c.from)
			}
			_, err := Parse("small.yaml", []byte(spoiled))
			if err == nil {
				t.Fatalf("no error; want %s", c.want)
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	_, err := Parse("x.yaml", []byte("title: X\naccount: \"1\"\nregion: x\n"))
	if err == nil || len(strings.Split(err.Error(), "\n")) < 5 {
		t.Errorf("got %v", err)
	}
}

func TestADocumentKeepsTheOrderOfItsKeys(t *testing.T) {
	s, err := Parse("small.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	want := Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)
	if diff := cmp.Diff(want, s.Identities.Roles[0].Trust); diff != "" {
		t.Error(diff)
	}
}
