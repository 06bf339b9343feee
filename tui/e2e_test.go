package tui_test

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"cordon/contain/audit"
	"cordon/playbooks/tabletop"
)

const (
	enter = "\r"
	esc   = "\x1b"
	down  = "\x1b[B"
)

// exercise is the leaked key played in this process, and a client that looks
// into its account.
func exercise(t *testing.T) (*tabletop.Exercise, *iam.Client) {
	t.Helper()
	s, err := tabletop.Load(tabletop.DefaultScenario)
	if err != nil {
		t.Fatal(err)
	}
	x, err := tabletop.Start(t.Context(), s, tabletop.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Stop() })
	c := x.Responder()
	return x, iam.NewFromConfig(aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(x.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, ""),
	})
}

// policies are the inline policies of a user, with their documents.
func policies(t *testing.T, client *iam.Client, user string) map[string]string {
	t.Helper()
	list, err := client.ListUserPolicies(t.Context(), &iam.ListUserPoliciesInput{UserName: &user})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, name := range list.PolicyNames {
		p, err := client.GetUserPolicy(t.Context(), &iam.GetUserPolicyInput{UserName: &user, PolicyName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = url.QueryUnescape(aws.ToString(p.PolicyDocument)); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestAnOperatorFindsContainsAndReleasesTheIntruder(t *testing.T) {
	const intruder = "maria.santos"
	x, client := exercise(t)
	log := filepath.Join(t.TempDir(), "audit.jsonl")
	c := x.Responder()
	term := start(t, []string{
		"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey, "AWS_REGION=us-east-1",
	}, "--endpoint-url", x.URL(), "--since", "2h", "--audit-log", log, "--hold", "5s")

	term.shows("principals", "▸ ◆ critical", "user/"+intruder, "complete to")
	term.types(enter)
	term.shows("principals › user/"+intruder, "Findings", "why")
	term.types(enter)
	term.shows("user/"+intruder+" › ", "time (UTC)")
	term.types(enter)
	term.shows("user/"+intruder+" tried to call", "✗ denied", "203.0.113.")
	term.types("v")
	term.shows(`"eventSource"`)
	term.closes(`"eventSource"`)

	term.types("c")
	term.shows("contain user/"+intruder, "iam:PutUserPolicy")
	if got := policies(t, client, intruder)["DenyAll"]; got != "" {
		t.Fatalf("contained before anything was confirmed: %s", got)
	}
	term.typesInto("Reason     ", "leaked key")
	term.types(enter)
	term.shows("type exactly " + intruder)
	term.types("maria" + enter)
	term.shows("this is not the name")
	term.types(".santos")
	term.shows("Enter contains " + intruder + " now")
	term.types(enter)
	term.shows("✓ requested", "✓ in_place")
	deny := policies(t, client, intruder)["DenyAll"]
	if !strings.Contains(deny, `"Deny"`) {
		t.Fatalf("the policy is %q", deny)
	}
	term.shows("✓ held", "Enter Esc close")
	term.types(enter)
	term.shows("1 contained")

	term.types("u")
	term.shows("release user/"+intruder, "iam:DeleteUserPolicy")
	term.typesInto("Reason     ", "cleared")
	term.types(enter)
	term.shows("Release?   y / N")
	term.types("y")
	term.shows("✓ released", "Enter Esc close")
	if got := policies(t, client, intruder)["DenyAll"]; got != "" {
		t.Fatalf("still contained: %s", got)
	}
	term.closes("release user/" + intruder)
	term.types("\t\t\t")
	term.shows("audit log", "✓ whole 4 records")
	term.types("q")
	if code := term.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}

	records, _, err := audit.Read(log)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, strings.TrimSpace(r.Op+" "+string(r.Kind)+" "+r.Reason+" "+r.Outcome))
	}
	want := []string{
		"contain intent leaked key", "contain outcome leaked key held", "release intent cleared", "release outcome cleared released",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInTheSandboxTheAttackersCallsBeginToBeDenied(t *testing.T) {
	term := start(t, nil, "--sandbox")
	term.shows("EXERCISE", "user/maria.santos", "critical")
	term.types("c")
	term.shows("contain user/maria.santos")
	term.typesInto("Reason     ", "leaked key")
	term.types(enter)
	term.shows("type exactly maria.santos")
	// Pasted, as terminals do it.
	term.types("\x1b[200~maria.santos\x1b[201~")
	term.shows("Enter contains maria.santos now")
	term.types(enter)
	term.shows("✓ held", "Its calls since")
	denied := regexp.MustCompile(`denied [1-9]`)
	if !term.sees(denied.MatchString, patience) {
		t.Fatalf("no call is seen to be denied:\n%s", term.text())
	}
	term.closes("contain user/maria.santos")
	term.shows("CONTAINED", "1 contained")
	term.types("q")
	if code := term.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestTheTerminalCanBeResizedAtAnyTime(t *testing.T) {
	term := start(t, nil, "--sandbox")
	term.shows("user/maria.santos")
	term.resizes(120, 40)
	term.shows("account", "leaked-access-key")
	term.types(enter)
	term.shows("│ why")
	term.resizes(30, 8)
	term.shows("30 by 8 is too small")
	term.resizes(80, 24)
	term.shows("principals › user/maria.santos")
	term.types("\x03")
	if code := term.ends(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestWithoutColourThereIsNone(t *testing.T) {
	for _, env := range []string{"NO_COLOR=1", "NO_COLOR=yes"} {
		term := start(t, []string{env}, "--sandbox")
		term.shows("user/maria.santos")
		term.types("q")
		term.ends()
		colour := regexp.MustCompile("\x1b\\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
		if found := colour.FindString(term.raw.String()); found != "" {
			t.Errorf("with %s there is %q", env, found)
		}
	}
}

func TestInASCIIEverythingIsASCII(t *testing.T) {
	term := start(t, nil, "--sandbox", "--ascii")
	term.shows("> # critical", "user/maria.santos")
	term.types("c")
	term.shows("+- contain user/maria.santos -")
	for _, r := range term.text() {
		if r > '~' {
			t.Fatalf("%q is drawn:\n%s", r, term.text())
		}
	}
	term.closes("contain user/maria.santos")
	term.types("q")
	term.ends()
}

// BenchmarkFirstScreen measures from the start of the built program to a
// ranking on its screen, in the sandbox.
func BenchmarkFirstScreen(b *testing.B) {
	if _, err := binary(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		term := start(b, nil, "--sandbox")
		term.shows("principals", "user/maria.santos")
		b.StopTimer()
		term.types("q")
		term.ends()
		b.StartTimer()
	}
}
