package cli_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// cordon is a command with nothing of the machine's own configuration.
func cordon(ctx context.Context, t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(ctx, "cordon", args...)
	cmd.Env = os.Environ()
	for name, value := range isolated(t.TempDir()) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

func TestSandboxServesUntilItIsInterrupted(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			envFile := filepath.Join(t.TempDir(), "env")
			cmd := cordon(t.Context(), t, "sandbox", "--listen", "127.0.0.1:0", "--seed", "42", "--env-file", envFile)
			var told strings.Builder
			cmd.Stderr = &told
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			scanner := bufio.NewScanner(out)
			var lines []string
			for len(lines) < 5 && scanner.Scan() {
				lines = append(lines, scanner.Text())
			}
			for i, want := range []string{
				`^export AWS_ENDPOINT_URL=http://127\.0\.0\.1:[0-9]+$`,
				`^export AWS_ACCESS_KEY_ID=AKIA[A-Z0-9]{16}$`,
				`^export AWS_SECRET_ACCESS_KEY=[A-Za-z0-9+/]{40}$`,
				`^export AWS_REGION=us-east-1$`,
				`^export CORDON_AUDIT_LOG=.*/exercise/.*\.audit\.jsonl$`,
			} {
				if i >= len(lines) || !regexp.MustCompile(want).MatchString(lines[i]) {
					t.Fatalf("line %d is not %s in %q", i+1, want, lines)
				}
			}
			checkEnvFile(t, envFile, lines)
			users := exec.CommandContext(t.Context(), "sh", "-c", ". "+envFile+" && cordon list users")
			users.Env = cordon(t.Context(), t).Env
			if answer, err := users.CombinedOutput(); err != nil || !strings.Contains(string(answer), "maria.santos") {
				t.Errorf("with the file's environment: %v: %s", err, answer)
			}
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			for scanner.Scan() {
				t.Errorf("standard output goes on: %s", scanner.Text())
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if !strings.Contains(told.String(), "A leaked access key (leaked-access-key), speed 20, seed 42") {
				t.Errorf("standard error does not say what is played: %s", told.String())
			}
		})
	}
}

func checkEnvFile(t *testing.T, path string, lines []string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	written := strings.Split(strings.TrimSpace(string(raw)), "\n")
	if len(written) != 7 {
		t.Fatalf("the file has %d lines: %s", len(written), raw)
	}
	if diff := cmp.Diff(lines, written[:5]); diff != "" {
		t.Error(diff)
	}
	for i, name := range []string{"CORDON_ADVERSARY_ACCESS_KEY_ID", "CORDON_ADVERSARY_SECRET_ACCESS_KEY"} {
		if !strings.HasPrefix(written[5+i], "export "+name+"=") {
			t.Errorf("%s is missing: %s", name, written[5+i])
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
}

// awsCLIs are the AWS CLIs of this computer that work.
func awsCLIs(t *testing.T) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var working []string
	for _, name := range []string{"aws", "/usr/bin/aws"} {
		if err := exec.CommandContext(ctx, name, "--version").Run(); err == nil {
			working = append(working, name)
		}
	}
	if len(working) == 0 {
		t.Skip("no aws on the PATH works: skipping what the AWS CLI would do in the sandbox")
	}
	return working
}

func TestTheAWSCLIWorksInsideTheSandbox(t *testing.T) {
	for _, aws := range awsCLIs(t) {
		t.Run(aws, func(t *testing.T) {
			out, err := cordon(t.Context(), t, "sandbox", "--", aws, "iam", "list-users", "--query", "Users[].UserName", "--output", "text").CombinedOutput()
			if err != nil || !strings.Contains(string(out), "maria.santos") {
				t.Fatalf("%v: %s", err, out)
			}
		})
	}
}

// The attacker's own key, by the AWS CLI: it works, is denied while its owner
// is contained, and works again.
const containAndRelease = `
thief() { AWS_ACCESS_KEY_ID=$CORDON_ADVERSARY_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY=$CORDON_ADVERSARY_SECRET_ACCESS_KEY "$AWS" "$@"; }
thief iam list-users >/dev/null && echo free
cordon contain user/maria.santos --reason drill --yes --hold 0 >/dev/null && echo contained
thief iam list-users 2>&1
cordon release user/maria.santos --reason drill --yes >/dev/null && echo released
thief iam list-users >/dev/null && echo free again
`

func TestTheStolenKeyIsDeniedToTheAWSCLIWhileContained(t *testing.T) {
	aws := awsCLIs(t)[0]
	cmd := cordon(t.Context(), t, "sandbox", "--", "sh", "-c", containAndRelease)
	cmd.Env = append(cmd.Env, "AWS="+aws)
	// AWS is no variable of an account, and stays.
	var told strings.Builder
	cmd.Stderr = &told
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, told.String())
	}
	want := regexp.MustCompile(`(?s)^free\ncontained\n.*AccessDenied.*explicit deny.*\nreleased\nfree again\n$`)
	if !want.Match(out) {
		t.Errorf("got %s", out)
	}
}
