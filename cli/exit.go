package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"cordon/investigate/clean"
)

// Exit codes. They are part of the contract.
const (
	// exitDone: every target is held (or in place with --hold 0), or the verb
	// is done.
	exitDone = 0
	// exitFailed: it did not work.
	exitFailed = 1
	// exitUsage: the command line is wrong, or a person must be asked and there
	// is no terminal.
	exitUsage = 2
	// exitRefused: a guard turned the action down.
	exitRefused = 3
	// exitNotInForce: reverted, partial, unknown, or the hold was interrupted.
	exitNotInForce = 4
	// exitLogBroken: the audit log does not verify.
	exitLogBroken = 5
)

// A Failure is an error with what the contract says about it: the exit code, a
// stable word for programs, and the next step for a person.
type Failure struct {
	Exit int
	// Code is a stable snake_case word.
	Code string
	// Next is what to do about it, one sentence; may be empty.
	Next string
	Err  error
}

// Error returns the message without the next step.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap gives the cause to errors.Is and errors.As.
func (f *Failure) Unwrap() error { return f.Err }

func usageError(next, format string, args ...any) error {
	return &Failure{Exit: exitUsage, Code: "usage", Next: next, Err: fmt.Errorf(format, args...)}
}

func failure(code, next string, err error) error {
	return &Failure{Exit: exitFailed, Code: code, Next: next, Err: err}
}

func asFailure(err error) (*Failure, bool) { return errors.AsType[*Failure](err) }

func exitCode(err error) int {
	if f, ok := asFailure(err); ok {
		return f.Exit
	}
	return exitFailed
}

type errorJSON struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Next    string `json:"next"`
}

// printError writes err for a person, or for a program. Messages may quote what
// an account answered, so they are cleaned.
func printError(w io.Writer, asJSON bool, err error) {
	body := errorBody{Code: "failed", Message: clean.Line(err.Error())}
	if f, ok := asFailure(err); ok {
		body.Code = f.Code
		body.Next = clean.Line(f.Next)
	}
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		// Standard error is the last place to tell: if it is gone, the exit
		// code remains.
		_ = enc.Encode(errorJSON{Error: body})
		return
	}
	fmt.Fprintf(w, "cordon: %s\n", body.Message)
	if body.Next != "" {
		fmt.Fprintf(w, "        %s\n", body.Next)
	}
}

// wantsJSON reads the format from the arguments themselves, because an error in
// a flag is told before the flags have been parsed.
func wantsJSON(args []string) bool {
	want := false
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if value, ok := strings.CutPrefix(arg, "--format="); ok {
			want = value == "json"
		}
		if arg == "--format" && i+1 < len(args) {
			want = args[i+1] == "json"
		}
	}
	return want
}
