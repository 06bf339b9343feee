package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"cordon/contain"
	"cordon/investigate/clean"
)

func newReleaseCommand(app *App) *cobra.Command {
	var o actOptions
	cmd := &cobra.Command{
		Use:     "release PRINCIPAL",
		GroupID: groupContain,
		Short:   "Take a containment back",
		Long: "Release removes what cordon put on a user, role or group, and nothing else. " +
			"With --adopt it also removes an inline policy that does nothing but deny everything, and that someone put there by hand.",
		Example: "cordon release user/alice --reason 'cleared, case 42'",
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := parseTarget(args)
			if err != nil {
				return err
			}
			if err := o.check(app, cmd); err != nil {
				return err
			}
			return runRelease(cmd.Context(), app, o, target)
		},
		ValidArgs: completeKinds(),
	}
	o.register(cmd)
	cmd.Flags().BoolVar(&o.Adopt, "adopt", false, "also remove a policy that denies everything and was put by hand")
	return cmd
}

func runRelease(ctx context.Context, app *App, o actOptions, target named) error {
	act, err := app.openActor(ctx, o)
	if err != nil {
		return err
	}
	defer act.conn.close()
	plan, err := act.account.PlanRelease(ctx, target.ref(), contain.ReleaseOptions{Adopt: o.Adopt})
	if err != nil {
		return actFailure(err)
	}
	question := fmt.Sprintf("release %s in account %s?", clean.Line(plan.Target.String()), plan.Account)
	return app.carryOut(ctx, act, plan, o, func() error { return app.confirmYes(ctx, question) })
}
