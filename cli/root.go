package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// An outcome carries what a verb returned around the libraries that would print
// it their own way.
type outcome struct{ err error }

// newRootCommand builds the whole tree of verbs. Errors of flags, arguments and
// run functions end up in the outcome; the command itself reports none.
func newRootCommand(app *App) (*cobra.Command, *outcome) {
	root := newUICommand(app)
	root.AddGroup(
		&cobra.Group{ID: groupInvestigate, Title: "Investigate"},
		&cobra.Group{ID: groupContain, Title: "Contain"},
		&cobra.Group{ID: groupExercise, Title: "Exercise"},
	)
	root.AddCommand(
		newRankCommand(app),
		newEventsCommand(app),
		newListCommand(app),
		newContainCommand(app),
		newReleaseCommand(app),
		newStatusCommand(app),
		newAuditCommand(app),
		newSandboxCommand(app),
		newPathsCommand(app),
		newVersionCommand(app),
	)
	result := &outcome{}
	capture(root, result)
	return root, result
}

// The groups that verbs stand under in the help.
const (
	groupInvestigate = "investigate"
	groupContain     = "contain"
	groupExercise    = "exercise"
)

// capture wraps the command and all below it, so that what goes wrong reaches
// App.Run as it is.
func capture(cmd *cobra.Command, result *outcome) {
	run, validate := cmd.RunE, cmd.Args
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if validate != nil {
			if err := validate(cmd, args); err != nil {
				result.err = asUsage(cmd, err)
				return nil
			}
		}
		result.err = run(cmd, args)
		return nil
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		// A flag that is unknown because its verb is: the verb is the mistake.
		if words := cmd.Flags().Args(); cmd.HasSubCommands() && len(words) > 0 {
			err = unknownVerb(cmd, words[0])
		}
		result.err = asUsage(cmd, err)
		return nil
	})
	for _, sub := range cmd.Commands() {
		capture(sub, result)
	}
}

// asUsage makes err a usage error, unless it says already what it is.
func asUsage(cmd *cobra.Command, err error) error {
	if _, ok := err.(*Failure); ok { //nolint:errorlint // only the outermost error counts
		return err
	}
	return usageError(usageHint(cmd), "%w", err)
}

func usageHint(cmd *cobra.Command) string {
	return fmt.Sprintf("usage: %s; see %s --help", cmd.UseLine(), cmd.CommandPath())
}

// unknownVerb says what the verbs are, and which one was probably meant.
func unknownVerb(cmd *cobra.Command, verb string) error {
	cmd.SuggestionsMinimumDistance = 2
	if close := cmd.SuggestionsFor(verb); len(close) > 0 {
		return usageError(fmt.Sprintf("did you mean %s %s?", cmd.CommandPath(), strings.Join(close, " or ")),
			"unknown verb %q", verb)
	}
	return usageError("the verbs are "+strings.Join(verbs(cmd), ", ")+"; see "+cmd.CommandPath()+" --help",
		"unknown verb %q", verb)
}

func verbs(cmd *cobra.Command) []string {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

// oneOf is a flag value that accepts a fixed set of words.
type oneOf struct {
	value *string
	words []string
}

func oneOfFlag(fs *pflag.FlagSet, value *string, name, fallback, usage string, words ...string) {
	*value = fallback
	fs.Var(&oneOf{value: value, words: words}, name, usage)
}

// String returns the chosen word.
func (o *oneOf) String() string {
	if o.value == nil {
		return ""
	}
	return *o.value
}

// Set takes a word, if it is one of those allowed.
func (o *oneOf) Set(s string) error {
	if !slices.Contains(o.words, s) {
		return fmt.Errorf("%q is none of %s", s, strings.Join(o.words, ", "))
	}
	*o.value = s
	return nil
}

// Type names the value in the help.
func (o *oneOf) Type() string { return strings.Join(o.words, "|") }
