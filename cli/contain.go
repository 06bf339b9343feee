package cli

import (
	"context"

	"github.com/spf13/cobra"

	"cordon/contain"
)

func newContainCommand(app *App) *cobra.Command {
	var o actOptions
	cmd := &cobra.Command{
		Use:     "contain PRINCIPAL",
		GroupID: groupContain,
		Short:   "Deny a user, role or group everything",
		Long: "Contain attaches an inline policy that denies every action on every resource, reads it back, and watches that it stays.\n\n" +
			"Exit codes: 0 held (or in place with --hold 0), 1 failed, 2 usage, 3 refused by a guard, 4 not in force (reverted, partial, unknown, or the watch was interrupted).",
		Example: "cordon contain user/alice --reason 'leaked key, case 42'\ncordon contain role deployer --reason 'case 42' --dry-run",
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := parseTarget(args)
			if err != nil {
				return err
			}
			if err := o.check(app, cmd); err != nil {
				return err
			}
			o.holdGiven = cmd.Flags().Changed("hold")
			return runContain(cmd.Context(), app, o, target)
		},
		ValidArgs: completeKinds(),
	}
	o.register(cmd)
	cmd.Flags().DurationVar(&o.Hold, "hold", contain.DefaultHold, "how long to watch after the write; 0 ends when it was read back")
	cmd.Flags().StringVar(&o.PolicyName, "policy-name", "", "name of the inline policy (default DenyAll)")
	return cmd
}

func runContain(ctx context.Context, app *App, o actOptions, target named) error {
	act, err := app.openActor(ctx, o)
	if err != nil {
		return err
	}
	defer act.conn.close()
	plan, err := act.account.Plan(ctx, target.ref())
	if err != nil {
		return actFailure(err)
	}
	return app.carryOut(ctx, act, plan, o, func() error { return app.confirmName(ctx, "contain", plan.Target.Name) })
}

// ref is the principal as package contain names it.
func (n named) ref() contain.Ref {
	return contain.Ref{Account: n.Account, Kind: contain.Kind(n.Kind), Name: n.Name}
}

func completeKinds() []string {
	var words []string
	for _, k := range containableKinds() {
		words = append(words, string(k)+"/")
	}
	return words
}
