package account_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"

	"cordon/playbooks/tabletop/account"
)

func requestIDOf(t testing.TB, m middleware.Metadata) string {
	t.Helper()
	id, ok := awsmiddleware.GetRequestIDMetadata(m)
	if !ok || id == "" {
		t.Fatal("the response has no request id")
	}
	return id
}

// A request is one that is signed by hand, to be signed wrongly.
type request struct {
	body            string
	target          string // of JSON; empty for the Query protocol
	as              aws.Credentials
	service, region string
	at              time.Time
	change          func(*http.Request) // after signing
}

const whoami = "Action=GetCallerIdentity&Version=2011-06-15"

func (w *world) send(t testing.TB, in request) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.url+"/", strings.NewReader(in.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if in.target != "" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", in.target)
	}
	sum := sha256.Sum256([]byte(in.body))
	if err := v4.NewSigner().SignHTTP(t.Context(), in.as, r, hex.EncodeToString(sum[:]), in.service, in.region, in.at); err != nil {
		t.Fatal(err)
	}
	if in.change != nil {
		in.change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(all)
}

func TestSignaturesAreChecked(t *testing.T) {
	w := serve(t, account.Options{Clock: noon})
	alice := w.userWith(t, "alice", allowAll)
	inactive := w.userWith(t, "bob", allowAll)
	if _, err := w.Seed(noon(), &iam.UpdateAccessKeyInput{UserName: str("bob"), AccessKeyId: &inactive.AccessKeyID, Status: types.StatusTypeInactive}); err != nil {
		t.Fatal(err)
	}
	temporary := func(at time.Time) aws.Credentials {
		t.Helper()
		out, err := w.Do(t.Context(), account.Call{AccessKeyID: alice.AccessKeyID, Input: &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)}, At: at})
		if err != nil {
			t.Fatal(err)
		}
		return session(out.(*sts.GetSessionTokenOutput).Credentials) //nolint:errcheck // the operation's own type
	}
	live, expired := temporary(noon()), temporary(noon().Add(-time.Hour))
	noToken, otherToken, needless := live, live, alice
	noToken.SessionToken, otherToken.SessionToken, needless.SessionToken = "", expired.SessionToken, live.SessionToken
	wrong := alice
	wrong.SecretAccessKey = "wrong"
	unknown := aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "x"}

	query := func(as aws.Credentials, change func(*request)) request {
		r := request{body: whoami, as: as, service: "sts", region: "us-east-1", at: noon()}
		if change != nil {
			change(&r)
		}
		return r
	}
	lookup := func(as aws.Credentials) request {
		return request{body: "{}", target: "CloudTrail_20131101.LookupEvents", as: as, service: "cloudtrail", region: "us-east-1", at: noon()}
	}
	const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	recorded := len(w.Events())
	for name, test := range map[string]struct {
		request
		status int
		want   string
	}{
		"as it should be":                {query(alice, nil), 200, "user/alice"},
		"a session as it should be":      {query(live, nil), 200, "user/alice"},
		"in another Region":              {query(alice, func(r *request) { r.region = "ap-south-2" }), 200, "user/alice"},
		"four minutes late":              {query(alice, func(r *request) { r.at = noon().Add(-4 * time.Minute) }), 200, "user/alice"},
		"JSON as it should be":           {lookup(alice), 200, "Events"},
		"the wrong secret":               {query(wrong, nil), 403, "<Code>SignatureDoesNotMatch</Code><Message>" + mismatch},
		"the wrong secret in JSON":       {lookup(wrong), 400, `{"__type":"InvalidSignatureException","message":"` + mismatch},
		"a key that nobody has":          {query(unknown, nil), 403, "<Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid."},
		"a key that nobody has, in JSON": {lookup(unknown), 400, `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."`},
		"an inactive key":                {query(inactive, nil), 403, "<Code>InvalidClientTokenId</Code>"},
		"a session that has expired":     {query(expired, nil), 403, "<Code>ExpiredToken</Code><Message>The security token included in the request is expired<"},
		"an expired session in JSON":     {lookup(expired), 400, `"__type":"ExpiredTokenException"`},
		"a session without its token":    {query(noToken, nil), 403, "<Code>InvalidClientTokenId</Code>"},
		"a session with another's token": {query(otherToken, nil), 403, "<Code>InvalidClientTokenId</Code>"},
		"a token where there is none":    {query(needless, nil), 403, "<Code>InvalidClientTokenId</Code>"},
		"another service's signature":    {query(alice, func(r *request) { r.service = "iam" }), 403, "Credential should be scoped to correct service: &#39;sts&#39;. "},
		"six minutes late": {
			query(alice, func(r *request) { r.at = noon().Add(-6 * time.Minute) }), 403,
			"<Code>SignatureDoesNotMatch</Code><Message>Signature expired: 20260314T115400Z is now earlier than 20260314T115500Z (20260314T120000Z - 5 min.)",
		},
		"six minutes early": {
			query(alice, func(r *request) { r.at = noon().Add(6 * time.Minute) }), 403,
			"Signature not yet current: 20260314T120600Z is still later than 20260314T120500Z (20260314T120000Z + 5 min.)",
		},
		"another body": {query(alice, func(r *request) {
			r.change = func(h *http.Request) { h.Body = io.NopCloser(bytes.NewReader([]byte(strings.ToUpper(whoami)))) }
		}), 400, "<Code>MissingAction</Code>"},
		"a signed header changed": {query(alice, func(r *request) {
			r.change = func(h *http.Request) { h.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8") }
		}), 403, "<Code>SignatureDoesNotMatch</Code>"},
		"the query string changed": {query(alice, func(r *request) {
			r.change = func(h *http.Request) { h.URL.RawQuery = "Action=GetSessionToken" }
		}), 403, "<Code>SignatureDoesNotMatch</Code>"},
		"no signature": {query(alice, func(r *request) {
			r.change = func(h *http.Request) { h.Header.Del("Authorization") }
		}), 403, "<Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication Token"},
		"another algorithm": {query(alice, func(r *request) {
			r.change = func(h *http.Request) { h.Header.Set("Authorization", "Basic YTpi") }
		}), 400, "<Code>IncompleteSignature</Code>"},
		"half a signature": {query(alice, func(r *request) {
			r.change = func(h *http.Request) {
				h.Header.Set("Authorization", strings.Split(h.Header.Get("Authorization"), ", Signature=")[0])
			}
		}), 400, "<Code>IncompleteSignature</Code>"},
		"no date": {query(alice, func(r *request) {
			r.change = func(h *http.Request) { h.Header.Del("X-Amz-Date") }
		}), 400, "<Code>IncompleteSignature</Code>"},
	} {
		t.Run(name, func(t *testing.T) {
			before := len(w.Events())
			status, body := w.send(t, test.request)
			if status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("answered %d %s\nwant %d %s", status, body, test.status, test.want)
			}
			if got := len(w.Events()) - before; (got == 1) != (status == 200) {
				t.Errorf("%d events recorded", got)
			}
		})
	}
	if len(w.Events()) == recorded {
		t.Error("nothing was recorded at all")
	}
}

func TestAnOpenAccountChecksTheKeysItKnows(t *testing.T) {
	ctx := t.Context()
	w := serve(t, account.Options{Open: true})
	stranger := aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}
	who := must[*sts.GetCallerIdentityOutput](t)(w.sts(stranger).GetCallerIdentity(ctx, nil))
	if *who.Arn != "arn:aws:iam::123456789012:root" {
		t.Errorf("a stranger is %s", *who.Arn)
	}
	users := must[*iam.ListUsersOutput](t)(w.iam(stranger).ListUsers(ctx, &iam.ListUsersInput{}))
	if len(users.Users) != 0 {
		t.Errorf("an empty account has users: %v", users.Users)
	}
	alice := w.userWith(t, "alice", "")
	if _, err := w.iam(alice).ListUsers(ctx, &iam.ListUsersInput{}); code(t, err) != "AccessDenied" {
		t.Errorf("a known key without permissions: %v", err)
	}
	alice.SecretAccessKey = "wrong"
	if _, err := w.iam(alice).ListUsers(ctx, &iam.ListUsersInput{}); code(t, err) != "SignatureDoesNotMatch" {
		t.Errorf("a known key with another secret: %v", err)
	}
}
