package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"cordon/playbooks/tabletop"
)

// The common flags come in groups, so that a verb has those that mean something
// to it and refuses the others.

// accountFlags say which account to speak to, and how.
type accountFlags struct {
	Regions  []string
	Profile  string
	Endpoint string
	// Sandbox is the scenario to start in process; empty for a real account.
	Sandbox string
}

func (f *accountFlags) register(fs *pflag.FlagSet) {
	fs.StringSliceVar(&f.Regions, "region", nil, "Region to ask, repeatable or comma separated (AWS_REGION); us-east-1 is always added, IAM's events are there")
	fs.StringVar(&f.Profile, "profile", "", "profile of the AWS configuration (AWS_PROFILE)")
	fs.StringVar(&f.Endpoint, "endpoint-url", "", "another endpoint for every AWS service (AWS_ENDPOINT_URL)")
	fs.StringVar(&f.Sandbox, "sandbox", "", "act in an embedded, simulated account with an attack under way; --sandbox=SCENARIO for another than "+tabletop.DefaultScenario)
	fs.Lookup("sandbox").NoOptDefVal = tabletop.DefaultScenario
}

// check refuses combinations in which one flag would silently lose.
func (f *accountFlags) check(from string) error {
	if f.Sandbox == "" {
		return nil
	}
	for _, other := range []struct{ name, value string }{
		{"--profile", f.Profile},
		{"--endpoint-url", f.Endpoint},
		{"--from", from},
	} {
		if other.value != "" {
			return usageError("leave one of the two away: the exercise has an account, an endpoint and events of its own",
				"--sandbox and %s exclude each other", other.name)
		}
	}
	return nil
}

// sourceFlags say which events to read.
type sourceFlags struct {
	From  string
	Since string
	Until string
	Rules string
}

func (f *sourceFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.From, "from", "", "where events come from: cloudtrail (the default), a file, a folder, or - for standard input")
	fs.StringVar(&f.Since, "since", "", "oldest event: a duration back (90m, 24h, 7d) or a time (default 24h for cloudtrail, all of a file)")
	fs.StringVar(&f.Until, "until", "", "newest event: a duration back or a time")
	fs.StringVar(&f.Rules, "rules", "", "folder of Sigma rules to use beside the embedded ones")
}

// files reports whether the events come from files rather than from an account.
func (f *sourceFlags) files() bool { return f.From != "" && f.From != sourceCloudTrail }

const sourceCloudTrail = "cloudtrail"

// check refuses sources that this version cannot read.
func (f *sourceFlags) check() error {
	for prefix, export := range map[string]string{
		"logs:": "export the log group (aws logs filter-log-events > events.json) and read it with --from events.json",
		"s3://": "copy the objects (aws s3 sync) and read the folder with --from FOLDER",
	} {
		if strings.HasPrefix(f.From, prefix) {
			return usageError(export, "--from %s: this version does not read %s sources", f.From, strings.TrimRight(prefix, ":/"))
		}
	}
	return nil
}

// recordFlags say where actions are recorded, and whether there may be any.
type recordFlags struct {
	AuditLog string
	Incident string
	ReadOnly bool
}

func (f *recordFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.AuditLog, "audit-log", "", "the audit log (CORDON_AUDIT_LOG)")
	fs.StringVar(&f.Incident, "incident", "", "name of the incident, written into every record")
	fs.BoolVar(&f.ReadOnly, "read-only", false, "refuse whatever would change the account (CORDON_READ_ONLY)")
}

// readOnly joins the flag and the environment. A value that is not a clear no
// counts as yes.
func (a *App) readOnly(flag bool) bool {
	switch strings.ToLower(a.Getenv("CORDON_READ_ONLY")) {
	case "", "0", "false", "no", "off":
		return flag
	default:
		return true
	}
}

func formatFlag(fs *pflag.FlagSet, value *string, formats ...string) {
	oneOfFlag(fs, value, "format", formatText, "form of the output: "+strings.Join(formats, ", "), formats...)
}
