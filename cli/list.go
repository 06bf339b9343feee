package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cordon/contain"
)

type listOptions struct {
	accountFlags
	AuditLog string
	Format   string
}

func newListCommand(app *App) *cobra.Command {
	var o listOptions
	cmd := &cobra.Command{
		Use:       "list users|roles|groups",
		GroupID:   groupInvestigate,
		Short:     "The account's directory",
		Example:   "cordon list users\ncordon list roles --format csv",
		ValidArgs: []string{"users", "roles", "groups"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(usageHint(cmd), "say what to list: users, roles or groups")
			}
			kind, ok := listKinds()[args[0]]
			if !ok {
				return usageError(usageHint(cmd), "%q is none of users, roles, groups", args[0])
			}
			return runList(cmd.Context(), app, o, kind)
		},
	}
	o.register(cmd.Flags())
	cmd.Flags().StringVar(&o.AuditLog, "audit-log", "", "the audit log (CORDON_AUDIT_LOG)")
	formatFlag(cmd.Flags(), &o.Format, formatText, formatJSON, formatCSV)
	return cmd
}

func listKinds() map[string]contain.Kind {
	return map[string]contain.Kind{
		"users": contain.User, "roles": contain.Role, "groups": contain.Group,
		"user": contain.User, "role": contain.Role, "group": contain.Group,
	}
}

type listJSON struct {
	Account string          `json:"account"`
	Kind    contain.Kind    `json:"kind"`
	Entries []contain.Entry `json:"entries"`
}

func runList(ctx context.Context, app *App, o listOptions, kind contain.Kind) error {
	look, err := app.openToLook(ctx, o.accountFlags, o.AuditLog)
	if err != nil {
		return err
	}
	defer look.conn.close()
	entries, err := look.account.List(ctx, kind)
	if err != nil {
		return actFailure(err)
	}
	switch o.Format {
	case formatJSON:
		return writeJSON(app.Stdout, listJSON{Account: look.account.Caller().Account, Kind: kind, Entries: orEmpty(entries)})
	case formatCSV:
		return directoryTable(entries).printCSV(app.Stdout)
	default:
		return printing(app.Stdout, func(w io.Writer) {
			directoryTable(entries).print(w)
			fmt.Fprintf(w, "\n%s in account %s\n", count(len(entries), string(kind)), look.account.Caller().Account)
		})
	}
}

func directoryTable(entries []contain.Entry) *table {
	t := &table{header: []string{"kind", "name", "path", "id", "created", "arn", "not containable because"}}
	for _, e := range entries {
		t.add(string(e.Kind), e.Name, e.Path, e.ID, stamp(e.Created), e.ARN, e.WhyNot)
	}
	return t
}

// openToLook connects without anything that writing needs. What a crash left
// unfinished is told first.
func (a *App) openToLook(ctx context.Context, f accountFlags, logFlag string) (*actor, error) {
	if err := f.check(""); err != nil {
		return nil, err
	}
	path := a.auditPath(logFlag, f.Sandbox != "")
	a.tellUnfinished(path)
	conn, err := a.connect(ctx, f)
	if err != nil {
		return nil, err
	}
	account, err := a.openAccount(ctx, conn, f, contain.Options{ReadOnly: true})
	if err != nil {
		conn.close()
		return nil, err
	}
	return &actor{account: account, conn: conn, logPath: path}, nil
}
