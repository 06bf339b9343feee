package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cordon/contain"
	"cordon/contain/audit"
	"cordon/investigate/clean"
)

// actOptions are those of the verbs that write: contain and release.
type actOptions struct {
	accountFlags
	recordFlags
	Format     string
	Reason     string
	PolicyName string
	DryRun     bool
	Yes        bool
	// Hold is how long a containment is watched; holdGiven tells whether the
	// operator said so.
	Hold      time.Duration
	holdGiven bool
	Adopt     bool
}

func (o *actOptions) register(cmd *cobra.Command) {
	fs := cmd.Flags()
	o.accountFlags.register(fs)
	o.recordFlags.register(fs)
	formatFlag(fs, &o.Format, formatText, formatJSON)
	fs.StringVar(&o.Reason, "reason", "", "why, in your words: it goes into the audit log (required)")
	fs.BoolVar(&o.DryRun, "dry-run", false, "print the plan and change nothing")
	fs.BoolVar(&o.Yes, "yes", false, "do not ask for confirmation")
}

// check finds what is wrong with the command line before anything is asked of
// the account.
func (o *actOptions) check(app *App, cmd *cobra.Command) error {
	if err := o.accountFlags.check(""); err != nil {
		return err
	}
	if o.Hold < 0 {
		return usageError("--hold 0 ends as soon as the policy is read back", "--hold %s is negative", o.Hold)
	}
	if o.DryRun {
		return nil
	}
	if strings.TrimSpace(o.Reason) == "" {
		return usageError(usageHint(cmd)+"; or see the plan with --dry-run", "--reason is required: say why, it goes into the audit log")
	}
	if !o.Yes && !app.Interactive() {
		return needsTerminal()
	}
	return nil
}

// An actor is the account, opened for one action.
type actor struct {
	account *contain.Account
	conn    *connection
	logPath string
}

// openActor makes everything ready that must work before an action: the
// configuration with its protected list, the audit log, the account.
func (a *App) openActor(ctx context.Context, o actOptions) (*actor, error) {
	cfg, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	path := a.auditPath(o.AuditLog, o.Sandbox != "")
	a.tellUnfinished(path)
	var log *audit.Log
	if !o.DryRun {
		if log, err = a.openLog(path); err != nil {
			return nil, err
		}
	}
	conn, err := a.connect(ctx, o.accountFlags)
	if err != nil {
		return nil, err
	}
	account, err := a.openAccount(ctx, conn, o.accountFlags, contain.Options{
		Log:        log,
		Protected:  cfg.Protected,
		PolicyName: o.PolicyName,
		ReadOnly:   a.readOnly(o.ReadOnly),
		Incident:   o.Incident,
	})
	if err != nil {
		conn.close()
		return nil, err
	}
	return &actor{account: account, conn: conn, logPath: path}, nil
}

// openAccount connects containment, with clients of its own.
func (a *App) openAccount(ctx context.Context, conn *connection, f accountFlags, o contain.Options) (*contain.Account, error) {
	o.RoleChain = conn.roles
	o.Profile = f.Profile
	o.Now = a.Now
	account, err := contain.Connect(ctx, conn.cfg.Copy(), o)
	if err != nil {
		return nil, actFailure(err)
	}
	return account, nil
}

// carryOut shows the plan, asks, applies it, and prints how it ended.
func (a *App) carryOut(ctx context.Context, act *actor, plan contain.Plan, o actOptions, confirm func() error) error {
	if o.DryRun {
		return a.printPlanned(plan, o.Format)
	}
	if !o.Yes {
		printPlan(a.Stderr, plan)
		if err := confirm(); err != nil {
			return err
		}
	}
	order := contain.Order{Reason: o.Reason, Hold: act.hold(o), Observe: a.observe(o.Format)}
	result, applyErr := act.account.Apply(ctx, plan, order)
	var printErr error
	if len(result.Targets) > 0 {
		recorded := act.logPath
		if _, ok := errors.AsType[*audit.Error](applyErr); ok {
			recorded = ""
		}
		printErr = a.printResult(result, o.Format, recorded)
	}
	if err := resultFailure(result, order.Hold, applyErr); err != nil {
		return err
	}
	return printErr
}

// hold is what was asked for. Unasked, it is a minute of the exercise's own
// time in an exercise.
func (act *actor) hold(o actOptions) time.Duration {
	if act.conn.exercise == nil || o.holdGiven {
		return o.Hold
	}
	return scaled(o.Hold, act.conn.exercise.Speed())
}

// observe prints what happens, as it happens. JSON leaves standard error to
// errors.
func (a *App) observe(format string) func(contain.Progress) {
	if format == formatJSON {
		return nil
	}
	return func(p contain.Progress) {
		line := fmt.Sprintf("%s  %-12s %s", stamp(p.At), p.State, p.Read)
		if p.Left > 0 {
			line += fmt.Sprintf(" (watching for %s more)", p.Left.Round(time.Second))
		}
		if p.Problem != nil {
			line += ": " + p.Problem.Message
		}
		fmt.Fprintln(a.Stderr, clean.Line(line))
	}
}

