package tabletop

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"cordon/playbooks/tabletop/account"
)

// noon is a time of day at which everyone is at work.
func noon() time.Time { return time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour) }

// leaked is the scenario of the leaked access key, and its cast.
const (
	victim   = "maria.santos"
	newAdmin = "svc-datasync"
	theft    = "GetSecretValue"
)

func start(t testing.TB, s *Scenario, o Options) *Exercise {
	t.Helper()
	x, err := Start(t.Context(), s, o)
	if err != nil {
		t.Fatalf("starting: %v", err)
	}
	t.Cleanup(func() {
		x.Stop()
		if err := x.Err(); err != nil {
			t.Errorf("while playing: %v", err)
		}
	})
	return x
}

func scenario(t testing.TB, name string) *Scenario {
	t.Helper()
	s, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// play starts the leaked access key on a clock that stands at noon.
func playLeak(t testing.TB, seed uint64) (*Exercise, *clock) {
	t.Helper()
	c := newClock(noon())
	return start(t, scenario(t, "leaked-access-key"), Options{Seed: seed, Now: c.Now, Sleep: c.Sleep}), c
}

type seen struct {
	EventTime    time.Time
	EventName    string
	ErrorCode    string
	ErrorMessage string
	SourceIP     string `json:"sourceIPAddress"`
	UserIdentity struct {
		Type, ARN, UserName, AccessKeyID string
		SessionContext                   struct{ SessionIssuer struct{ ARN string } }
	}
}

// principal is the acting user or role.
func (s seen) principal() string {
	if s.UserIdentity.SessionContext.SessionIssuer.ARN != "" {
		return s.UserIdentity.SessionContext.SessionIssuer.ARN
	}
	return s.UserIdentity.ARN
}

func events(t testing.TB, x *Exercise) []seen {
	t.Helper()
	var all []seen
	for _, raw := range x.Account().Events() {
		var s seen
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatalf("reading %s: %v", raw, err)
		}
		all = append(all, s)
	}
	return all
}

// by returns what one user did, GetCallerIdentity aside, after the first n
// events.
func by(t testing.TB, x *Exercise, n int, user string) []seen {
	t.Helper()
	return slices.DeleteFunc(events(t, x)[n:], func(s seen) bool {
		return s.UserIdentity.UserName != user || s.EventName == "GetCallerIdentity" ||
			strings.HasPrefix(s.SourceIP, "192.0.2.") // the office: the user in person
	})
}

// client speaks to the exercise over HTTP.
func client(x *Exercise, c Credentials) *iam.Client {
	return iam.New(iam.Options{
		Region:       x.Region(),
		BaseEndpoint: aws.String(x.URL()),
		Credentials:  credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.SecretAccessKey, ""),
		HTTPClient:   plainBodies{},
		Retryer:      aws.NopRetryer{},
	})
}

// plainBodies hides WriteTo of request bodies. The SDK closes them as soon as
// there is a response, and its WriteTo is then an error (smithy-go v1.28.8,
// transport/http/internal/io), for which net/http drops the connection before
// the response is read.
type plainBodies struct{}

func (plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return http.DefaultClient.Do(r)
}

const denyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

// respond makes one call of IAM as the responder.
func respond(t testing.TB, x *Exercise, operation string, parameters map[string]any) any {
	t.Helper()
	input, err := x.Account().Input("iam", operation, parameters)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := x.Account().Do(t.Context(), account.Call{
		AccessKeyID: x.Responder().AccessKeyID, Input: input, SourceIP: "192.0.2.200", UserAgent: "cordon",
	})
	if err != nil {
		t.Fatalf("%s %v: %v", operation, parameters, err)
	}
	return answer
}

func contain(t testing.TB, x *Exercise, user string) {
	t.Helper()
	respond(t, x, "PutUserPolicy", map[string]any{"UserName": user, "PolicyName": "DenyAll", "PolicyDocument": denyAll})
}

func release(t testing.TB, x *Exercise, user string) {
	t.Helper()
	respond(t, x, "DeleteUserPolicy", map[string]any{"UserName": user, "PolicyName": "DenyAll"})
}

func TestTheAttackIsUnderWayWhenTheExerciseOpens(t *testing.T) {
	x, _ := playLeak(t, 1)
	attack := by(t, x, 0, victim)
	var names []string
	for _, s := range attack {
		names = append(names, s.EventName)
	}
	for _, want := range []string{"ListUsers", "GetSecretValue", "PutUserPolicy", "CreateUser", "AttachUserPolicy", "CreateAccessKey"} {
		if !slices.Contains(names, want) {
			t.Errorf("the attack has no %s: %v", want, names)
		}
	}
	age := noon().Sub(attack[len(attack)-1].EventTime)
	if age <= 0 || age > 3*time.Minute {
		t.Errorf("the last step was %v before the start", age)
	}
	for _, s := range events(t, x) {
		if since := noon().Sub(s.EventTime); since < 0 || since > historyLength+time.Hour {
			t.Errorf("%s is %v before the start", s.EventName, since)
		}
	}
}

