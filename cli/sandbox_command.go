package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"cordon/playbooks/tabletop"
)

// A commandExit is the exit code of a command that was run in the sandbox. It
// has said for itself what there is to say.
type commandExit int

// Error tells the code.
func (c commandExit) Error() string { return fmt.Sprintf("the command ended with %d", int(c)) }

// The exit codes of POSIX shells for a command that is not there, for one that
// cannot be run, and, with the signal's number added, for one that a signal
// ended ("Shell Command Language", 2.8.2).
const (
	exitNotFound      = 127
	exitNotExecutable = 126
	exitSignal        = 128
)

// runInside runs a command with an environment that leads into the exercise.
func (a *App) runInside(ctx context.Context, x *tabletop.Exercise, env []variable, command []string) error {
	bin, err := os.MkdirTemp("", "cordon-sandbox-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer os.RemoveAll(bin) //nolint:errcheck // a file left in a temporary folder harms nobody
	path, err := exec.LookPath(command[0])
	if err != nil {
		return notRunnable(command[0], err)
	}
	if path, err = wrapAWS(bin, path); err != nil {
		return fmt.Errorf("preparing the AWS CLI: %w", err)
	}
	// A signal to cordon ends the command, not the context: see forward.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, command[1:]...) //nolint:gosec // running it is what was asked for
	cmd.Args[0] = command[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = a.Stdin, a.Stdout, a.Stderr
	cmd.Env = insideEnv(os.Environ(), env, bin, x.Region())
	if err := run(cmd); err != nil {
		return err
	}
	return x.Err()
}

// run runs the command, and hands signals on to it.
func run(cmd *exec.Cmd) error {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return notRunnable(cmd.Path, err)
	}
	done := make(chan struct{})
	forwarded := make(chan struct{})
	go func() {
		defer close(forwarded)
		forward(cmd.Process, signals, done)
	}()
	err := cmd.Wait()
	close(done)
	<-forwarded
	return exitOf(err)
}

// forward hands signals on until done. What is typed at a terminal reaches the
// command without help, and must not reach it twice.
func forward(p *os.Process, signals <-chan os.Signal, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case s := <-signals:
			if (s == syscall.SIGINT || s == syscall.SIGQUIT) && foreground() {
				continue
			}
			_ = p.Signal(s) // which fails if the command has just ended
		}
	}
}

// foreground reports whether what is typed at the terminal goes to this
// process's group, which the command is in too.
func foreground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false // there is no terminal
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP) //nolint:gosec // a file descriptor fits an int
	return err == nil && group == unix.Getpgrp()
}

func exitOf(err error) error {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return commandExit(exitSignal + int(status.Signal()))
	}
	return commandExit(exit.ExitCode())
}

func notRunnable(name string, err error) error {
	code := exitNotExecutable
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		code = exitNotFound
	}
	return &Failure{Exit: code, Code: "command", Err: fmt.Errorf("running %s: %w", name, err)}
}

const awsCLI = "aws"

// wrapAWS puts an aws into the folder that hands the endpoint to the AWS CLI on
// its command line: the CLI heeds AWS_ENDPOINT_URL only since version 2.13, and
// Debian 12 has 2.9. It returns what to run for the command at path, which may
// be the AWS CLI itself. Without an AWS CLI there is nothing to wrap.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func wrapAWS(folder, path string) (string, error) {
	isAWS := filepath.Base(path) == awsCLI
	original := path
	if !isAWS {
		found, err := exec.LookPath(awsCLI)
		if err != nil {
			return path, nil //nolint:nilerr // it is not there, and not needed
		}
		original = found
	}
	original, err := filepath.Abs(original)
	if err != nil {
		return "", err
	}
	script := "#!/bin/sh\nexec " + shellQuote(original) + " --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"\n"
	wrapper := filepath.Join(folder, awsCLI)
	if err := os.WriteFile(wrapper, []byte(script), 0o700); err != nil { //nolint:gosec // a program has to be executable
		return "", err
	}
	if isAWS {
		return wrapper, nil
	}
	return path, nil
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// insideEnv is the environment of a command in the sandbox: nothing of another
// account is left in it, not even where to look for one.
func insideEnv(outside []string, env []variable, bin, region string) []string {
	var inside []string
	for _, v := range outside {
		if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "AWS_") && name != "PATH" {
			inside = append(inside, v)
		}
	}
	for _, v := range env {
		inside = append(inside, v.name+"="+v.value)
	}
	return append(inside,
		// The AWS CLI 1 and boto3 do not know AWS_REGION.
		"AWS_DEFAULT_REGION="+region,
		"AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		// Python sends even loopback addresses to a proxy, unless told.
		"NO_PROXY="+joined(os.Getenv("NO_PROXY"), "127.0.0.1,localhost,::1"),
		"no_proxy="+joined(os.Getenv("no_proxy"), "127.0.0.1,localhost,::1"),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
	)
}

func joined(list, more string) string {
	if list == "" {
		return more
	}
	return list + "," + more
}
