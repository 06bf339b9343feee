package tui_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// patience is how long a screen may take to come about on a busy machine.
const patience = 60 * time.Second

// buildDir is where binary puts the program; TestMain makes and removes it.
var buildDir string

// binary builds cordon once for all tests of this package.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "cordon")
	build := exec.Command("go", "build", "-o", path, "cordon") //nolint:noctx // it ends with the tests
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building cordon: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "cordon-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildDir) // the system's own tidying gets what is left
	os.Exit(code)
}

// A terminal is cordon running in a pseudo-terminal, with an emulator that
// keeps its screen.
type terminal struct {
	testing.TB
	pty    *os.File
	screen vt10x.Terminal
	cmd    *exec.Cmd
	exited chan error

	mu      sync.Mutex
	changed chan struct{}
	raw     bytes.Buffer
}

// start runs cordon with arguments in a terminal of 80 by 24 cells. Nothing of
// the machine's own AWS configuration reaches it.
func start(t testing.TB, env []string, args ...string) *terminal {
	t.Helper()
	const w, h = 80, 24
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_STATE_HOME=" + filepath.Join(home, "state"), "XDG_CONFIG_HOME=" + filepath.Join(home, "config"),
		"AWS_EC2_METADATA_DISABLED=true", "TERM=xterm-256color", "TERM_PROGRAM=Apple_Terminal", "LANG=C.UTF-8",
	}, env...)
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: w, Rows: h})
	if errors.Is(err, pty.ErrUnsupported) {
		cancel()
		t.Skip("this system has no pseudo-terminals")
	}
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{
		TB: t, pty: f, cmd: cmd, exited: make(chan error, 1), changed: make(chan struct{}, 1),
		screen: vt10x.New(vt10x.WithSize(w, h), vt10x.WithWriter(f)),
	}
	go x.read()
	t.Cleanup(func() {
		cancel()
		_ = f.Close() // it may be closed by the end of the program already
	})
	return x
}

// read feeds the emulator until the program ends.
func (x *terminal) read() {
	plain := &plainSequences{}
	buf := make([]byte, 32<<10)
	for {
		n, err := x.pty.Read(buf)
		x.mu.Lock()
		x.raw.Write(buf[:n])
		_, _ = x.screen.Write(plain.filter(buf[:n])) // the emulator's writer never fails
		x.mu.Unlock()
		select {
		case x.changed <- struct{}{}:
		default:
		}
		if err != nil {
			x.exited <- x.cmd.Wait()
			return
		}
	}
}

// plainSequences drops the control sequences with a private prefix of > = or <,
// by which newer keyboard protocols are negotiated: the emulator takes them for
// others of the same final letter.
type plainSequences struct{ pending []byte }

func (p *plainSequences) filter(b []byte) []byte {
	b = append(p.pending, b...)
	p.pending = nil
	var out []byte
	for i := 0; i < len(b); {
		if b[i] != 0x1b {
			out = append(out, b[i])
			i++
			continue
		}
		if len(b)-i < 3 {
			p.pending = append([]byte(nil), b[i:]...)
			return out
		}
		if b[i+1] != '[' || !bytes.ContainsRune([]byte("<=>"), rune(b[i+2])) {
			out = append(out, b[i])
			i++
			continue
		}
		end := i + 3
		for end < len(b) && (b[end] < 0x40 || b[end] > 0x7e) {
			end++
		}
		if end == len(b) {
			p.pending = append([]byte(nil), b[i:]...)
			return out
		}
		i = end + 1
	}
	return out
}

// text is what the screen shows.
func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	lines := strings.Split(x.screen.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// sees waits until the screen satisfies ok, for a time.
func (x *terminal) sees(ok func(string) bool, most time.Duration) bool {
	late := time.NewTimer(most)
	defer late.Stop()
	for {
		if ok(x.text()) {
			return true
		}
		select {
		case <-x.changed:
		case <-late.C:
			return ok(x.text())
		}
	}
}

// shows waits until the screen has all of the texts.
func (x *terminal) shows(texts ...string) {
	x.Helper()
	if !x.sees(hasAll(texts), patience) {
		x.Fatalf("the screen never shows %q:\n%s", texts, x.text())
	}
}

func hasAll(texts []string) func(string) bool {
	return func(s string) bool {
		for _, t := range texts {
			if !strings.Contains(s, t) {
				return false
			}
		}
		return true
	}
}

// closes presses Esc, and waits for what it closes to be gone: a key that
// follows Esc at once is read as one with Alt.
func (x *terminal) closes(what string) {
	x.Helper()
	x.types("\x1b")
	if !x.sees(func(s string) bool { return !strings.Contains(s, what) }, patience) {
		x.Fatalf("%q never closes:\n%s", what, x.text())
	}
}

// types sends keys as the terminal would.
func (x *terminal) types(keys string) {
	x.Helper()
	if _, err := x.pty.WriteString(keys); err != nil {
		x.Fatal(err)
	}
}

// typesInto types text into a field once the dialog takes it: for a moment
// after it opened it takes nothing, so the first letter is tried until it shows.
func (x *terminal) typesInto(field, text string) {
	x.Helper()
	for range 30 {
		x.types(text[:1])
		if x.sees(hasAll([]string{field + text[:1]}), time.Second) {
			x.types(text[1:])
			x.shows(field + text)
			return
		}
	}
	x.Fatalf("the field %q takes nothing:\n%s", field, x.text())
}

// resizes changes the size of the terminal.
func (x *terminal) resizes(w, h uint16) {
	x.Helper()
	x.mu.Lock()
	x.screen.Resize(int(w), int(h))
	x.mu.Unlock()
	if err := pty.Setsize(x.pty, &pty.Winsize{Cols: w, Rows: h}); err != nil {
		x.Fatal(err)
	}
}

// ends waits for the program's end and returns its exit code.
func (x *terminal) ends() int {
	x.Helper()
	select {
	case err := <-x.exited:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode()
		}
		if err != nil {
			x.Fatal(err)
		}
		return 0
	case <-time.After(patience):
		x.Fatalf("cordon does not end:\n%s", x.text())
		return -1
	}
}
