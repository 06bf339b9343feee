package cli_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cordon/cli"
)

// TestMain makes this test binary serve as cordon, first in PATH, so that
// scripts and tests run the whole program in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"cordon": func() { os.Exit(cli.Main()) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			for name, value := range isolated(env.WorkDir) {
				env.Setenv(name, value)
			}
			env.Values[stallKey{}] = &stall{reached: make(chan struct{})}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"gzip":      gzipFile,
			"truncate":  truncateFile,
			"replace":   replaceInFile,
			"exitcode":  exitCode,
			"sandbox":   startSandbox,
			"stall":     stallCall,
			"stalled":   waitForStall,
			"reset":     resetSandbox,
			"create":    createEntity,
			"become":    becomeUser,
			"allow":     allowRole,
			"policies":  printPolicies,
			"putpolicy": putByHand,
		},
	})
}

// isolated is an environment in which nothing of the machine's own AWS
// configuration, state or metadata service is seen.
func isolated(dir string) map[string]string {
	return map[string]string{
		"HOME":                        filepath.Join(dir, "home"),
		"XDG_STATE_HOME":              filepath.Join(dir, "state"),
		"XDG_CONFIG_HOME":             filepath.Join(dir, "config"),
		"AWS_CONFIG_FILE":             filepath.Join(dir, "aws-config"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(dir, "aws-credentials"),
		"AWS_EC2_METADATA_DISABLED":   "true",
	}
}

// gzip FILE... writes FILE.gz beside each.
func gzipFile(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		raw := ts.ReadFile(name)
		f, err := os.Create(ts.MkAbs(name + ".gz"))
		ts.Check(err)
		w := gzip.NewWriter(f)
		_, err = io.WriteString(w, raw)
		ts.Check(err)
		ts.Check(w.Close())
		ts.Check(f.Close())
	}
}

// truncate FILE takes the last third away.
func truncateFile(ts *testscript.TestScript, neg bool, args []string) {
	raw := ts.ReadFile(args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(raw[:len(raw)*2/3]), 0o600))
}

// replace FILE OLD NEW replaces the first OLD, which must be there.
func replaceInFile(ts *testscript.TestScript, neg bool, args []string) {
	raw := ts.ReadFile(args[0])
	if !strings.Contains(raw, args[1]) {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(raw, args[1], args[2], 1)), 0o600))
}

// exitcode N COMMAND... runs the command, which must end with N; its output is
// that of the step, as after exec.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if want := args[0]; fmt.Sprint(got) != want {
		ts.Fatalf("%s ended with %d, want %s", strings.Join(args[1:], " "), got, want)
	}
}

// sandbox ARGS... starts cordon sandbox and puts what it exports into the
// environment of the script, as eval would. It ends with the script.
func startSandbox(ts *testscript.TestScript, neg bool, args []string) {
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "cordon", append([]string{"sandbox", "--listen", "127.0.0.1:0"}, args...)...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "XDG_STATE_HOME=" + ts.Getenv("XDG_STATE_HOME")}
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
	lines := bufio.NewScanner(out)
	for range 4 {
		if !lines.Scan() {
			ts.Fatalf("cordon sandbox ended before it had printed its environment: %v", lines.Err())
		}
		assignment, ok := strings.CutPrefix(lines.Text(), "export ")
		name, value, ok2 := strings.Cut(assignment, "=")
		if !ok || !ok2 {
			ts.Fatalf("cordon sandbox printed %q, want export NAME=VALUE", lines.Text())
		}
		ts.Setenv(name, strings.Trim(value, `'"`))
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

// reset puts the sandbox back to its start.
func resetSandbox(ts *testscript.TestScript, neg bool, args []string) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, ts.Getenv("AWS_ENDPOINT_URL")+"/_cordon/reset", nil)
	ts.Check(err)
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	ts.Check(response.Body.Close())
	if response.StatusCode/100 != 2 {
		ts.Fatalf("reset answered %s", response.Status)
	}
}

// A stall is a proxy that holds one kind of call for ever. Each script has one.
type stall struct {
	behind  string
	once    sync.Once
	reached chan struct{}
}

type stallKey struct{}

func stallOf(ts *testscript.TestScript) *stall {
	s, ok := ts.Value(stallKey{}).(*stall)
	if !ok {
		ts.Fatalf("the script was set up without a stall")
	}
	return s
}

// stall ACTION puts a proxy before the sandbox that passes everything on but
// calls of ACTION (PutUserPolicy, LookupEvents): they are held until the caller
// goes away.
func stallCall(ts *testscript.TestScript, neg bool, args []string) {
	s := stallOf(ts)
	s.behind = ts.Getenv("AWS_ENDPOINT_URL")
	target, err := url.Parse(s.behind)
	ts.Check(err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the signature covers it
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if strings.Contains(string(body), "Action="+args[0]+"&") || strings.HasSuffix(r.Header.Get("X-Amz-Target"), "."+args[0]) {
			s.once.Do(func() { close(s.reached) })
			<-r.Context().Done()
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	ts.Defer(front.Close)
	ts.Setenv("AWS_ENDPOINT_URL", front.URL)
}

// stalled waits until a call is held, and takes the proxy out of the way of what
// follows.
func waitForStall(ts *testscript.TestScript, neg bool, args []string) {
	s := stallOf(ts)
	<-s.reached
	ts.Setenv("AWS_ENDPOINT_URL", s.behind)
}