// actFailure gives an error of package contain its exit code and next step.
func actFailure(err error) error {
	problem := contain.Explain(err)
	f := &Failure{Exit: exitFailed, Code: problem.Code, Next: problem.Next, Err: problem}
	if _, ok := errors.AsType[*contain.RefusedError](err); ok {
		f.Exit = exitRefused
	}
	if problem.Code == contain.CodeUsage {
		f.Exit = exitUsage
	}
	return f
}

// resultFailure is nil if every target ended as it was asked for. Of several
// that did not, the first of 4, 1, 3 counts.
func resultFailure(r contain.Result, hold time.Duration, applyErr error) error {
	worst := exitDone
	var why error
	for _, t := range r.Targets {
		for _, m := range t.Measures {
			code := stateExit(m.State, hold)
			if code == exitDone || (worst != exitDone && !before(code, worst)) {
				continue
			}
			worst, why = code, notDone(t, m)
		}
	}
	if worst != exitDone {
		return why
	}
	if applyErr != nil {
		return actFailure(applyErr)
	}
	return nil
}

func before(a, b int) bool {
	order := map[int]int{exitNotInForce: 0, exitFailed: 1, exitRefused: 2}
	return order[a] < order[b]
}

// stateExit is the exit code for one measure's last state. In place is the end
// asked for only when no hold was.
func stateExit(s contain.State, hold time.Duration) int {
	switch s {
	case contain.Held, contain.ObservedDenied, contain.Released:
		return exitDone
	case contain.InPlace:
		if hold == 0 {
			return exitDone
		}
		return exitNotInForce
	case contain.Refused:
		return exitRefused
	case contain.Failed, contain.Planned:
		return exitFailed
	default:
		return exitNotInForce
	}
}

func notDone(t contain.TargetResult, m contain.MeasureResult) error {
	f := &Failure{
		Exit: stateExit(m.State, time.Second),
		Code: string(m.State),
		Next: "see what the account says now: cordon status",
		Err:  fmt.Errorf("%s is %s", t.Target, m.State),
	}
	if t.Error != nil {
		f.Code, f.Next = t.Error.Code, t.Error.Next
		f.Err = fmt.Errorf("%s is %s: %w", t.Target, m.State, t.Error)
	}
	return f
}

// scaled shortens a wait by an exercise's speed.
func scaled(d time.Duration, speed float64) time.Duration {
	if speed <= 0 {
		return d
	}
	return time.Duration(float64(d) / speed)
}

// plannedJSON is a result whose outcome is planned, with the plan beside it.
type plannedJSON struct {
	contain.Result
	Plan contain.Plan `json:"plan"`
}

func (a *App) printPlanned(p contain.Plan, format string) error {
	if format != formatJSON {
		return printing(a.Stdout, func(w io.Writer) { printPlan(w, p) })
	}
	return writeJSON(a.Stdout, plannedJSON{
		Result: contain.Result{OpID: p.OpID, Outcome: contain.Planned, Targets: []contain.TargetResult{{
			Target:    p.Target,
			Measures:  []contain.MeasureResult{{Measure: p.Measure, State: contain.Planned, Since: p.Made, Calls: orEmpty(p.Calls), Undo: p.Undo}},
			Warnings:  orEmpty(p.Warnings),
			StillOpen: orEmpty(p.StillOpen),
		}}},
		Plan: p,
	})
}

// printResult prints how it ended, and where that is recorded if it is.
func (a *App) printResult(r contain.Result, format, logPath string) error {
	if format == formatJSON {
		return writeJSON(a.Stdout, r)
	}
	return printing(a.Stdout, func(w io.Writer) {
		for _, t := range r.Targets {
			printTarget(w, r.OpID, t)
		}
		if logPath != "" {
			fmt.Fprintf(w, "recorded in %s\n", clean.Line(logPath))
		}
	})
}

func printTarget(w io.Writer, opID string, t contain.TargetResult) {
	changed := false
	for _, m := range t.Measures {
		how := string(m.State)
		if len(m.Calls) == 0 && t.Note != "" {
			how += " (" + t.Note + ")"
		}
		fmt.Fprintln(w, clean.Line(fmt.Sprintf("%s: %s in account %s (%s, operation %s)", t.Target, how, t.Target.Account, m.Measure, opID)))
		if m.State == contain.Failed || m.State == contain.Refused {
			continue // nothing to undo
		}
		changed = true
		if m.Undo != "" {
			fmt.Fprintln(w, clean.Line("undo: "+m.Undo))
		}
	}
	for _, warning := range t.Warnings {
		fmt.Fprintln(w, clean.Line("warning: "+warning))
	}
	if changed {
		printOpen(w, t.StillOpen)
	}
}

func printOpen(w io.Writer, open []contain.Open) {
	if len(open) == 0 {
		return
	}
	fmt.Fprintln(w, "still open:")
	for _, o := range open {
		fmt.Fprintln(w, clean.Line("  - "+o.Text))
	}
}
