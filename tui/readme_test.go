package tui

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const readme = "../README.md"

// The README's table of keys is written from the bindings themselves.
func TestTheReadmeShowsTheKeysThatWork(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), "<!-- keys -->\n")
	table, after, ended := strings.Cut(rest, "<!-- /keys -->\n")
	if !ok || !ended {
		t.Fatal("the README has no place between <!-- keys --> and <!-- /keys -->")
	}
	if *update {
		whole := before + "<!-- keys -->\n" + Keys() + "<!-- /keys -->\n" + after
		if err := os.WriteFile(readme, []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(Keys(), table); diff != "" {
		t.Errorf("the README's keys are not the bindings (-bindings +README); run with -update:\n%s", diff)
	}
}
