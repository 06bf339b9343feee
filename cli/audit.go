package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/spf13/cobra"

	"cordon/contain/audit"
	"cordon/investigate/clean"
)

type auditOptions struct {
	AuditLog string
	Exercise bool
	Format   string
}

func (o *auditOptions) register(cmd *cobra.Command, formats ...string) {
	cmd.Flags().StringVar(&o.AuditLog, "audit-log", "", "the audit log (CORDON_AUDIT_LOG)")
	cmd.Flags().BoolVar(&o.Exercise, "exercise", false, "the log of the latest exercise instead of the real one")
	formatFlag(cmd.Flags(), &o.Format, formats...)
}

// path is the log to read.
func (o *auditOptions) path(app *App) (string, error) {
	if o.Exercise && o.AuditLog == "" {
		return app.lastExercise()
	}
	return app.auditPath(o.AuditLog, false), nil
}

func newAuditCommand(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "audit",
		GroupID: groupContain,
		Short:   "The audit log: what was done, and whether the log is whole",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownVerb(cmd, args[0])
			}
			return usageError(usageHint(cmd), "say what to do with the log: list or verify")
		},
	}
	cmd.AddCommand(newAuditListCommand(app), newAuditVerifyCommand(app))
	return cmd
}

func newAuditListCommand(app *App) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Print the records, oldest first",
		Long:  "List prints every whole record, and names the lines that are none. It does not check the chain: see audit verify.",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return runAuditList(app, o) },
	}
	o.register(cmd, formatText, formatJSON, formatCSV)
	return cmd
}

func newAuditVerifyCommand(app *App) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check that no record was changed, removed, inserted or moved",
		Long: "Verify follows the chain of hashes from the first record to the last. The exit code is 5 if it is broken.\n\n" +
			"Records cut off at the end leave no trace in the file itself; compare the head with a copy of it.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return runAuditVerify(app, o) },
	}
	o.register(cmd, formatText, formatJSON)
	return cmd
}

type auditListJSON struct {
	Path    string         `json:"path"`
	Records []audit.Record `json:"records"`
	Damaged []audit.Damage `json:"damaged"`
}

func runAuditList(app *App, o auditOptions) error {
	path, err := o.path(app)
	if err != nil {
		return err
	}
	records, damaged, err := audit.Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return logFailure(err)
	}
	list := auditListJSON{Path: path, Records: orEmpty(records), Damaged: orEmpty(damaged)}
	switch o.Format {
	case formatJSON:
		return writeJSON(app.Stdout, list)
	case formatCSV:
		for _, d := range damaged {
			app.warn("line %d of the log is not a record: %s", d.Line, d.Reason)
		}
		return auditTable(list.Records).printCSV(app.Stdout)
	default:
		return printing(app.Stdout, func(w io.Writer) { printAuditList(w, list) })
	}
}

func printAuditList(w io.Writer, list auditListJSON) {
	if len(list.Records) == 0 && len(list.Damaged) == 0 {
		fmt.Fprintln(w, clean.Line("nothing is recorded in "+list.Path))
		return
	}
	auditTable(list.Records).print(w)
	for _, d := range list.Damaged {
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("line %d is not a record: %s", d.Line, d.Reason)))
	}
}

func auditTable(records []audit.Record) *table {
	open := map[int64]bool{}
	for _, r := range audit.Unfinished(records) {
		open[r.Seq] = true
	}
	t := &table{header: []string{"seq", "time", "op_id", "op", "kind", "target", "measure", "outcome", "operator", "incident", "reason"}}
	for _, r := range records {
		outcome := r.Outcome
		if open[r.Seq] {
			outcome = "no outcome recorded"
		}
		t.add(strconv.FormatInt(r.Seq, 10), stamp(r.Time), r.OpID, r.Op, string(r.Kind), auditTarget(r.Target),
			r.Measure, outcome, r.Operator.ARN, r.Incident, r.Reason)
	}
	return t
}

func auditTarget(t audit.Target) string {
	s := t.Kind + "/" + t.Name
	if t.Account != "" {
		return t.Account + ":" + s
	}
	return s
}

func runAuditVerify(app *App, o auditOptions) error {
	path, err := o.path(app)
	if err != nil {
		return err
	}
	v, err := audit.Verify(path)
	if errors.Is(err, fs.ErrNotExist) {
		return failure("no_audit_log", "name it with --audit-log; cordon paths says where it is looked for",
			fmt.Errorf("there is no audit log at %s", path))
	}
	if err != nil {
		return logFailure(err)
	}
	if o.Format == formatJSON {
		err = writeJSON(app.Stdout, v)
	} else {
		err = printing(app.Stdout, func(w io.Writer) { printVerification(w, path, v) })
	}
	if !v.OK {
		return &Failure{
			Exit: exitLogBroken, Code: "audit_log_broken",
			Next: "keep a copy of the file as evidence; cordon audit list still prints its records",
			Err:  fmt.Errorf("the audit log %s does not verify: %s", path, v.Reason),
		}
	}
	return err
}

func printVerification(w io.Writer, path string, v audit.Verification) {
	if v.OK {
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("ok: %s, %s", count(v.Records, "record"), path)))
	} else {
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("BROKEN at record %d: %s", *v.BrokenAt, v.Reason)))
	}
	if v.Head != "" {
		fmt.Fprintf(w, "head: %s\n", v.Head)
	}
}

// logFailure adds the next step that the audit log knows.
func logFailure(err error) error {
	next := ""
	if e, ok := errors.AsType[*audit.Error](err); ok {
		next = e.Next
	}
	return failure("audit_log", next, err)
}

// tellUnfinished names the operations that a crash cut off between intent and
// outcome. It is told before anything else, on every verb that speaks to the
// account.
func (a *App) tellUnfinished(path string) {
	records, _, err := audit.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		a.warn("%v", err)
		return
	}
	for _, r := range audit.Unfinished(records) {
		if audit.Running(path, r.OpID) {
			continue
		}
		a.warn("unfinished: %s of %s, begun %s, has no outcome in the audit log (operation %s): its state is unknown",
			r.Op, auditTarget(r.Target), stamp(r.Time), r.OpID)
		fmt.Fprintln(a.Stderr, "        check it with: cordon status")
	}
}

// openLog opens the audit log for writing.
func (a *App) openLog(path string) (*audit.Log, error) {
	log, err := audit.Open(path, audit.Options{Now: a.Now})
	if err != nil {
		return nil, logFailure(err)
	}
	return log, nil
}

// orEmpty keeps null out of the JSON.
func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
