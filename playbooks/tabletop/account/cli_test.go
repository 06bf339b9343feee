package account_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"cordon/playbooks/tabletop/account"
)

// awsCLI returns the AWS CLI on the PATH that works, or skips and says so.
func awsCLI(t testing.TB) string {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, "aws")
		if err := exec.CommandContext(t.Context(), path, "--version").Run(); err == nil { // #nosec G702 -- the tester's own PATH
			return path
		}
	}
	t.Skip("skipped: no working aws on the PATH (on Debian: apt-get install awscli)")
	return ""
}

// cli runs the AWS CLI as somebody, on nothing but what it is given here.
func (w *world) cli(t testing.TB, path string, as aws.Credentials, args ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, append([]string{"--endpoint-url", w.url, "--output", "json"}, args...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
		"AWS_ACCESS_KEY_ID=" + as.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + as.SecretAccessKey,
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1",
	}
	if as.SessionToken != "" {
		cmd.Env = append(cmd.Env, "AWS_SESSION_TOKEN="+as.SessionToken)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	// What fails says so on standard error, which is what the tests read.
	_ = cmd.Run()
	return out.String(), strings.TrimSpace(errs.String())
}

// TestTheAWSCLIDrivesTheAccount is the story of a containment, told with the
// AWS CLI alone: what cordon does can be done and seen without it.
func TestTheAWSCLIDrivesTheAccount(t *testing.T) {
	t.Parallel() // each run of the CLI takes most of a second
	path := awsCLI(t)
	w := serve(t, account.Options{})
	ok := func(as aws.Credentials, args ...string) map[string]any {
		t.Helper()
		out, errs := w.cli(t, path, as, args...)
		if errs != "" {
			t.Fatalf("aws %s: %s", strings.Join(args, " "), errs)
		}
		if out == "" {
			return nil
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatalf("aws %s: %v in %s", strings.Join(args, " "), err, out)
		}
		return v
	}
	refused := func(as aws.Credentials, want string, args ...string) {
		t.Helper()
		if _, errs := w.cli(t, path, as, args...); !strings.Contains(errs, want) {
			t.Errorf("aws %s: got %q, want %q", strings.Join(args, " "), errs, want)
		}
	}
	ok(w.root, "iam", "create-user", "--user-name", "mallory", "--path", "/staff/", "--tags", "Key=team,Value=blue")
	ok(w.root, "iam", "attach-user-policy", "--user-name", "mallory", "--policy-arn", adminPolicy)
	key, _ := ok(w.root, "iam", "create-access-key", "--user-name", "mallory")["AccessKey"].(map[string]any)
	text := func(v any) string { s, _ := v.(string); return s }
	mallory := aws.Credentials{AccessKeyID: text(key["AccessKeyId"]), SecretAccessKey: text(key["SecretAccessKey"])}

	who := ok(mallory, "sts", "get-caller-identity")
	if who["Arn"] != "arn:aws:iam::123456789012:user/staff/mallory" {
		t.Errorf("get-caller-identity: %v", who)
	}
	ok(mallory, "iam", "create-role", "--role-name", "door", "--assume-role-policy-document", trustAll)
	opened, _ := ok(mallory, "sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/door", "--role-session-name", "s1")["Credentials"].(map[string]any)
	inside := aws.Credentials{AccessKeyID: text(opened["AccessKeyId"]), SecretAccessKey: text(opened["SecretAccessKey"]), SessionToken: text(opened["SessionToken"])}
	if got := ok(inside, "sts", "get-caller-identity")["Arn"]; got != "arn:aws:sts::123456789012:assumed-role/door/s1" {
		t.Errorf("inside the role: %v", got)
	}

	ok(w.root, "iam", "put-user-policy", "--user-name", "mallory", "--policy-name", "DenyAll", "--policy-document", denyAll)
	got := ok(w.root, "iam", "get-user-policy", "--user-name", "mallory", "--policy-name", "DenyAll")["PolicyDocument"]
	var want any
	if err := json.Unmarshal([]byte(denyAll), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the document read back (-want +got):\n%s", diff)
	}
	refused(mallory, "An error occurred (AccessDenied) when calling the ListUsers operation: User: arn:aws:iam::123456789012:user/staff/mallory is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::123456789012:user/ with an explicit deny in an identity-based policy", "iam", "list-users")
	refused(mallory, "An error occurred (AccessDeniedException) when calling the LookupEvents operation", "cloudtrail", "lookup-events")
	ok(mallory, "sts", "get-caller-identity")

	ok(w.root, "iam", "delete-user-policy", "--user-name", "mallory", "--policy-name", "DenyAll")
	ok(mallory, "iam", "list-users", "--max-items", "1")
	refused(w.root, "An error occurred (NoSuchEntity) when calling the GetUserPolicy operation: The user policy with name DenyAll cannot be found.", "iam", "get-user-policy", "--user-name", "mallory", "--policy-name", "DenyAll")
	refused(w.root, "An error occurred (DeleteConflict) when calling the DeleteUser operation", "iam", "delete-user", "--user-name", "mallory")
	refused(aws.Credentials{AccessKeyID: mallory.AccessKeyID, SecretAccessKey: "wrong"}, "(SignatureDoesNotMatch)", "iam", "list-users")

	found, _ := ok(w.root, "cloudtrail", "lookup-events", "--lookup-attributes", "AttributeKey=EventName,AttributeValue=PutUserPolicy")["Events"].([]any)
	if len(found) != 1 {
		t.Errorf("lookup-events: %v", found)
	}
	for _, list := range [][]string{
		{"iam", "list-groups"},
		{"iam", "list-policies", "--scope", "Local"},
		{"iam", "get-account-summary"},
		{"iam", "get-role", "--role-name", "door"},
		{"iam", "get-access-key-last-used", "--access-key-id", mallory.AccessKeyID},
		{"sts", "get-session-token"},
	} {
		if len(ok(w.root, list...)) == 0 {
			t.Errorf("aws %s said nothing", strings.Join(list, " "))
		}
	}
}
