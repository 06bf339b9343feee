package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cordon/investigate"
	"cordon/investigate/clean"
	"cordon/investigate/query"
)

type eventsOptions struct {
	accountFlags
	sourceFlags
	Format    string
	Principal string
	Limit     int
	Newest    bool
}

func newEventsCommand(app *App) *cobra.Command {
	var o eventsOptions
	cmd := &cobra.Command{
		Use:     "events [EXPR]",
		GroupID: groupInvestigate,
		Short:   "Events that match an expression, oldest first",
		Long: "Events prints the events that match EXPR: an expression as in the filter command of CloudWatch Logs Insights, or plain words that must all be in the event.\n\n" +
			"JSON output has one CloudTrail record on each line, with secrets redacted.",
		Example: "cordon events --principal user/alice\n" +
			"cordon events 'eventName = \"CreateUser\" and ispresent(errorCode)'\n" +
			"cordon events --from ./logs AccessDenied",
		RunE: func(cmd *cobra.Command, args []string) error {
			return runEvents(cmd.Context(), app, o, strings.Join(args, " "))
		},
	}
	o.accountFlags.register(cmd.Flags())
	o.sourceFlags.register(cmd.Flags())
	formatFlag(cmd.Flags(), &o.Format, formatText, formatJSON, formatCSV)
	cmd.Flags().StringVar(&o.Principal, "principal", "", "events of this principal only: user/alice, role/deployer, an ARN")
	cmd.Flags().IntVar(&o.Limit, "limit", 0, "print this many events at most; 0 for all")
	cmd.Flags().BoolVar(&o.Newest, "newest", false, "newest first")
	return cmd
}

func runEvents(ctx context.Context, app *App, o eventsOptions, expr string) error {
	filter := investigate.Filter{Descending: o.Newest}
	if strings.TrimSpace(expr) != "" {
		parsed, err := query.ParseLine(expr)
		if err != nil {
			return usageError("example: cordon events 'eventName = \"CreateUser\"'", "in the expression: %w", err)
		}
		filter.Expr = parsed
	}
	var who named
	if o.Principal != "" {
		var err error
		if who, err = parsePrincipal(o.Principal); err != nil {
			return err
		}
	}
	e, done, err := app.gather(ctx, o.accountFlags, o.sourceFlags)
	if err != nil {
		return err
	}
	defer done()
	readErr := e.read(ctx, app.progress())
	rows, err := e.selectRows(ctx, filter, who, o.Limit)
	if err != nil {
		return err
	}
	if err := e.printEvents(app.Stdout, o.Format, rows); err != nil {
		return err
	}
	ranking := e.store.Rank()
	if o.Format != formatJSON {
		fmt.Fprintf(app.Stderr, "%s of %d\n", count(len(rows), "event"), e.store.Len())
		printCoverage(app.Stderr, ranking.Source, ranking.Coverage)
	}
	return e.verdict(readErr)
}