func TestAPermissionFlipsFromDeniedToAllowed(t *testing.T) {
	x, _ := playLeak(t, 1)
	var codes []string
	for _, s := range by(t, x, 0, victim) {
		if s.EventName == "GetAccountAuthorizationDetails" || s.EventName == "CreateUser" {
			codes = append(codes, s.EventName+" "+s.ErrorCode)
		}
	}
	want := []string{
		"GetAccountAuthorizationDetails AccessDenied", "CreateUser AccessDenied",
		"GetAccountAuthorizationDetails ", "CreateUser ",
	}
	if diff := cmp.Diff(want, codes); diff != "" {
		t.Error(diff)
	}
}

func TestMoreThanEightBenignPrincipalsAreAtWork(t *testing.T) {
	x, _ := playLeak(t, 1)
	acts := make(map[string]int)
	all := events(t, x)
	for _, s := range all {
		if arn := s.principal(); arn != "" && !strings.Contains(arn, victim) && !strings.Contains(arn, newAdmin) {
			acts[arn]++
		}
	}
	if len(acts) < 9 {
		t.Errorf("there are %d: %v", len(acts), acts)
	}
	if len(all) < 800 || len(all) > 1600 {
		t.Errorf("the history has %d events", len(all))
	}
}

func TestContainmentStopsTheAdversaryAndReleaseLetsItGoOn(t *testing.T) {
	x, c := playLeak(t, 1)
	c.advance(t, time.Minute)
	before := len(events(t, x))
	c.advance(t, time.Minute)
	free := by(t, x, before, victim)
	if len(free) == 0 || !slices.ContainsFunc(free, func(s seen) bool { return s.EventName == theft && s.ErrorCode == "" }) {
		t.Fatalf("free, the adversary got nothing: %v", free)
	}

	contain(t, x, victim)
	contained := len(events(t, x))
	c.advance(t, 2*time.Minute)
	attempts := by(t, x, contained, victim)
	if len(attempts) < 3 {
		t.Errorf("contained, it tried %d times before it fell back", len(attempts))
	}
	for _, s := range attempts {
		if !strings.Contains(s.ErrorMessage, "explicit deny in an identity-based policy") {
			t.Errorf("%s: %s %s", s.EventName, s.ErrorCode, s.ErrorMessage)
		}
	}
	if fallback := by(t, x, contained, newAdmin); !slices.ContainsFunc(fallback, func(s seen) bool { return s.ErrorCode == "" }) {
		t.Fatalf("it did not fall back to the administrator that it made: %v", fallback)
	}

	contain(t, x, newAdmin)
	both := len(events(t, x))
	c.advance(t, 2*time.Minute)
	tries := append(by(t, x, both, victim), by(t, x, both, newAdmin)...)
	if len(tries) == 0 || slices.ContainsFunc(tries, func(s seen) bool { return s.ErrorCode == "" }) {
		t.Errorf("with both contained: %v", tries)
	}

	release(t, x, victim)
	released := len(events(t, x))
	c.advance(t, 2*time.Minute)
	if again := by(t, x, released, victim); !slices.ContainsFunc(again, func(s seen) bool { return s.EventName == theft && s.ErrorCode == "" }) {
		t.Errorf("released, it gets nothing: %v", again)
	}
}

func TestTheStolenKeyIsDeniedOverHTTPWhileItsOwnerIsContained(t *testing.T) {
	x := start(t, scenario(t, "leaked-access-key"), Options{Seed: 1})
	thief := client(x, x.Adversary())
	look := func() error {
		_, err := thief.ListUsers(t.Context(), &iam.ListUsersInput{})
		return err
	}
	if err := look(); err != nil {
		t.Fatalf("free: %v", err)
	}
	contain(t, x, victim)
	if err := look(); err == nil || !strings.Contains(err.Error(), "explicit deny") {
		t.Errorf("contained: %v", err)
	}
	release(t, x, victim)
	if err := look(); err != nil {
		t.Errorf("released: %v", err)
	}
}

func TestADeactivatedKeyMakesTheAdversaryFallBackToo(t *testing.T) {
	x, c := playLeak(t, 1)
	respond(t, x, "UpdateAccessKey", map[string]any{
		"UserName": victim, "AccessKeyId": x.Adversary().AccessKeyID, "Status": "Inactive",
	})
	n := len(events(t, x))
	c.advance(t, 2*time.Minute)
	if got := by(t, x, n, victim); len(got) > 0 {
		t.Errorf("an inactive key left events: %v", got)
	}
	if got := by(t, x, n, newAdmin); len(got) == 0 {
		t.Error("it did not fall back")
	}
}

