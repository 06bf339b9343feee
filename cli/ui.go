package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cordon/contain"
	"cordon/tui"
)

type uiOptions struct {
	accountFlags
	sourceFlags
	recordFlags
	Hold      time.Duration
	holdGiven bool
	ASCII     bool
}

// liveRefresh is how long the UI waits after one reading of LookupEvents before
// the next. Events appear there minutes late in any case.
const liveRefresh = time.Minute

// newUICommand is cordon itself: without a verb it opens the terminal UI.
func newUICommand(app *App) *cobra.Command {
	var o uiOptions
	cmd := &cobra.Command{
		Use:   "cordon",
		Short: "See who is abusing an AWS account, and contain them",
		Long: "Cordon ranks recent suspicious activity in an AWS account per principal, shows the events behind each rank, " +
			"and attaches or removes a DenyAll inline policy on a user, role or group. Every action goes to a local audit log.\n\n" +
			"Without a verb it opens the terminal UI. With --sandbox it does so in an embedded, simulated account with an attack under way.\n\n" +
			"Exit codes: 0 done, 1 failed, 2 usage, 3 refused by a guard, 4 not in force, 5 the audit log does not verify.",
		Example: "cordon --sandbox\ncordon --profile incident\ncordon --from ./cloudtrail-logs\ncordon rank --format json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			if !app.FullScreen() {
				return usageError("use a verb: "+strings.Join(verbs(cmd), ", ")+"; see cordon --help",
					"the terminal UI needs a terminal, and this is none")
			}
			o.holdGiven = cmd.Flags().Changed("hold")
			return runUI(cmd.Context(), app, o)
		},
	}
	o.accountFlags.register(cmd.Flags())
	o.sourceFlags.register(cmd.Flags())
	o.recordFlags.register(cmd.Flags())
	cmd.Flags().DurationVar(&o.Hold, "hold", contain.DefaultHold, "how long a containment is watched after the write")
	cmd.Flags().BoolVar(&o.ASCII, "ascii", false, "draw with ASCII characters only")
	return cmd
}

func runUI(ctx context.Context, app *App, o uiOptions) error {
	if err := o.accountFlags.check(o.From); err != nil {
		return err
	}
	r, err := app.newReading(o.sourceFlags)
	if err != nil {
		return err
	}
	path := app.auditPath(o.AuditLog, o.Sandbox != "")
	app.tellUnfinished(path)

	options := tui.Options{
		AuditLog: path,
		Hold:     o.Hold,
		ASCII:    o.ASCII,
		NoColor:  app.Getenv("NO_COLOR") != "",
		ReadOnly: app.readOnly(o.ReadOnly),
		Now:      app.Now,
		Input:    app.Stdin,
		Output:   app.Stdout,
	}
	conn, err := app.connect(ctx, o.accountFlags)
	switch {
	case err == nil:
		defer conn.close()
	case r.files:
		// Evidence can be read without an account; only containing cannot.
		options.WhyNoContainment = whyNot(err)
	default:
		return err
	}
	e := app.open(r, conn)
	options.Store = e.store
	options.Load = func(ctx context.Context) error { return e.read(ctx, nil) }
	options.Header = app.header(o, conn, e)
	if !o.files() {
		options.Refresh = liveRefresh
	}
	if conn != nil {
		if conn.exercise != nil {
			options.Refresh = scaled(options.Refresh, conn.exercise.Speed())
			if !o.holdGiven {
				options.Hold = scaled(o.Hold, conn.exercise.Speed())
			}
		}
		if err := app.addContainment(ctx, &options, o, conn); err != nil {
			return err
		}
	}
	return tui.Run(ctx, options)
}

// addContainment opens the account for writing. What is missing for that on
// this computer (a configuration that can be trusted, an audit log) leaves the UI
// to look only. An account that does not answer is fatal where the events are to
// come from it too.
func (a *App) addContainment(ctx context.Context, options *tui.Options, o uiOptions, conn *connection) error {
	cfg, err := a.loadConfig()
	if err != nil {
		options.WhyNoContainment = whyNot(err)
		return nil
	}
	log, err := a.openLog(options.AuditLog)
	if err != nil {
		options.WhyNoContainment = whyNot(err)
		return nil
	}
	account, err := a.openAccount(ctx, conn, o.accountFlags, contain.Options{
		Log:       log,
		Protected: cfg.Protected,
		ReadOnly:  options.ReadOnly,
		Incident:  o.Incident,
	})
	if err != nil && !o.files() {
		return err
	}
	if err != nil {
		options.WhyNoContainment = whyNot(err)
		return nil
	}
	options.Containment = account
	h := &options.Header
	h.Account, h.Alias, h.Caller = account.Caller().Account, account.Alias(), account.Caller().ARN
	return nil
}

func (a *App) header(o uiOptions, conn *connection, e *evidence) tui.Header {
	h := tui.Header{Source: e.source.Origin().Location}
	if !o.files() {
		h.Source, h.Regions = sourceCloudTrail, conn.regions
	}
	switch {
	case o.Since != "":
		h.Window = "since " + o.Since
	case !o.files():
		h.Window = "last 24h"
	}
	if o.Until != "" {
		h.Window = strings.TrimSpace(h.Window + " until " + o.Until)
	}
	if conn != nil && conn.exercise != nil {
		h.Exercise = fmt.Sprintf("%s x%g", o.Sandbox, conn.exercise.Speed())
	}
	return h
}

// whyNot is an error with its next step, as one sentence each.
func whyNot(err error) string {
	why := err.Error()
	if f, ok := asFailure(err); ok && f.Next != "" {
		why += "; " + f.Next
	}
	return why
}
