package account_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"cordon/playbooks/tabletop/account"
)

// A world is an account, served, and how to reach it.
type world struct {
	*account.Account
	url  string
	root aws.Credentials
}

func serve(t testing.TB, o account.Options) *world {
	t.Helper()
	if o.LookupsPerSecond == 0 {
		o.LookupsPerSecond = -1
	}
	a := account.New(o)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return &world{Account: a, url: server.URL, root: a.Root()}
}

// config returns what the SDK's clients need to act as somebody.
func (w *world) config(c aws.Credentials, region string) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(w.url),
		Credentials: credentials.StaticCredentialsProvider{Value: c},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:  &http.Client{Transport: wholeBody{http.DefaultTransport}},
	}
}

// wholeBody sends a request's body in one piece with its header. Otherwise the
// SDK closes a body as soon as an answer comes, and net/http, which may not
// have seen the body's end by then, drops the connection in the middle of the
// answer. The SDK retries that; these tests count events, and do not.
type wholeBody struct{ http.RoundTripper }

func (t wholeBody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return t.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	return t.RoundTripper.RoundTrip(again)
}

func (w *world) iam(c aws.Credentials) *iam.Client {
	return iam.NewFromConfig(w.config(c, "us-east-1"))
}

func (w *world) sts(c aws.Credentials) *sts.Client {
	return sts.NewFromConfig(w.config(c, "us-east-1"))
}

func (w *world) trail(c aws.Credentials, region string) *cloudtrail.Client {
	return cloudtrail.NewFromConfig(w.config(c, region))
}

// must makes a call's failure the test's.
func must[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%T: %v", v, err)
		}
		return v
	}
}

// code returns the code of an API error; empty for none.
func code(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		t.Fatalf("not an API error: %v", err)
	}
	return api.ErrorCode()
}

func TestCallsThroughTheSDKAreAnsweredAndRecorded(t *testing.T) {
	ctx := context.Background()
	w := serve(t, account.Options{})
	who := must[*sts.GetCallerIdentityOutput](t)(w.sts(w.root).GetCallerIdentity(ctx, nil))
	if got, want := *who.Arn, "arn:aws:iam::123456789012:root"; got != want {
		t.Errorf("root's ARN is %s, want %s", got, want)
	}
	must[*iam.CreateUserOutput](t)(w.iam(w.root).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("alice")}))
	got := must[*iam.GetUserOutput](t)(w.iam(w.root).GetUser(ctx, &iam.GetUserInput{UserName: aws.String("alice")}))
	if want := "arn:aws:iam::123456789012:user/alice"; *got.User.Arn != want {
		t.Errorf("alice's ARN is %s, want %s", *got.User.Arn, want)
	}
	events := must[*cloudtrail.LookupEventsOutput](t)(w.trail(w.root, "us-east-1").LookupEvents(ctx, &cloudtrail.LookupEventsInput{}))
	var names []string
	for _, e := range events.Events {
		names = append(names, *e.EventName)
	}
	if len(names) != 3 || names[0] != "GetUser" || names[2] != "GetCallerIdentity" {
		t.Errorf("events newest first: %v", names)
	}
	_, err := w.iam(w.root).GetUser(ctx, &iam.GetUserInput{UserName: aws.String("bob")})
	if got := code(t, err); got != "NoSuchEntity" {
		t.Errorf("GetUser of nobody: %s", got)
	}
}

// message returns the message of an API error; empty for none.
func message(t testing.TB, err error) string {
	t.Helper()
	if code(t, err) == "" {
		return ""
	}
	var api smithy.APIError
	errors.As(err, &api)
	return api.ErrorMessage()
}

// user creates a user with no permissions.
func (w *world) user(t testing.TB, name string) {
	t.Helper()
	if _, err := w.Seed(time.Now(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
}

// userWith creates a user with one inline policy and an access key.
func (w *world) userWith(t testing.TB, name, policy string) aws.Credentials {
	t.Helper()
	w.user(t, name)
	if policy != "" {
		if _, err := w.Seed(time.Now(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("inline"), PolicyDocument: &policy}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := w.Seed(time.Now(), &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	key := out.(*iam.CreateAccessKeyOutput).AccessKey //nolint:errcheck // the operation's own type
	return aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
}

// session returns the credentials that STS handed out.
func session(c *ststypes.Credentials) aws.Credentials {
	return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}
}
