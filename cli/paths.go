package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cordon/investigate/clean"
)

type pathsJSON struct {
	Config   string `json:"config"`
	AuditLog string `json:"audit_log"`
	// ExerciseAuditLogs is a folder: each exercise has a log of its own.
	ExerciseAuditLogs string `json:"exercise_audit_logs"`
}

func newPathsCommand(app *App) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "paths",
		Short: "Where cordon's own files are",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			p := pathsJSON{Config: app.configPath(), AuditLog: app.auditPath("", false), ExerciseAuditLogs: app.exerciseFolder()}
			if format == formatJSON {
				return writeJSON(app.Stdout, p)
			}
			return printing(app.Stdout, func(w io.Writer) { printPaths(w, p) })
		},
	}
	formatFlag(cmd.Flags(), &format, formatText, formatJSON)
	return cmd
}

func printPaths(w io.Writer, p pathsJSON) {
	fmt.Fprintf(w, "config               %s\n", clean.Line(p.Config))
	fmt.Fprintf(w, "audit log            %s\n", clean.Line(p.AuditLog))
	fmt.Fprintf(w, "exercise audit logs  %s\n", clean.Line(p.ExerciseAuditLogs))
}
