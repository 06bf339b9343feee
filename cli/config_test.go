package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheConfigIsReadStrictly(t *testing.T) {
	got, err := parseConfig(strings.NewReader("# ours\nprotected:\n  - user/break-glass\n  - role/Org*\n"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config{Protected: []string{"user/break-glass", "role/Org*"}}, got); diff != "" {
		t.Error(diff)
	}
	for _, empty := range []string{"", "# nothing yet\n"} {
		if _, err := parseConfig(strings.NewReader(empty)); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestABrokenConfigNamesTheLine(t *testing.T) {
	tests := map[string]string{
		"protected:\n  - a\nprotectd: []\n": "line 3",
		"protected:\n  a: b\n":              "line 2",
		"protected: [a\n":                   "line 1",
		"protected:\n  - \"\"\n":            "entry 1",
	}
	for raw, where := range tests {
		c, err := parseConfig(strings.NewReader(raw))
		if err == nil {
			t.Errorf("%q was read as %v", raw, c)
			continue
		}
		if !strings.Contains(err.Error(), where) {
			t.Errorf("%q: %v, want it to name %s", raw, err, where)
		}
	}
}
