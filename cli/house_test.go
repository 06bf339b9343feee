package cli_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// A houseRule says which packages must not import which.
type houseRule struct {
	why     string
	from    string
	mustNot string
	except  string // packages of from that may
}

// The rules that keep evidence apart from action, and each library in its room.
func houseRules() []houseRule {
	return []houseRule{
		{"what reads evidence cannot change an account", `^cordon/investigate`, `^cordon/(contain|playbooks|tui|cli)`, ``},
		{"what changes an account needs no evidence", `^cordon/contain(/audit)?$`, `^cordon/(investigate|playbooks|tui|cli)`, ``},
		{"the audit log stands alone", `^cordon/contain/audit$`, `^cordon/`, ``},
		{"in investigate, arrows run one way", `^cordon/investigate/(event|query|rules|source)$`, `^cordon/investigate$`, ``},
		{"events are the floor", `^cordon/investigate/event$`, `^cordon/`, ``},
		{"the query language knows events only", `^cordon/investigate/query$`, `^cordon/investigate/(rules|source|clean)`, ``},
		{"the simulated account is played by others, and uses nobody", `^cordon/playbooks`, `^cordon/(contain|tui|cli|investigate$|investigate/(rules|source))`, ``},
		{"only the terminal UI draws", `^cordon`, `^charm\.land/(bubbletea|bubbles|lipgloss)`, `^cordon/tui$`},
		{
			"only these speak to AWS", `^cordon`, `^github\.com/aws/aws-sdk-go-v2/service/`,
			`^cordon/(investigate/source|contain|playbooks/tabletop|playbooks/tabletop/account)$`,
		},
	}
}

func TestThePackagesImportOnlyWhatTheirRulesAllow(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "cordon/...")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	packages := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, rule := range houseRules() {
		from, mustNot, except := regexp.MustCompile(rule.from), regexp.MustCompile(rule.mustNot), regexp.MustCompile(rule.except)
		matched := 0
		for _, line := range packages {
			words := strings.Fields(line)
			if !from.MatchString(words[0]) || rule.except != "" && except.MatchString(words[0]) {
				continue
			}
			matched++
			for _, imported := range words[1:] {
				if mustNot.MatchString(imported) {
					t.Errorf("%s: %s imports %s", rule.why, words[0], imported)
				}
			}
		}
		if matched == 0 {
			t.Errorf("%s: there is no package like %s", rule.why, rule.from)
		}
	}
}
