package tui

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"cordon/contain"
	"cordon/contain/audit"
	"cordon/investigate"
	simulated "cordon/playbooks/tabletop/account"
)

// A world is a simulated account behind real HTTP, with alice, bob and an
// operator in it, and a connection to it.
type world struct {
	testing.TB
	account *simulated.Account
	iam     *iam.Client
	contain *contain.Account
	log     string

	// hold lets a containment that watches wait, until it is closed.
	hold chan struct{}

	mu sync.Mutex
	// slept is how far the connection's clock is ahead of the real one, which
	// the SDK signs with.
	slept time.Duration
	// before is called before each operation is carried out.
	before func(operation string)
}

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// newWorld makes one; names are further users.
func newWorld(tb testing.TB, names ...string) *world {
	tb.Helper()
	seed := rand.NewChaCha8([32]byte{7})
	w := &world{TB: tb, account: simulated.New(simulated.Options{Rand: seed, LookupsPerSecond: -1}), hold: make(chan struct{})}
	server := httptest.NewServer(w)
	tb.Cleanup(server.Close)
	for _, name := range append([]string{"alice", "bob", "oncall"}, names...) {
		w.seed(&iam.CreateUserInput{UserName: aws.String(name)})
	}
	w.seed(&iam.PutUserPolicyInput{UserName: aws.String("oncall"), PolicyName: aws.String("all"), PolicyDocument: aws.String(allowAll)})
	w.seed(&iam.CreateAccessKeyInput{UserName: aws.String("alice")})
	if err := w.account.GiveAccessKey("oncall", "AKIAONCALLONCALLONCA", "secret"); err != nil {
		tb.Fatal(err)
	}
	cfg := aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAONCALLONCALLONCA", "secret", ""),
	}
	w.iam = iam.NewFromConfig(cfg)
	w.log = filepath.Join(tempDir(tb), "audit.jsonl")
	log, err := audit.Open(w.log, audit.Options{OSUser: "sam", Host: "bastion"})
	if err != nil {
		tb.Fatal(err)
	}
	w.contain, err = contain.Connect(tb.Context(), cfg, contain.Options{
		Log: log, NewID: func() string { return "op0000000001" }, Protected: []string{"user/bob"},
		Now: w.clock, Sleep: w.sleep,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// tempDir is a folder that may still be read while it is removed, which
// testing's own may not.
func tempDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "cordon-tui-")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) }) // the system's own tidying gets what is left
	return dir
}

func (w *world) seed(input any) {
	w.Helper()
	if _, err := w.account.Seed(time.Now().Add(-24*time.Hour), input); err != nil {
		w.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.slept)
}

// sleep waits for hold, and then lets the whole time have passed at once.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-w.hold:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slept += d
	return nil
}

// ServeHTTP is the account, with a word before each operation.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body)) // what is no form has no operation
	w.mu.Lock()
	before := w.before
	w.mu.Unlock()
	if before != nil {
		before(form.Get("Action"))
	}
	w.account.ServeHTTP(rw, r)
}

// onCall calls f before each operation.
func (w *world) onCall(f func(operation string)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = f
}

// policies are the inline policies of alice.
func (w *world) policies() []string {
	w.Helper()
	out, err := w.iam.ListUserPolicies(w.Context(), &iam.ListUserPoliciesInput{UserName: aws.String("alice")})
	if err != nil {
		w.Fatal(err)
	}
	return out.PolicyNames
}

// records are those of the audit log.
func (w *world) records() []audit.Record {
	w.Helper()
	records, _, err := audit.Read(w.log)
	if err != nil {
		w.Fatal(err)
	}
	return records
}

// options are those of a UI connected to the world.
func (w *world) options(s *investigate.Store) Options {
	return Options{
		Store: s, Containment: w.contain, AuditLog: w.log, Hold: time.Minute,
		Header: Header{
			Account: testAccount, Alias: "orchard", Caller: w.contain.Caller().ARN, Regions: []string{"us-east-1"},
			Source: "cloudtrail", Window: "last 24h",
		},
	}
}

// document is an inline policy of alice, decoded.
func (w *world) document(policy string) string {
	w.Helper()
	out, err := w.iam.GetUserPolicy(w.Context(), &iam.GetUserPolicyInput{UserName: aws.String("alice"), PolicyName: aws.String(policy)})
	if err != nil {
		w.Fatal(err)
	}
	doc, err := url.QueryUnescape(aws.ToString(out.PolicyDocument))
	if err != nil {
		w.Fatal(err)
	}
	return doc
}

// putDeny is a deny that somebody put on alice by hand.
func putDeny() *iam.PutUserPolicyInput {
	return &iam.PutUserPolicyInput{
		UserName: aws.String("alice"), PolicyName: aws.String("DenyAll"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`),
	}
}

// denyPut takes from the operator what a containment needs.
func denyPut() *iam.PutUserPolicyInput {
	return &iam.PutUserPolicyInput{
		UserName: aws.String("oncall"), PolicyName: aws.String("no-put"),
		PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:PutUserPolicy","Resource":"*"}]}`),
	}
}

// recordsIfAny are those of the audit log, which need not be there yet.
func (w *world) recordsIfAny() []audit.Record {
	w.Helper()
	if _, err := os.Stat(w.log); err != nil {
		return nil
	}
	return w.records()
}
