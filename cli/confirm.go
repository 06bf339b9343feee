package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"cordon/investigate/clean"
)

var errDeclined = errors.New("nothing was done")

// needsTerminal is the answer to a verb that has to ask a person where there is
// none.
func needsTerminal() error {
	return usageError("give --yes to go on without being asked, or --dry-run to see the plan only",
		"this asks for confirmation, and there is no terminal to ask on")
}

// confirmName goes on only when the name is typed. The plan stands on the
// terminal above the question.
func (a *App) confirmName(ctx context.Context, verb, name string) error {
	answer, err := a.ask(ctx, fmt.Sprintf("type the name %s to %s it, or nothing to leave it: ", clean.Line(name), verb))
	if err != nil {
		return err
	}
	if answer != name {
		return failure("declined", "", errDeclined)
	}
	return nil
}

// confirmYes goes on with y or yes.
func (a *App) confirmYes(ctx context.Context, question string) error {
	answer, err := a.ask(ctx, question+" [y/N] ")
	if err != nil {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	default:
		return failure("declined", "", errDeclined)
	}
}

// ask prints the question on standard error and reads one line. A signal ends
// the wait.
func (a *App) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(a.Stderr, question)
	type reply struct {
		line string
		err  error
	}
	replies := make(chan reply, 1)
	go func() {
		line, err := bufio.NewReader(a.Stdin).ReadString('\n')
		replies <- reply{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.Stderr)
		return "", failure("interrupted", "", errDeclined)
	case r := <-replies:
		if r.err != nil && !errors.Is(r.err, io.EOF) {
			return "", fmt.Errorf("reading the answer: %w", r.err)
		}
		return strings.TrimSpace(r.line), nil
	}
}
