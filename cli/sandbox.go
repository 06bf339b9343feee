package cli

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"cordon/investigate/clean"
	"cordon/playbooks/tabletop"
)

type sandboxOptions struct {
	Listen   string
	Scenario string
	Speed    float64
	Seed     uint64
	Empty    bool
	EnvFile  string
}

func newSandboxCommand(app *App) *cobra.Command {
	var o sandboxOptions
	cmd := &cobra.Command{
		Use:     "sandbox [-- COMMAND [ARG...]]",
		Short:   "Serve the simulated account to other tools",
		GroupID: groupExercise,
		Long: "Serve a simulated AWS account on this computer, with an attack under way in it, until interrupted. " +
			"What a tool needs to reach it is printed as four lines to copy into another terminal.\n\n" +
			"With a command after --, run it inside: its environment leads into the simulated account and nowhere else, " +
			"standard streams and signals are its own, and its exit code is the exit code.",
		Example: "cordon sandbox\n" +
			"cordon sandbox -- aws iam list-users\n" +
			"cordon sandbox --empty --listen 127.0.0.1:4566 --env-file .env\n" +
			"cordon sandbox --speed 1 -- bash",
		Args: sandboxArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("seed") {
				o.Seed = randomSeed()
			}
			return app.sandbox(cmd.Context(), o, args)
		},
	}
	fs := cmd.Flags()
	fs.StringVar(&o.Listen, "listen", "127.0.0.1:0", "loopback address to serve on; port 0 is any free one")
	fs.StringVar(&o.Scenario, "scenario", tabletop.DefaultScenario, "what happens in the account: "+strings.Join(tabletop.Names(), ", "))
	fs.Float64Var(&o.Speed, "speed", tabletop.DefaultSpeed, "how many times shorter than in life the waits are")
	fs.Uint64Var(&o.Seed, "seed", 0, "number that decides all that is random, to repeat an exercise (default: a new one)")
	fs.BoolVar(&o.Empty, "empty", false, "no scenario: an empty account, in which an access key that it does not know acts as root")
	fs.StringVar(&o.EnvFile, "env-file", "", "write the export lines to this file too, and the adversary's access key")
	cmd.MarkFlagsMutuallyExclusive("empty", "scenario")
	return cmd
}

// sandboxArgs wants the command after --, so that its flags are its own.
func sandboxArgs(cmd *cobra.Command, args []string) error {
	if dash := cmd.ArgsLenAtDash(); len(args) > 0 && dash != 0 {
		return usageError("write: cordon sandbox -- "+strings.Join(args, " "), "a command to run stands after --")
	}
	return nil
}

// randomSeed is short enough to be typed again.
func randomSeed() uint64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // which never fails
	return uint64(binary.LittleEndian.Uint32(b[:]))
}

// sandbox serves the account, or runs a command inside it.
func (a *App) sandbox(ctx context.Context, o sandboxOptions, command []string) error {
	if !tabletop.SpeedOK(o.Speed) {
		return usageError("1 is as in life, 20 is the default", "--speed %v is not above 0, or far too high", o.Speed)
	}
	var scenario *tabletop.Scenario
	if !o.Empty {
		var err error
		if scenario, err = tabletop.Load(o.Scenario); err != nil {
			return usageError("", "%w", err)
		}
	}
	// The exercise outlasts the signal that ends the command in it.
	exercise, err := tabletop.Start(context.WithoutCancel(ctx), scenario, tabletop.Options{
		Listen: o.Listen, Speed: o.Speed, Seed: o.Seed,
	})
	if err != nil {
		return sandboxError(err)
	}
	defer exercise.Stop()
	env := sandboxEnv(exercise, a.auditPath("", true))
	if o.EnvFile != "" {
		if err := writeEnvFile(o.EnvFile, env); err != nil {
			return failure("env_file", "", fmt.Errorf("writing %s: %w", o.EnvFile, err))
		}
	}
	if len(command) > 0 {
		return a.runInside(ctx, exercise, env, command)
	}
	if err := printing(a.Stdout, func(w io.Writer) { printExports(w, env[:responderVariables]) }); err != nil {
		return fmt.Errorf("writing to standard output: %w", err)
	}
	a.tellExercise(exercise, o)
	<-ctx.Done()
	exercise.Stop()
	return exercise.Err()
}

func sandboxError(err error) error {
	switch {
	case errors.Is(err, tabletop.ErrNotLoopback):
		return usageError("use 127.0.0.1:PORT or [::1]:PORT: the account is for this computer alone", "%w", err)
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, syscall.EACCES):
		return failure("listen", "choose another port, or 127.0.0.1:0 for any free one", err)
	}
	return failure("exercise", "", fmt.Errorf("starting the exercise: %w", err))
}

// tellExercise says on standard error what is being played.
func (a *App) tellExercise(x *tabletop.Exercise, o sandboxOptions) {
	if o.Empty {
		fmt.Fprintln(a.Stderr, "an empty account; unknown access keys act as its root; interrupt to end")
		return
	}
	fmt.Fprintf(a.Stderr, "%s (%s), speed %g, seed %d; interrupt to end\n", clean.Line(x.Title()), o.Scenario, x.Speed(), x.Seed())
	fmt.Fprintln(a.Stderr, "AWS CLI before 2.13: add --endpoint-url \"$AWS_ENDPOINT_URL\", or run it as cordon sandbox -- aws ...")
}

// A variable is one of an environment.
type variable struct{ name, value string }

// responderVariables is how many variables of sandboxEnv come first and are the
// responder's.
const responderVariables = 5

// sandboxEnv are the variables that lead into the account, the responder's
// first, in the order in which they are printed. The audit log is the
// exercise's own, so that what is done in it never stands in the real one.
func sandboxEnv(x *tabletop.Exercise, auditLog string) []variable {
	env := []variable{
		{"AWS_ENDPOINT_URL", x.URL()},
		{"AWS_ACCESS_KEY_ID", x.Responder().AccessKeyID},
		{"AWS_SECRET_ACCESS_KEY", x.Responder().SecretAccessKey},
		{"AWS_REGION", x.Region()},
		{"CORDON_AUDIT_LOG", auditLog},
	}
	if key := x.Adversary(); key.AccessKeyID != "" {
		env = append(env,
			variable{"CORDON_ADVERSARY_ACCESS_KEY_ID", key.AccessKeyID},
			variable{"CORDON_ADVERSARY_SECRET_ACCESS_KEY", key.SecretAccessKey})
	}
	return env
}

// printExports writes lines for a shell. Only the audit log's path can have
// characters that a shell does not take as they are.
func printExports(w io.Writer, env []variable) {
	for _, v := range env {
		fmt.Fprintf(w, "export %s=%s\n", v.name, shellWord(v.value))
	}
}

func shellWord(s string) string {
	if strings.Trim(s, shellSafe) == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

const shellSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+,-./:=@_"

// writeEnvFile puts the whole file there at once, readable by its owner alone,
// so that who waits for it reads all of it.
func writeEnvFile(path string, env []variable) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".cordon-env-*") // of mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := printing(f, func(w io.Writer) { printExports(w, env) }); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
