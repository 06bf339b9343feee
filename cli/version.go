package cli

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

type versionJSON struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

func newVersionCommand(app *App) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Which cordon this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := buildVersion()
			if format == formatJSON {
				return writeJSON(app.Stdout, v)
			}
			return printing(app.Stdout, func(w io.Writer) { fmt.Fprintf(w, "cordon %s %s %s/%s\n", v, v.Go, v.OS, v.Arch) })
		},
	}
	formatFlag(cmd.Flags(), &format, formatText, formatJSON)
	return cmd
}

// buildVersion reads what the Go toolchain wrote into the binary.
func buildVersion() versionJSON {
	v := versionJSON{Version: "(devel)", Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	return v
}

// String is the version, with the revision where the version does not have it.
func (v versionJSON) String() string {
	if v.Version == "(devel)" && len(v.Revision) >= 12 {
		return v.Version + " " + v.Revision[:12]
	}
	return v.Version
}