func TestTheSameSeedWritesTheSameHistory(t *testing.T) {
	one, c := playLeak(t, 7)
	two, d := playLeak(t, 7)
	other, _ := playLeak(t, 8)
	c.advance(t, time.Minute)
	d.advance(t, time.Minute)
	if diff := cmp.Diff(text(one), text(two)); diff != "" {
		t.Error(diff)
	}
	if text(one) == text(other) {
		t.Error("another seed writes the same")
	}
	if one.Adversary() != two.Adversary() || one.Responder() != two.Responder() {
		t.Error("access keys differ")
	}
}

func text(x *Exercise) string { return string(bytes.Join(x.Account().Events(), []byte("\n"))) }

func TestResetPutsEverythingBack(t *testing.T) {
	x, c := playLeak(t, 3)
	fresh, keys := text(x), x.Adversary()
	contain(t, x, victim)
	c.advance(t, time.Minute)
	post(t, x, http.StatusNoContent)
	if x.Adversary() != keys {
		t.Error("the adversary's key has changed")
	}
	policies, ok := respond(t, x, "ListUserPolicies", map[string]any{"UserName": victim}).(*iam.ListUserPoliciesOutput)
	if !ok || slices.Contains(policies.PolicyNames, "DenyAll") {
		t.Errorf("the containment is still there: %v", policies)
	}
	n := len(events(t, x))
	if was := strings.Count(fresh, "\n"); n < was/2 {
		t.Errorf("the history has %d events, and had %d", n, was)
	}
	c.advance(t, time.Minute)
	if got := by(t, x, n, victim); len(got) == 0 {
		t.Error("nobody acts after the reset")
	}
}

func post(t testing.TB, x *Exercise, want int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL()+"/_cordon/reset", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != want {
		t.Errorf("reset answered %s, want %d", answer.Status, want)
	}
}

func TestAnEmptyAccountTakesAnyKeyForItsRoot(t *testing.T) {
	x := start(t, nil, Options{})
	for _, key := range []Credentials{x.Responder(), {AccessKeyID: "AKIAANYTHINGATALL000", SecretAccessKey: "x"}} {
		root := client(x, key)
		if _, err := root.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String("bob")}); err != nil {
			t.Fatal(err)
		}
		post(t, x, http.StatusNoContent)
		users, err := root.ListUsers(t.Context(), &iam.ListUsersInput{})
		if err != nil {
			t.Fatal(err)
		}
		if len(users.Users) > 0 {
			t.Errorf("after the reset there are users: %v", users.Users)
		}
	}
	if x.Adversary() != (Credentials{}) {
		t.Errorf("an empty account has an adversary: %v", x.Adversary())
	}
}

func TestItListensOnLoopbackAlone(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:80", "example.org:80"} {
		if _, err := Start(t.Context(), nil, Options{Listen: address}); !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := Start(t.Context(), nil, Options{Listen: "127.0.0.1"}); err == nil {
		t.Error("an address without a port is taken")
	}
}

func TestAPortInUseIsAnError(t *testing.T) {
	x := start(t, nil, Options{})
	_, err := Start(t.Context(), nil, Options{Listen: strings.TrimPrefix(x.URL(), "http://")})
	if !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v", err)
	}
}

func TestAfterStopNobodyActsAndNobodyAnswers(t *testing.T) {
	x, c := playLeak(t, 1)
	c.advance(t, time.Minute)
	x.Stop()
	x.Stop()
	select {
	case <-x.current().done:
	default:
		t.Error("the players are still there")
	}
	var dialer net.Dialer
	if conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(x.URL(), "http://")); err == nil {
		_ = conn.Close()
		t.Error("the account still answers")
	}
	if err := x.Reset(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("reset after the end: %v", err)
	}
}

func TestAScenarioThatCannotBePlayedDoesNotStart(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"parameter", "call: iam ListUsers", "call: iam ListUsers\n      input: {Path: /}", `unknown field "Path"`},
		{"policy", "Effect: Allow", "Effect: Perhaps", "MalformedPolicyDocument"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Parse("small.yaml", []byte(strings.Replace(small, c.from, c.to, 1)))
			if err != nil {
				t.Fatal(err)
			}
			x, err := Start(t.Context(), s, Options{})
			if err == nil {
				x.Stop()
				t.Fatal("it started")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func BenchmarkStart(b *testing.B) {
	s := scenario(b, DefaultScenario)
	for b.Loop() {
		x, err := Start(b.Context(), s, Options{Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		x.Stop()
		b.StartTimer()
	}
}
