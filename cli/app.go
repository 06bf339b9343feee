// Package cli is cordon's command line: one file per verb, with its flags, its
// run function, and its text and JSON printers side by side.
//
// Its rules. Results go to standard output, everything else (progress, coverage
// beside a stream, warnings, errors) to standard error. A text error is one
// line, lower case, without a final period, and the next step under it; with
// --format json it is one JSON object. Everything that came from a log or an
// account is cleaned before it is printed. Exit codes are those of exit.go. No
// verb keeps state in the package: what a run needs of the world stands in App,
// so that a test can put its own there.
//
// The package connects the others and decides nothing about evidence or
// containment: guards, states and ranking belong to packages contain and
// investigate.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"charm.land/fang/v2"
	"golang.org/x/term"
)

// An App is what one run of cordon needs of the world around it.
type App struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Getenv looks up an environment variable; empty for unset.
	Getenv func(string) string
	// Now is the clock. Times are printed in UTC whatever its zone.
	Now func() time.Time
	// Interactive reports whether a person can be asked: standard input and
	// standard error are a terminal.
	Interactive func() bool
	// FullScreen reports whether the terminal UI can be drawn: standard input
	// and standard output are a terminal.
	FullScreen func() bool

	// started is when the run began.
	started time.Time
}

// Main runs cordon with the process's own arguments, streams and environment,
// and returns its exit code.
func Main() int {
	// no-color.org: any non-empty value counts. Some libraries below parse it
	// as a boolean, so it is put as one that they understand.
	if os.Getenv("NO_COLOR") != "" {
		if err := os.Setenv("NO_COLOR", "1"); err != nil {
			return exitFailed
		}
	}
	// A reader that goes away (cordon rank | head) must not kill a containment
	// between intent and outcome: writes then fail with EPIPE instead. Notify,
	// unlike Ignore, is not inherited by commands run inside the sandbox.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// The first signal asks for an orderly end, the second one ends at once.
	context.AfterFunc(ctx, stop)

	app := &App{
		Stdin:       os.Stdin,
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
		Getenv:      os.Getenv,
		Now:         time.Now,
		Interactive: func() bool { return isTerminal(os.Stdin) && isTerminal(os.Stderr) },
		FullScreen:  func() bool { return isTerminal(os.Stdin) && isTerminal(os.Stdout) },
	}
	return app.Run(ctx, os.Args[1:])
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) } //nolint:gosec // a file descriptor fits an int

// Run executes one command line and returns its exit code. Errors are printed,
// as text or, where args ask for it, as JSON.
func (a *App) Run(ctx context.Context, args []string) int {
	a.started = a.Now()
	root, outcome := newRootCommand(a)
	root.SetArgs(args)
	root.SetIn(a.Stdin)
	root.SetOut(a.Stdout)
	root.SetErr(a.Stderr)
	// Fang gives the styled help, the man page and --version. Errors never
	// reach it (see newRootCommand): to style one it asks the terminal for its
	// background colour, which reads standard input and may wait for seconds,
	// and its layout would spoil JSON errors.
	err := fang.Execute(ctx, root,
		fang.WithColorSchemeFunc(fang.AnsiColorScheme),
		fang.WithVersion(buildVersion().String()),
		fang.WithErrorHandler(func(io.Writer, fang.Styles, error) {}),
	)
	if err != nil {
		err = asUsage(root, err) // flags that exclude each other
	} else {
		err = outcome.err
	}
	if err == nil || readerGone(err) {
		return exitDone
	}
	if exit, ok := errors.AsType[commandExit](err); ok {
		return int(exit)
	}
	printError(a.Stderr, wantsJSON(args), err)
	return exitCode(err)
}
