package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/spf13/cobra"

	"cordon/contain"
	"cordon/contain/audit"
	"cordon/investigate/clean"
)

type statusOptions struct {
	accountFlags
	AuditLog string
	Format   string
	Offline  bool
}

func newStatusCommand(app *App) *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:     "status",
		GroupID: groupContain,
		Short:   "Who is contained",
		Long: "Status reads every user, role and group of the account and joins what it finds with the audit log: what stands, what is gone that should stand, and what was put by hand. " +
			"An operation that a crash cut off is checked against the account, and its outcome recorded.\n\n" +
			"With --offline it tells what the audit log alone says. The exit code is 1 if the account could not be read at all.",
		Example: "cordon status\ncordon status --offline --format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Offline {
				return runStatusOffline(app, o)
			}
			return runStatus(cmd.Context(), app, o)
		},
	}
	o.register(cmd.Flags())
	cmd.Flags().StringVar(&o.AuditLog, "audit-log", "", "the audit log (CORDON_AUDIT_LOG)")
	cmd.Flags().BoolVar(&o.Offline, "offline", false, "from the audit log alone")
	formatFlag(cmd.Flags(), &o.Format, formatText, formatJSON)
	return cmd
}

// statusJSON is what was read, and what became of operations that a crash cut
// off.
type statusJSON struct {
	contain.Status
	Checked []contain.Recovered `json:"checked"`
}

func runStatus(ctx context.Context, app *App, o statusOptions) error {
	if err := o.check(""); err != nil {
		return err
	}
	conn, err := app.connect(ctx, o.accountFlags)
	if err != nil {
		app.tellUnfinished(app.auditPath(o.AuditLog, o.Sandbox != ""))
		return err
	}
	defer conn.close()
	log, err := app.openLog(app.auditPath(o.AuditLog, o.Sandbox != ""))
	if err != nil {
		// What stands in the account can be read without the log.
		app.warn("going on without the audit log: %v", err)
	}
	account, err := app.openAccount(ctx, conn, o.accountFlags, contain.Options{Log: log, ReadOnly: true})
	if err != nil {
		return err
	}
	checked, err := account.CheckUnfinished(ctx)
	if err != nil {
		app.warn("checking what a crash cut off: %v", err)
	}
	status, err := account.Status(ctx)
	if err != nil {
		return actFailure(err)
	}
	if o.Format == formatJSON {
		err = writeJSON(app.Stdout, statusJSON{status, orEmpty(checked)})
	} else {
		err = printing(app.Stdout, func(w io.Writer) { printStatus(w, status, checked) })
	}
	if err == nil && status.Principals == 0 && len(status.Unread) > 0 {
		return failure("nothing_read", "", fmt.Errorf("the account could not be read: %s: %s", status.Unread[0].Name, status.Unread[0].Reason))
	}
	return err
}

func printStatus(w io.Writer, s contain.Status, checked []contain.Recovered) {
	for _, r := range checked {
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("unfinished %s of %s (operation %s, begun %s): %s: %s",
			r.Intent.Op, auditTarget(r.Intent.Target), r.Intent.OpID, stamp(r.Intent.Time), r.State, r.Found)))
	}
	printContained(w, s.Contained)
	fmt.Fprintf(w, "\nread: %s at %s, %d not read\n", count(s.Principals, "principal"), stamp(s.Read), len(s.Unread))
	for _, u := range s.Unread {
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("  not read: %s: %s", u.Name, u.Reason)))
	}
}

func printContained(w io.Writer, contained []contain.Contained) {
	if len(contained) == 0 {
		fmt.Fprintln(w, "nobody is contained")
		return
	}
	t := &table{header: []string{"TARGET", "STATE", "SINCE", "POLICY", "BY", "OPERATION", "INCIDENT", "REASON"}}
	for _, c := range contained {
		since, by := "-", c.By
		if c.Since != nil {
			since = stamp(*c.Since)
		}
		if c.ByHand {
			by = "put by hand"
		}
		t.add(c.Target.Ref().String(), string(c.State), since, c.PolicyName, by, c.OpID, c.Incident, c.Reason)
	}
	t.print(w)
}

// offlineJSON is what the log says.
type offlineJSON struct {
	Contained []contain.Contained `json:"contained"`
	AuditLog  string              `json:"audit_log"`
}

func runStatusOffline(app *App, o statusOptions) error {
	path := app.auditPath(o.AuditLog, o.Sandbox != "")
	records, damaged, err := audit.Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return logFailure(err)
	}
	for _, d := range damaged {
		app.warn("line %d of the audit log is not a record: %s", d.Line, d.Reason)
	}
	contained := contain.StatusFromLog(records)
	if o.Format == formatJSON {
		return writeJSON(app.Stdout, offlineJSON{orEmpty(contained), path})
	}
	return printing(app.Stdout, func(w io.Writer) {
		printContained(w, contained)
		fmt.Fprintf(w, "\nfrom the audit log alone: %s\n", clean.Line(path))
	})
}
