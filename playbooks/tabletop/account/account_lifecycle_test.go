package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cordon/playbooks/tabletop/account"
)

func post(t testing.TB, w *world, change func(*http.Request)) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+account.ResetPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestResetGoesBackToTheMarkedStart(t *testing.T) {
	ctx := t.Context()
	w := serve(t, account.Options{})
	alice := w.userWith(t, "alice", allowAll)
	must[*sts.GetCallerIdentityOutput](t)(w.sts(alice).GetCallerIdentity(ctx, nil))
	w.MarkStart()
	for range 2 { // the start is not used up
		c := w.iam(w.root)
		must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: str("eve")}))
		must[*iam.PutUserPolicyOutput](t)(c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("DenyAll"), PolicyDocument: str(denyAll)}))
		must[*iam.UpdateAccessKeyOutput](t)(c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{UserName: str("alice"), AccessKeyId: &alice.AccessKeyID, Status: "Inactive"}))
		if status := post(t, w, nil); status != http.StatusNoContent {
			t.Fatalf("reset answered %d", status)
		}
		if n := len(w.Events()); n != 1 {
			t.Errorf("%d events after the reset, want 1", n)
		}
		users := must[*iam.ListUsersOutput](t)(w.iam(alice).ListUsers(ctx, &iam.ListUsersInput{}))
		if len(users.Users) != 1 {
			t.Errorf("users after the reset: %v", users.Users)
		}
		found := must[*cloudtrail.LookupEventsOutput](t)(w.trail(w.root, "us-east-1").LookupEvents(ctx, nil))
		if len(found.Events) != 2 {
			t.Errorf("%d events found after the reset, want GetCallerIdentity and ListUsers", len(found.Events))
		}
		w.Reset()
	}
}

func TestResetIsNotForBrowsersAndNotForGET(t *testing.T) {
	w := serve(t, account.Options{})
	w.user(t, "alice")
	if got := post(t, w, func(r *http.Request) { r.Header.Set("Origin", "https://example.com") }); got != http.StatusForbidden {
		t.Errorf("a page in a browser: %d", got)
	}
	if got := post(t, w, func(r *http.Request) { r.Method = http.MethodGet }); got != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", got)
	}
	must[*iam.GetUserOutput](t)(w.iam(w.root).GetUser(t.Context(), &iam.GetUserInput{UserName: str("alice")}))
}

func TestAKnownAccessKeyCanBeGiven(t *testing.T) {
	w := serve(t, account.Options{})
	w.user(t, "alice")
	if err := w.GiveAccessKey("alice", "AKIAIOSFODNN7EXAMPLE", "wJalr/EXAMPLE"); err != nil {
		t.Fatal(err)
	}
	who := must[*sts.GetCallerIdentityOutput](t)(w.sts(aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalr/EXAMPLE"}).GetCallerIdentity(t.Context(), nil))
	if *who.Arn != "arn:aws:iam::123456789012:user/alice" {
		t.Errorf("the key is of %s", *who.Arn)
	}
	if err := w.GiveAccessKey("alice", "AKIAIOSFODNN7EXAMPLE", "other"); err == nil {
		t.Error("one key was given twice")
	}
	var fault *account.Error
	if err := w.GiveAccessKey("nobody", "AKIAIOSFODNN7EXAMPL2", "x"); !errors.As(err, &fault) || fault.Code != "NoSuchEntity" {
		t.Errorf("a key of nobody: %v", err)
	}
}

func TestInputsAreBuiltFromNames(t *testing.T) {
	w := serve(t, account.Options{})
	got, err := w.Input("iam", "CreateUser", map[string]any{"UserName": "alice", "Tags": []any{map[string]any{"Key": "k", "Value": "v"}}})
	if err != nil {
		t.Fatal(err)
	}
	if in, ok := got.(*iam.CreateUserInput); !ok || *in.UserName != "alice" || *in.Tags[0].Value != "v" {
		t.Errorf("built %#v", got)
	}
	if _, err := w.Input("iam", "CreateUser", map[string]any{"userNme": "alice"}); err == nil {
		t.Error("a parameter that is none was taken")
	}
	other, err := w.Input("s3", "ListBuckets", map[string]any{"a": 1})
	if fields, ok := other.(map[string]any); err != nil || !ok || fields["a"] != 1 {
		t.Errorf("another service's: %v, %v", other, err)
	}
}

func TestRootIsAUserToo(t *testing.T) {
	w := serve(t, account.Options{})
	c := w.iam(w.root)
	got := must[*iam.GetUserOutput](t)(c.GetUser(t.Context(), &iam.GetUserInput{}))
	if *got.User.Arn != "arn:aws:iam::"+w.ID()+":root" || *got.User.UserId != w.ID() {
		t.Errorf("GetUser: %+v", got.User)
	}
	keys := must[*iam.ListAccessKeysOutput](t)(c.ListAccessKeys(t.Context(), &iam.ListAccessKeysInput{}))
	if len(keys.AccessKeyMetadata) != 1 || *keys.AccessKeyMetadata[0].AccessKeyId != w.root.AccessKeyID {
		t.Errorf("root's keys: %+v", keys.AccessKeyMetadata)
	}
}

func TestCallsInProcessThatCannotBeMade(t *testing.T) {
	w := serve(t, account.Options{})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Do(cancelled, account.Call{AccessKeyID: w.root.AccessKeyID, Input: &iam.ListUsersInput{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call: %v", err)
	}
	for name, c := range map[string]account.Call{
		"no operation":                {AccessKeyID: w.root.AccessKeyID},
		"an input of no operation":    {AccessKeyID: w.root.AccessKeyID, Input: &iam.CreateSAMLProviderInput{}},
		"an input of another":         {AccessKeyID: w.root.AccessKeyID, Service: "iam", Operation: "ListUsers", Input: &iam.GetUserInput{}},
		"nobody":                      {Input: &iam.ListUsersInput{}},
		"a key that nobody has":       {AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Input: &iam.ListUsersInput{}},
		"without a name it must have": {AccessKeyID: w.root.AccessKeyID, Input: &iam.DeleteUserInput{}},
	} {
		if _, err := w.Do(t.Context(), c); err == nil {
			t.Errorf("%s: done", name)
		}
	}
}

func TestManyCallersAtOnce(t *testing.T) {
	w := serve(t, account.Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprint("user", i)
			c := w.iam(w.root)
			for range 5 {
				if _, err := c.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
					t.Error(err)
				}
				if _, err := c.ListUsers(t.Context(), &iam.ListUsersInput{}); err != nil {
					t.Error(err)
				}
				if _, err := w.trail(w.root, "us-east-1").LookupEvents(t.Context(), nil); err != nil {
					t.Error(err)
				}
				if _, err := c.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: &name}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := len(w.Events()); n != 8*5*4 {
		t.Errorf("%d events, want %d", n, 8*5*4)
	}
}
