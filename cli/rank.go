package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"cordon/investigate"
	"cordon/investigate/clean"
)

type rankOptions struct {
	accountFlags
	sourceFlags
	Format  string
	Limit   int
	Explain bool
}

func newRankCommand(app *App) *cobra.Command {
	var o rankOptions
	cmd := &cobra.Command{
		Use:     "rank",
		GroupID: groupInvestigate,
		Short:   "Principals, most suspicious first",
		Long: "Rank reads events and lists who acted, most suspicious first, with the findings behind each score.\n\n" +
			"What could not be read is named and is not fatal; the exit code is 1 only if nothing could be read at all, or if reading was interrupted.",
		Example: "cordon rank\ncordon rank --from ./logs --format json\ncordon rank --since 7d --region eu-west-1",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runRank(cmd.Context(), app, o) },
	}
	o.accountFlags.register(cmd.Flags())
	o.sourceFlags.register(cmd.Flags())
	formatFlag(cmd.Flags(), &o.Format, formatText, formatJSON, formatCSV)
	cmd.Flags().IntVar(&o.Limit, "limit", 0, "print this many principals at most; 0 for all")
	cmd.Flags().BoolVar(&o.Explain, "explain", false, "print every finding with its reason (text)")
	return cmd
}

func runRank(ctx context.Context, app *App, o rankOptions) error {
	e, done, err := app.gather(ctx, o.accountFlags, o.sourceFlags)
	if err != nil {
		return err
	}
	defer done()
	readErr := e.read(ctx, app.progress())
	ranking := e.store.Rank()
	if o.Limit > 0 && len(ranking.Principals) > o.Limit {
		ranking.Principals = ranking.Principals[:o.Limit]
	}
	switch o.Format {
	case formatJSON:
		err = writeJSON(app.Stdout, ranking)
	case formatCSV:
		err = rankTable(ranking, csvColumns).printCSV(app.Stdout)
		printCoverage(app.Stderr, ranking.Source, ranking.Coverage)
	default:
		err = printing(app.Stdout, func(w io.Writer) { printRanking(w, ranking, o.Explain) })
	}
	if err != nil {
		return err
	}
	return e.verdict(readErr)
}

func printRanking(w io.Writer, r investigate.Ranking, explain bool) {
	switch {
	case len(r.Principals) > 0:
		rankTable(r, textColumns).print(w)
	case r.Coverage.Read == 0:
		fmt.Fprintln(w, "nothing was read: this says nothing about the account")
	case r.Coverage.OutsideWindow > 0:
		fmt.Fprintln(w, "no principal acted within the window: see --since and --until")
	default:
		fmt.Fprintln(w, "no principal acted in what was read")
	}
	if explain {
		printFindings(w, r)
	}
	fmt.Fprintln(w)
	printCoverage(w, r.Source, r.Coverage)
}

func printFindings(w io.Writer, r investigate.Ranking) {
	for _, p := range r.Principals {
		if len(p.Findings) == 0 && p.Containable {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", clean.Line(p.Principal().String()))
		if !p.Containable {
			fmt.Fprintf(w, "  not containable: %s\n", clean.Line(p.WhyNot))
		}
		for _, f := range p.Findings {
			fmt.Fprintf(w, "  %-13s %s (%d): %s\n", f.Level, clean.Line(f.Title), f.Count, clean.Line(f.Why))
		}
	}
}

// A rankColumn is one column of the ranking.
type rankColumn struct {
	name  string
	value func(investigate.Ranked) string
}

func textColumns() []rankColumn {
	return []rankColumn{
		{"RANK", func(p investigate.Ranked) string { return strconv.Itoa(p.Rank) }},
		{"SCORE", func(p investigate.Ranked) string { return strconv.Itoa(p.Score) }},
		{"LEVEL", func(p investigate.Ranked) string { return string(p.Level) }},
		{"PRINCIPAL", func(p investigate.Ranked) string { return p.Principal().String() }},
		{"ACCOUNT", func(p investigate.Ranked) string { return p.Account }},
		{"EVENTS", func(p investigate.Ranked) string { return strconv.Itoa(p.Events) }},
		{"DENIED", func(p investigate.Ranked) string { return strconv.Itoa(p.Denied) }},
		{"LAST", func(p investigate.Ranked) string { return stamp(p.Last) }},
		{"FINDINGS", topFinding},
	}
}

func csvColumns() []rankColumn {
	return []rankColumn{
		{"rank", func(p investigate.Ranked) string { return strconv.Itoa(p.Rank) }},
		{"kind", func(p investigate.Ranked) string { return string(p.Kind) }},
		{"name", func(p investigate.Ranked) string { return p.Name }},
		{"account", func(p investigate.Ranked) string { return p.Account }},
		{"arn", func(p investigate.Ranked) string { return p.ARN }},
		{"containable", func(p investigate.Ranked) string { return strconv.FormatBool(p.Containable) }},
		{"score", func(p investigate.Ranked) string { return strconv.Itoa(p.Score) }},
		{"level", func(p investigate.Ranked) string { return string(p.Level) }},
		{"events", func(p investigate.Ranked) string { return strconv.Itoa(p.Events) }},
		{"errors", func(p investigate.Ranked) string { return strconv.Itoa(p.Errors) }},
		{"denied", func(p investigate.Ranked) string { return strconv.Itoa(p.Denied) }},
		{"first", func(p investigate.Ranked) string { return stamp(p.First) }},
		{"last", func(p investigate.Ranked) string { return stamp(p.Last) }},
		{"source_ips", func(p investigate.Ranked) string { return strings.Join(p.SourceIPs, " ") }},
		{"access_keys", func(p investigate.Ranked) string { return strings.Join(p.AccessKeys, " ") }},
		{"regions", func(p investigate.Ranked) string { return strings.Join(p.Regions, " ") }},
		{"findings", allFindings},
	}
}

func rankTable(r investigate.Ranking, columns func() []rankColumn) *table {
	t := &table{}
	for _, c := range columns() {
		t.header = append(t.header, c.name)
	}
	for _, p := range r.Principals {
		var row []string
		for _, c := range columns() {
			row = append(row, c.value(p))
		}
		t.add(row...)
	}
	return t
}

func topFinding(p investigate.Ranked) string {
	switch len(p.Findings) {
	case 0:
		return "-"
	case 1:
		return p.Findings[0].Title
	default:
		return fmt.Sprintf("%s, and %d more", p.Findings[0].Title, len(p.Findings)-1)
	}
}

func allFindings(p investigate.Ranked) string {
	ids := make([]string, 0, len(p.Findings))
	for _, f := range p.Findings {
		ids = append(ids, fmt.Sprintf("%s=%d", f.Rule, f.Count))
	}
	return strings.Join(ids, " ")
}
