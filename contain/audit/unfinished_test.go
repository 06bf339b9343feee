package audit_test

import (
	"bufio"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cordon/contain/audit"
)

func TestUnfinishedAreTheIntentsWithoutAnOutcome(t *testing.T) {
	alice, bob := audit.Target{ARN: "alice"}, audit.Target{ARN: "bob"}
	records := []audit.Record{
		{OpID: "1", Kind: audit.Intent, Target: alice, Measure: "deny-all"},
		{OpID: "2", Kind: audit.Intent, Target: alice, Measure: "deny-all"},
		{OpID: "1", Kind: audit.Outcome, Target: alice, Measure: "deny-all"},
		{OpID: "2", Kind: audit.Note, Target: alice, Measure: "deny-all"},
		{OpID: "3", Kind: audit.Intent, Target: alice, Measure: "deny-all"},
		{OpID: "3", Kind: audit.Intent, Target: bob, Measure: "deny-all"},
		{OpID: "3", Kind: audit.Outcome, Target: bob, Measure: "deny-all"},
	}
	if diff := cmp.Diff([]audit.Record{records[1], records[4]}, audit.Unfinished(records)); diff != "" {
		t.Error(diff)
	}
}

func TestAnOperationIsRunningUntilItsProcessEnds(t *testing.T) {
	log := newLog(t)
	if audit.Running(log.Path(), "theop") {
		t.Error("running before it began")
	}
	cmd := run(t, "begin", log.Path())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "begun\n" {
		t.Fatal(line, err)
	}
	if !audit.Running(log.Path(), "theop") {
		t.Error("not running while its process lives")
	}
	if _, err := log.Begin("theop"); err == nil {
		t.Error("began twice")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if audit.Running(log.Path(), "theop") {
		t.Error("running after its process was killed")
	}
	done, err := log.Begin("theop")
	if err != nil {
		t.Fatal(err)
	}
	if err := done(); err != nil {
		t.Fatal(err)
	}
	if _, err := log.Begin("../evil"); err == nil {
		t.Error("an id that is a path was taken")
	}
}
