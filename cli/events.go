package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
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
	filter := investigate.Filter{Descending: o.Newest, Everywhere: true}
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
	switch o.Format {
	case formatJSON:
		err = e.printRecords(app.Stdout, rows)
	case formatCSV:
		err = e.eventsTable(rows, csvEventColumns()).printCSV(app.Stdout)
	default:
		err = printing(app.Stdout, e.eventsTable(rows, textEventColumns()).print)
	}
	if err != nil {
		return err
	}
	if o.Format != formatJSON {
		fmt.Fprintf(app.Stderr, "%d of %s\n", len(rows), count(e.store.Len(), "event"))
		printCoverage(app.Stderr, e.source.Origin(), e.coverage)
	}
	return e.verdict(readErr)
}

// printRecords writes one record on each line.
func (e *evidence) printRecords(w io.Writer, rows []int) error {
	out := bufio.NewWriter(&stream{w: w})
	for _, n := range rows {
		ev, err := e.store.Event(n)
		if err != nil {
			return fmt.Errorf("reading event %d: %w", n, err)
		}
		if _, err := out.Write(append(clean.Record(ev.Raw), '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

// An eventColumn is one column of the list of events.
type eventColumn struct {
	name  string
	value func(investigate.Row) string
}

func textEventColumns() []eventColumn {
	return []eventColumn{
		{"TIME", func(r investigate.Row) string { return stamp(r.Time) }},
		{"PRINCIPAL", func(r investigate.Row) string { return r.Principal.String() }},
		{"EVENT", func(r investigate.Row) string { return strings.TrimSuffix(r.Source, ".amazonaws.com") + ":" + r.Name }},
		{"RESULT", result},
		{"REGION", func(r investigate.Row) string { return r.Region }},
		{"SOURCE IP", func(r investigate.Row) string { return clean.Secrets(r.SourceIP) }},
		{"ABOUT", func(r investigate.Row) string { return r.Subject }},
	}
}

func result(r investigate.Row) string {
	switch {
	case r.ErrorCode != "":
		return r.ErrorCode
	case r.Failed:
		return "failed"
	default:
		return "ok"
	}
}

func csvEventColumns() []eventColumn {
	return []eventColumn{
		{"time", func(r investigate.Row) string { return stamp(r.Time) }},
		{"event_id", func(r investigate.Row) string { return r.ID }},
		{"kind", func(r investigate.Row) string { return string(r.Principal.Kind) }},
		{"name", func(r investigate.Row) string { return r.Principal.Name }},
		{"account", func(r investigate.Row) string { return r.Account }},
		{"arn", func(r investigate.Row) string { return r.Principal.ARN }},
		{"session", func(r investigate.Row) string { return r.Session }},
		{"access_key", func(r investigate.Row) string { return r.AccessKey }},
		{"event_source", func(r investigate.Row) string { return r.Source }},
		{"event_name", func(r investigate.Row) string { return r.Name }},
		{"region", func(r investigate.Row) string { return r.Region }},
		{"source_ip", func(r investigate.Row) string { return clean.Secrets(r.SourceIP) }},
		{"user_agent", func(r investigate.Row) string { return clean.Secrets(r.UserAgent) }},
		{"error_code", func(r investigate.Row) string { return r.ErrorCode }},
		{"failed", func(r investigate.Row) string { return strconv.FormatBool(r.Failed) }},
		{"subject", func(r investigate.Row) string { return r.Subject }},
	}
}

func (e *evidence) eventsTable(rows []int, columns []eventColumn) *table {
	t := &table{}
	for _, c := range columns {
		t.header = append(t.header, c.name)
	}
	for _, n := range rows {
		row := e.store.Row(n)
		cells := make([]string, 0, len(columns))
		for _, c := range columns {
			cells = append(cells, c.value(row))
		}
		t.add(cells...)
	}
	return t
}
