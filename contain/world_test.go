package contain_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cordon/contain"
	"cordon/contain/audit"
	"cordon/playbooks/tabletop/account"
)

// A world is a simulated account behind real HTTP, in which calls can be made
// to fail, and a log. Its clock moves only when something sleeps.
type world struct {
	testing.TB
	account *account.Account
	url     string
	log     *audit.Log

	mu     sync.Mutex
	now    time.Time
	faults []fault
	// asked are the operations that came over HTTP, in order.
	asked []string
	// before is called, without the lock, before each operation is carried out.
	before func(operation string, parameters url.Values)
}

// A fault answers some calls of one operation in place of the account.
type fault struct {
	operation string
	times     int
	answer    func(w http.ResponseWriter, r *http.Request, next http.Handler)
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, account: account.New(account.Options{LookupsPerSecond: -1}), now: time.Now()}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.log = w.openLog(filepath.Join(t.TempDir(), "audit.jsonl"))
	w.seed(&iam.CreateUserInput{UserName: aws.String("alice")})
	w.seed(&iam.CreateAccessKeyInput{UserName: aws.String("alice")})
	w.seed(&iam.CreateRoleInput{RoleName: aws.String("deploy"), Path: aws.String("/ci/"), Description: aws.String("ships"), AssumeRolePolicyDocument: aws.String(trust)})
	w.seed(&iam.CreateGroupInput{GroupName: aws.String("admins")})
	w.seed(&iam.AddUserToGroupInput{GroupName: aws.String("admins"), UserName: aws.String("alice")})
	return w
}

const (
	trust    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
	allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	denyAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	denyMore = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
)

func (w *world) openLog(path string) *audit.Log {
	w.Helper()
	log, err := audit.Open(path, audit.Options{Now: w.clock, LockWait: time.Minute})
	if err != nil {
		w.Fatal(err)
	}
	return log
}

func (w *world) seed(input any) any {
	w.Helper()
	out, err := w.account.Seed(time.Now(), input)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// seeded carries out an operation past all authorisation, and returns what it
// answers.
func seeded[Output any](w *world, input any) Output {
	w.Helper()
	out, ok := w.seed(input).(Output)
	if !ok {
		w.Fatalf("%T is answered otherwise", input)
	}
	return out
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
	return ctx.Err()
}

// ServeHTTP is the account with its faults.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, _ := url.ParseQuery(string(body)) // what is no form has no operation
	operation := form.Get("Action")
	w.mu.Lock()
	w.asked = append(w.asked, operation)
	before, answer := w.before, w.take(operation)
	w.mu.Unlock()
	if before != nil {
		before(operation, form)
	}
	if answer != nil {
		answer(rw, r, w.account)
		return
	}
	w.account.ServeHTTP(rw, r)
}

func (w *world) take(operation string) func(http.ResponseWriter, *http.Request, http.Handler) {
	for i := range w.faults {
		if f := &w.faults[i]; f.operation == operation && f.times != 0 {
			f.times--
			return f.answer
		}
	}
	return nil
}

// breaks makes the next calls of the operation fail; -1 is all.
func (w *world) breaks(operation string, times int, answer func(http.ResponseWriter, *http.Request, http.Handler)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fault{operation, times, answer})
}

func (w *world) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = nil
}

func (w *world) count(operation string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, o := range w.asked {
		if o == operation {
			n++
		}
	}
	return n
}

