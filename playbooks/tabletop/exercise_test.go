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
	return http.DefaultClient.Do(r) //nolint:gosec // to the test's own account
}

const denyAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`

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
