package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"cordon/investigate"
	"cordon/investigate/clean"
	"cordon/investigate/event"
	"cordon/investigate/rules"
	"cordon/investigate/source"
)

// An evidence is a store, and the source that fills it.
type evidence struct {
	store    *investigate.Store
	source   source.Source
	coverage event.Coverage
}

// eventHistory is how long LookupEvents finds an event ("LookupEvents", AWS
// CloudTrail API reference).
const eventHistory = 90 * 24 * time.Hour

// A reading is what the operator asked to read, checked before anything is asked
// of an account.
type reading struct {
	from   string
	files  bool
	window source.Window
	rules  *rules.Set
}

func (a *App) newReading(f sourceFlags) (reading, error) {
	if err := f.check(); err != nil {
		return reading{}, err
	}
	fallback := time.Duration(0)
	if !f.files() {
		fallback = defaultSince
	}
	window, err := parseWindow(f.Since, f.Until, fallback, a.Now())
	if err != nil {
		return reading{}, err
	}
	if !f.files() && a.Now().Sub(window.Since) > eventHistory+time.Hour {
		a.warn("CloudTrail's event history goes back 90 days: what is older is only in the files of a trail")
	}
	set, err := a.loadRules(f.Rules)
	if err != nil {
		return reading{}, err
	}
	return reading{from: f.From, files: f.files(), window: window, rules: set}, nil
}

// open makes the store and its source. conn may be nil when the events come
// from files.
func (a *App) open(r reading, conn *connection) *evidence {
	e := &evidence{store: investigate.NewStore(r.rules, a.Now)}
	switch {
	case r.from == "-":
		e.source = source.Stream(a.Stdin, r.window)
	case r.files:
		e.source = source.Files(r.from, r.window)
	default:
		e.source = source.CloudTrail(conn.cfg, conn.trailOptions(r.window, a.Now))
	}
	return e
}

// loadRules gives the embedded rules, and those of the operator's folder. A
// rule that cannot be used is named, and the others go on.
func (a *App) loadRules(dir string) (*rules.Set, error) {
	set, err := rules.Embedded()
	if err != nil {
		return nil, fmt.Errorf("loading the embedded rules: %w", err)
	}
	if dir == "" {
		return set, nil
	}
	own, problems, err := rules.Load(os.DirFS(dir))
	if err != nil {
		return nil, usageError("--rules takes a folder of Sigma rules in YAML", "--rules: %w", err)
	}
	for _, p := range problems {
		if !p.Skipped {
			a.warn("rule left out: %s", p)
		}
	}
	return rules.Merge(set, own), nil
}

// warn tells something that does not stop the verb.
func (a *App) warn(format string, args ...any) {
	fmt.Fprintf(a.Stderr, "cordon: %s\n", clean.Line(fmt.Sprintf(format, args...)))
}

// read fills the store. It fails only if nothing at all could be read; what is
// missing besides stands in the coverage.
func (e *evidence) read(ctx context.Context, progress func(event.Coverage)) error {
	coverage, err := e.source.Read(ctx, func(b source.Batch) error {
		if err := e.store.Add(b.Events); err != nil {
			return err
		}
		e.store.SetCoverage(e.source.Origin(), b.Coverage)
		if progress != nil {
			progress(b.Coverage)
		}
		return nil
	})
	e.store.SetCoverage(e.source.Origin(), coverage)
	e.coverage = e.store.Rank().Coverage
	return err
}

// verdict turns a reading's end into the verb's: what could be read has been
// printed, so only nothing at all, or an interruption, is a failure.
func (e *evidence) verdict(err error) error {
	c := e.coverage
	switch {
	case errors.Is(err, context.Canceled):
		return failure("interrupted", "what was read until then is above", errors.New("reading was interrupted"))
	case c.Read == 0 && c.Events == 0 && len(c.Failed) > 0:
		return failure("nothing_read", "see --from in cordon help", fmt.Errorf("nothing could be read: %s: %s", c.Failed[0].Name, c.Failed[0].Reason))
	case c.Read == 0 && c.Events == 0 && err != nil:
		return failure("nothing_read", "", fmt.Errorf("nothing could be read: %w", err))
	case c.Read == 0 && c.Events == 0:
		return failure("nothing_read", "name a CloudTrail file or a folder of them", fmt.Errorf("%s has no CloudTrail events to read", e.source.Origin().Location))
	default:
		return err
	}
}

// printCoverage says how much stands behind a result: one line, and one more
// for each thing that was not read.
func printCoverage(w io.Writer, o source.Origin, c event.Coverage) {
	unit := "files"
	if o.Kind == sourceCloudTrail {
		unit = "Regions"
	}
	parts := []string{fmt.Sprintf("%s read from %d of %d %s", count(c.Events, "event"), c.Read, c.Files, unit)}
	if c.Duplicates > 0 {
		parts = append(parts, count(c.Duplicates, "duplicate"))
	}
	parts = append(parts, fmt.Sprintf("%d skipped", len(c.Skipped)), fmt.Sprintf("%d failed", len(c.Failed)))
	if c.OutsideWindow > 0 {
		parts = append(parts, fmt.Sprintf("%d more outside the window", c.OutsideWindow))
	}
	if c.From != nil && c.To != nil {
		parts = append(parts, "from "+stamp(*c.From)+" to "+stamp(*c.To))
	}
	if c.CompleteTo != nil {
		parts = append(parts, "complete to "+stamp(*c.CompleteTo))
	}
	if c.Partial {
		parts = append(parts, "PARTIAL")
	}
	fmt.Fprintln(w, clean.Line("coverage: "+strings.Join(parts, ", ")))
	for _, g := range c.Failed {
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("  failed: %s: %s", g.Name, g.Reason)))
	}
	for _, g := range c.Skipped {
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("  skipped: %s: %s", g.Name, g.Reason)))
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// stamp is how times are printed: UTC, to the second.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}
