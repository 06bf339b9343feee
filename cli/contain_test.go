package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

// patience bounds the waits for what must happen; nothing is measured by it.
const patience = 30 * time.Second

// A world is a sandbox of its own, and an environment that leads into it.
type world struct {
	dir       string
	responder key
	adversary key
}

// newWorld starts cordon sandbox with the arguments, for the time of the test.
func newWorld(t testing.TB, args ...string) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	envFile := filepath.Join(w.dir, "env")
	cmd := exec.CommandContext(t.Context(), "cordon", append([]string{"sandbox", "--env-file", envFile}, args...)...)
	cmd.Env = w.environment()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed with the test's context
	// The file is complete before the first line is printed.
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("cordon sandbox printed nothing: %v", err)
	}
	env := readExports(t, envFile)
	w.responder = key{env["AWS_ENDPOINT_URL"], env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"]}
	w.adversary = key{env["AWS_ENDPOINT_URL"], env["CORDON_ADVERSARY_ACCESS_KEY_ID"], env["CORDON_ADVERSARY_SECRET_ACCESS_KEY"]}
	return w
}

func readExports(t testing.TB, path string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		env[name] = value
	}
	return env
}

func (w *world) environment() []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "AWS_REGION=us-east-1", "TERM=xterm"}
	for name, value := range isolated(w.dir) {
		env = append(env, name+"="+value)
	}
	return append(env,
		"AWS_ENDPOINT_URL="+w.responder.endpoint,
		"AWS_ACCESS_KEY_ID="+w.responder.id,
		"AWS_SECRET_ACCESS_KEY="+w.responder.secret)
}

func (w *world) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cordon", args...)
	cmd.Dir, cmd.Env = w.dir, w.environment()
	return cmd
}

// run runs cordon, which must end well, and returns what it printed.
func (w *world) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := w.command(t.Context(), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("cordon %s: %v\n%s%s", strings.Join(args, " "), err, &out, &errs)
	}
	return out.String()
}

// eventually waits until the check holds. Changes of policies take effect after
// a while, in the simulated account as in AWS.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !check() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not after %s", what, patience)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func listUsers(ctx context.Context, k key) error {
	_, err := k.iam().ListUsers(ctx, &iam.ListUsersInput{})
	return err
}

func TestContainmentStopsTheStolenKeyAndReleaseGivesItBack(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if err := listUsers(ctx, w.adversary); err != nil {
		t.Fatalf("the adversary cannot act before anything was done: %v", err)
	}

	w.run(t, "contain", "user/maria.santos", "--reason", "leaked key", "--hold", "0", "--yes")
	eventually(t, "the adversary is denied explicitly", func() bool {
		var api smithy.APIError
		err := listUsers(ctx, w.adversary)
		return errors.As(err, &api) && api.ErrorCode() == "AccessDenied" && strings.Contains(api.ErrorMessage(), "explicit deny")
	})
	if status := w.run(t, "status"); !strings.Contains(status, "user/maria.santos") {
		t.Errorf("status does not tell of the containment:\n%s", status)
	}

	w.run(t, "release", "user/maria.santos", "--reason", "cleared", "--yes")
	eventually(t, "the adversary can act again", func() bool { return listUsers(ctx, w.adversary) == nil })
	if log := w.run(t, "audit", "verify"); !strings.Contains(log, "ok: 4 records") {
		t.Errorf("the audit log: %s", log)
	}
}

func TestTheAdversaryIsRankedFirst(t *testing.T) {
	out := (&world{dir: t.TempDir()}).run(t, "rank", "--sandbox", "--format", "csv", "--limit", "1")
	lines := strings.Split(out, "\n")
	if len(lines) < 2 || !strings.HasPrefix(lines[1], "1,user,maria.santos,") {
		t.Errorf("the first of the ranking is not the adversary:\n%s", out)
	}
}

func TestAnInterruptedHoldIsToldAndRecorded(t *testing.T) {
	w := newWorld(t, "--empty")
	createUser(t, w.responder, "alice")
	cmd := w.command(t.Context(), "contain", "user/alice", "--reason", "r", "--yes", "--hold", "10m")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "in_place") {
			break
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(stderr)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code is read below
	if got := cmd.ProcessState.ExitCode(); got != 4 {
		t.Errorf("it ended with %d, want 4\n%s", got, rest)
	}
	if !strings.Contains(string(rest), "cordon: user/alice is in_place") {
		t.Errorf("the end of the hold was not told:\n%s", rest)
	}
	if log := w.run(t, "audit", "list"); !strings.Contains(log, "outcome") || strings.Contains(log, "no outcome recorded") {
		t.Errorf("the outcome was not recorded:\n%s", log)
	}
}

func TestAReaderThatGoesAwayEndsQuietly(t *testing.T) {
	w := &world{dir: t.TempDir()}
	cmd := w.command(t.Context(), "events", "--sandbox", "--format", "json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || errs.Len() > 0 {
		t.Errorf("cordon events | true: %v\n%s", err, &errs)
	}
}

func TestOnATerminalContainmentAsksForTheName(t *testing.T) {
	w := newWorld(t, "--empty")
	createUser(t, w.responder, "alice")
	tests := []struct {
		typed string
		code  int
		want  []string
	}{
		{typed: "\r", code: 1},
		{typed: "bob\r", code: 1},
		{typed: "user/alice\r", code: 1},
		{typed: "y\r", code: 1},
		{typed: "alice\r", code: 0, want: []string{"DenyAll"}},
	}
	for _, tt := range tests {
		w.answer(t, tt.code, tt.typed, "contain", "user/alice", "--reason", "r", "--hold", "0")
		if diff := cmp.Diff(tt.want, policyNames(t, w.responder, "alice")); diff != "" {
			t.Errorf("after typing %q (-want +got):\n%s", tt.typed, diff)
		}
	}
	w.answer(t, 1, "n\r", "release", "user/alice", "--reason", "r")
	if diff := cmp.Diff([]string{"DenyAll"}, policyNames(t, w.responder, "alice")); diff != "" {
		t.Errorf("after a no (-want +got):\n%s", diff)
	}
	w.answer(t, 0, "y\r", "release", "user/alice", "--reason", "r")
	if got := policyNames(t, w.responder, "alice"); len(got) != 0 {
		t.Errorf("after a yes %v is left", got)
	}
}

// answer runs cordon on a terminal and types, once the question stands there.
func (w *world) answer(t *testing.T, code int, keys string, args ...string) {
	t.Helper()
	cmd := w.command(t.Context(), args...)
	tty, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	var screen bytes.Buffer
	buf := make([]byte, 4096)
	for asked := false; ; {
		n, err := tty.Read(buf)
		screen.Write(buf[:n])
		if err != nil {
			break // Linux answers EIO when the other side has closed
		}
		if !asked && (strings.Contains(screen.String(), "leave it: ") || strings.Contains(screen.String(), "[y/N] ")) {
			asked = true
			if _, err := tty.WriteString(keys); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // the exit code is read below
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("cordon %s with %q typed ended with %d, want %d\n%s", strings.Join(args, " "), keys, got, code, &screen)
	}
}

func createUser(t *testing.T, k key, name string) {
	t.Helper()
	if _, err := k.iam().CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
}

func policyNames(t *testing.T, k key, user string) []string {
	t.Helper()
	out, err := k.iam().ListUserPolicies(t.Context(), &iam.ListUserPoliciesInput{UserName: &user})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.PolicyNames) == 0 {
		return nil
	}
	return out.PolicyNames
}
