package investigate

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cordon/investigate/event"
	"cordon/investigate/source"
)

// The real records of attack techniques beside the repository: all are ranked,
// and whoever changed or took something has a finding.
func TestRecordedAttacksAreRankedWithFindings(t *testing.T) {
	dir := filepath.Join("..", "..", "shared", "data", "stratus")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the recorded attacks are not beside the repository: %v", err)
	}
	s := NewStore(embeddedRules(t), testClock)
	acted := map[event.Principal]bool{}
	from := source.Files(dir, source.Window{})
	coverage, err := from.Read(context.Background(), func(b source.Batch) error {
		for i := range b.Events {
			acted[b.Events[i].Principal] = true
		}
		return s.Add(b.Events)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.SetCoverage(from.Origin(), coverage)
	r := s.Rank()
	if r.Coverage.Events != 310 || r.Coverage.Duplicates != 0 || r.Coverage.Partial || len(r.Coverage.Failed) > 0 {
		t.Errorf("coverage is %+v; want 310 events and nothing missing", r.Coverage)
	}
	if len(r.Principals) != len(acted) {
		t.Errorf("%d principals ranked, %d acted", len(r.Principals), len(acted))
	}
	for _, p := range r.Principals {
		if !acted[p.Principal()] {
			t.Errorf("%s is ranked and never acted", p.Principal())
		}
		delete(acted, p.Principal())
		sum := 0
		for _, f := range p.Findings {
			sum += addsOf(t, f)
			if f.Count != len(f.EventIDs) || f.Count == 0 || f.Last.Before(f.First) {
				t.Errorf("%s: finding %s counts %d of %d events, from %s to %s", p.Principal(), f.Rule, f.Count, len(f.EventIDs), f.First, f.Last)
			}
		}
		if sum != p.Score {
			t.Errorf("%s: findings add %d, the score is %d\n%s", p.Principal(), sum, p.Score, whys(p))
		}
	}
	if len(acted) > 0 {
		t.Errorf("not ranked: %v", acted)
	}
	// One call of the technique each, by who made it in which account.
	for _, name := range []string{
		"StopLogging", "DeleteTrail", "PutEventSelectors", "DeleteFlowLogs", "LeaveOrganization", "GetPasswordData",
		"ModifySnapshotAttribute", "ModifyImageAttribute", "UpdateAssumeRolePolicy", "UpdateLoginProfile", "CreateLoginProfile",
		"CreateTrustAnchor", "GetFederationToken", "AddPermission20150331v2", "AttachUserPolicy", "AttachRolePolicy",
	} {
		found := 0
		for n := range s.Len() {
			if row := s.Row(n); row.Name == name {
				found++
				if p := ranking(r, row.Principal); p.Score == 0 {
					t.Errorf("%s called %s and has no finding that adds anything\n%s", row.Principal, name, whys(p))
				}
			}
		}
		if found == 0 {
			t.Errorf("no call of %s", name)
		}
	}
	if top := r.Principals[0]; top.Level != event.Critical || !strings.Contains(whys(top), "adds 100") {
		t.Errorf("the first is %s, level %s\n%s", top.Principal(), top.Level, whys(top))
	}
}

func ranking(r Ranking, p event.Principal) Ranked {
	for _, ranked := range r.Principals {
		if ranked.Principal() == p {
			return ranked
		}
	}
	return Ranked{}
}