func awsError(status int, code, message string) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("X-Amzn-Requestid", "11111111-2222-3333-4444-555555555555")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>11111111-2222-3333-4444-555555555555</RequestId></ErrorResponse>`, code, message)
	}
}

// lost carries the call out, and hangs up before answering.
func lost(_ http.ResponseWriter, r *http.Request, next http.Handler) {
	next.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// hangsUp does not even carry it out.
func hangsUp(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }

func (w *world) config(c aws.Credentials) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		Credentials:  credentials.StaticCredentialsProvider{Value: c},
		BaseEndpoint: &w.url,
	}
}

// quick retries as in life, without the waits.
func quick() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 4
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

func (w *world) connect(c aws.Credentials, change ...func(*contain.Options)) *contain.Account {
	w.Helper()
	a, err := w.tryConnect(c, change...)
	if err != nil {
		w.Fatal(err)
	}
	return a
}

func (w *world) tryConnect(c aws.Credentials, change ...func(*contain.Options)) (*contain.Account, error) {
	o := contain.Options{Log: w.log, Now: w.clock, Sleep: w.sleep, Retryer: quick, Incident: "IR-7"}
	for _, f := range change {
		f(&o)
	}
	return contain.Connect(w.Context(), w.config(c), o)
}

// responder is an administrator who is a user.
func (w *world) responder() aws.Credentials {
	w.Helper()
	w.seed(&iam.CreateUserInput{UserName: aws.String("ann")})
	w.seed(&iam.PutUserPolicyInput{UserName: aws.String("ann"), PolicyName: aws.String("All"), PolicyDocument: aws.String(allowAll)})
	return w.keyOf("ann")
}

func (w *world) keyOf(user string) aws.Credentials {
	w.Helper()
	out := seeded[*iam.CreateAccessKeyOutput](w, &iam.CreateAccessKeyInput{UserName: &user})
	return aws.Credentials{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey}
}

// session assumes a role as the account's root may not, but a user may.
func (w *world) session(c aws.Credentials, role string) aws.Credentials {
	w.Helper()
	return w.sessionNamed(c, role, "tonight")
}

func (w *world) sessionNamed(c aws.Credentials, role, name string) aws.Credentials {
	w.Helper()
	out, err := sts.NewFromConfig(w.config(c)).AssumeRole(w.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: &name})
	if err != nil {
		w.Fatal(err)
	}
	return aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
}

// policies are all inline policies of the account, by "kind/name/policy".
func (w *world) policies() map[string]string {
	w.Helper()
	found := map[string]string{}
	for _, r := range []contain.Ref{{Kind: "user", Name: "alice"}, {Kind: "role", Name: "deploy"}, {Kind: "group", Name: "admins"}} {
		for name, doc := range w.policiesOf(r) {
			found[r.String()+"/"+name] = doc
		}
	}
	return found
}

func (w *world) policiesOf(r contain.Ref) map[string]string {
	w.Helper()
	found := map[string]string{}
	switch r.Kind {
	case contain.User:
		for _, n := range seeded[*iam.ListUserPoliciesOutput](w, &iam.ListUserPoliciesInput{UserName: &r.Name}).PolicyNames {
			found[n] = *seeded[*iam.GetUserPolicyOutput](w, &iam.GetUserPolicyInput{UserName: &r.Name, PolicyName: &n}).PolicyDocument
		}
	case contain.Role:
		for _, n := range seeded[*iam.ListRolePoliciesOutput](w, &iam.ListRolePoliciesInput{RoleName: &r.Name}).PolicyNames {
			found[n] = *seeded[*iam.GetRolePolicyOutput](w, &iam.GetRolePolicyInput{RoleName: &r.Name, PolicyName: &n}).PolicyDocument
		}
	case contain.Group:
		for _, n := range seeded[*iam.ListGroupPoliciesOutput](w, &iam.ListGroupPoliciesInput{GroupName: &r.Name}).PolicyNames {
			found[n] = *seeded[*iam.GetGroupPolicyOutput](w, &iam.GetGroupPolicyInput{GroupName: &r.Name, PolicyName: &n}).PolicyDocument
		}
	}
	for n, doc := range found {
		if plain, err := url.PathUnescape(doc); err == nil {
			found[n] = plain
		}
	}
	return found
}

func (w *world) putPolicy(r contain.Ref, name, doc string) {
	w.Helper()
	switch r.Kind {
	case contain.User:
		w.seed(&iam.PutUserPolicyInput{UserName: &r.Name, PolicyName: &name, PolicyDocument: &doc})
	case contain.Role:
		w.seed(&iam.PutRolePolicyInput{RoleName: &r.Name, PolicyName: &name, PolicyDocument: &doc})
	case contain.Group:
		w.seed(&iam.PutGroupPolicyInput{GroupName: &r.Name, PolicyName: &name, PolicyDocument: &doc})
	}
}

func (w *world) deletePolicy(r contain.Ref, name string) {
	w.Helper()
	switch r.Kind {
	case contain.User:
		w.seed(&iam.DeleteUserPolicyInput{UserName: &r.Name, PolicyName: &name})
	case contain.Role:
		w.seed(&iam.DeleteRolePolicyInput{RoleName: &r.Name, PolicyName: &name})
	case contain.Group:
		w.seed(&iam.DeleteGroupPolicyInput{GroupName: &r.Name, PolicyName: &name})
	}
}

func (w *world) records() []audit.Record {
	w.Helper()
	records, damaged, err := audit.Read(w.log.Path())
	if err != nil || len(damaged) > 0 {
		w.Fatal(err, damaged)
	}
	if v, err := audit.Verify(w.log.Path()); err != nil || !v.OK {
		w.Fatalf("%+v %v", v, err)
	}
	return records
}

// story is the log in short: kind and outcome of each record.
func (w *world) story() []string {
	w.Helper()
	var s []string
	for _, r := range w.records() {
		s = append(s, strings.TrimSpace(string(r.Kind)+" "+r.Outcome))
	}
	return s
}

func (w *world) tells(want ...string) {
	w.Helper()
	if got := w.story(); !slices.Equal(got, want) {
		w.Errorf("the log tells %q, want %q", got, want)
	}
}

var (
	alice  = contain.Ref{Kind: contain.User, Name: "alice"}
	deploy = contain.Ref{Kind: contain.Role, Name: "deploy"}
	admins = contain.Ref{Kind: contain.Group, Name: "admins"}
)

func (w *world) plan(a *contain.Account, r contain.Ref) contain.Plan {
	w.Helper()
	p, err := a.Plan(w.Context(), r)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *world) planRelease(a *contain.Account, r contain.Ref) contain.Plan {
	w.Helper()
	p, err := a.PlanRelease(w.Context(), r, contain.ReleaseOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return p
}

var order = contain.Order{Reason: "key leaked", Hold: 3 * time.Second}

func (w *world) apply(a *contain.Account, p contain.Plan) contain.Result {
	w.Helper()
	r, err := a.Apply(w.Context(), p, order)
	if err != nil {
		w.Fatalf("%v: %s", err, asJSON(w, r))
	}
	return r
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// switching are credentials that become another's.
type switching struct {
	first, second aws.Credentials
	switched      bool
}

func (s *switching) retrieve(context.Context) (aws.Credentials, error) {
	if s.switched {
		return s.second, nil
	}
	return s.first, nil
}
