package investigate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
	"cordon/investigate/query"
	"cordon/investigate/source"
)

func TestCopiesOfAnEventCountAsDuplicates(t *testing.T) {
	all := events(t, call{Who: "user/a", Name: "A"}, call{Who: "user/a", Name: callOf("low-impact-1")}, call{Who: "user/b", Name: "B"})
	s := NewStore(testRules(t), testClock)
	for _, part := range [][]event.Event{{all[0], all[1], all[1]}, {all[1]}, {all[2], all[0]}} {
		if err := s.Add(part); err != nil {
			t.Fatal(err)
		}
	}
	r := s.Rank()
	if s.Len() != 3 || r.Coverage.Events != 3 || r.Coverage.Duplicates != 3 {
		t.Errorf("%d events, coverage %+v; want 3 events and 3 duplicates", s.Len(), r.Coverage)
	}
	if a := rankOf(t, s, "user/a"); a.Events != 2 || a.Score != 15 || a.Findings[0].Count != 1 {
		t.Errorf("user/a has %d events and score %d; want 2, 15", a.Events, a.Score)
	}
}

func TestEventsWithoutUUIDKeepTheirID(t *testing.T) {
	s := NewStore(nil, testClock)
	var ids []string
	for i, id := range []string{`"eventID":"not a uuid",`, `"eventID":"00000000-0000-4000-8000-00000000000A",`, "", `"eventID":"00000000-0000-4000-8000-00000000000a",`} {
		e, err := event.Read(fmt.Appendf(nil, `{%s"eventName":"Call%d"}`, id, i))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Add([]event.Event{e, e}); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	if s.Len() != len(ids) {
		t.Fatalf("%d events of %d distinct ones", s.Len(), len(ids))
	}
	for n, id := range ids {
		if got := s.Row(n).ID; got != id {
			t.Errorf("event %d has ID %q, want %q", n, got, id)
		}
		if found, ok := s.Find(id); !ok || found != n {
			t.Errorf("Find(%q) = %d, %t; want %d", id, found, ok, n)
		}
	}
	if _, ok := s.Find("another"); ok {
		t.Error("found an event that was never added")
	}
}

func TestEventsOutsideOfTheStoreAreErrors(t *testing.T) {
	s := filled(t, nil, events(t, call{Who: "user/a", Name: "A"}))
	for _, n := range []int{-1, 1, 1 << 40} {
		if _, err := s.Event(n); !errors.Is(err, ErrNoEvent) {
			t.Errorf("event %d: error %v, want ErrNoEvent", n, err)
		}
		if diff := cmp.Diff(Row{}, s.Row(n)); diff != "" {
			t.Errorf("row %d is not empty:\n%s", n, diff)
		}
	}
	if err := s.Add(append(events(t, call{}, call{Who: "user/b", Name: "B"})[1:], event.Event{ID: "bare"})); !errors.Is(err, ErrNoRecord) || s.Len() != 2 {
		t.Errorf("adding an event without its record: error %v, %d events; want ErrNoRecord, and the one before it kept", err, s.Len())
	}
}

func TestVersionChangesWithWhatIsHeld(t *testing.T) {
	s := NewStore(nil, testClock)
	all := events(t, call{Who: "user/a", Name: "A"})
	origin := source.Origin{Kind: "files", Location: "x"}
	seen := map[uint64]string{0: "none"}
	for _, step := range []struct {
		name    string
		do      func() error
		changes bool
	}{
		{"a new store", func() error { return nil }, true},
		{"an event", func() error { return s.Add(all) }, true},
		{"a duplicate", func() error { return s.Add(all) }, true},
		{"nothing", func() error { return s.Add(nil) }, false},
		{"coverage", func() error { s.SetCoverage(origin, event.Coverage{Files: 1}); return nil }, true},
		{"the same coverage", func() error { s.SetCoverage(origin, event.Coverage{Files: 1}); return nil }, false},
		{"other coverage", func() error { s.SetCoverage(origin, event.Coverage{Files: 2}); return nil }, true},
		{"a ranking", func() error { s.Rank(); return nil }, false},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		before, known := seen[s.Version()]
		if known == step.changes {
			t.Errorf("after %s the version is %d, last seen after %q", step.name, s.Version(), before)
		}
		seen[s.Version()] = step.name
	}
}

func TestCoverageIsMergedOverReadings(t *testing.T) {
	at := func(hours int) *time.Time { v := testDay.Add(time.Duration(hours) * time.Hour); return &v }
	files, east, west := source.Origin{Kind: "files", Location: "logs"}, source.Origin{Kind: "cloudtrail", Location: "us-east-1"}, source.Origin{Kind: "cloudtrail", Location: "us-west-2"}
	s := filled(t, nil, events(t, call{Who: "user/a", Name: "A"}, call{Who: "user/a", Name: "A", At: time.Hour}))
	s.SetCoverage(east, event.Coverage{Files: 1, Partial: true, Failed: []event.Gap{{Name: "us-east-1", Reason: "throttled"}}, Events: 7})
	s.SetCoverage(west, event.Coverage{Files: 1, Read: 1, CompleteTo: at(3)})
	s.SetCoverage(east, event.Coverage{Files: 1, Read: 1, CompleteTo: at(2)})
	want := event.Coverage{
		Files: 2, Read: 2, Skipped: []event.Gap{}, Failed: []event.Gap{}, Events: 2,
		From: at(0), To: at(1), CompleteTo: at(2),
	}
	if diff := cmp.Diff(want, s.Rank().Coverage); diff != "" {
		t.Errorf("two Regions, one read again (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(source.Origin{Kind: "cloudtrail", Location: "us-east-1, us-west-2"}, s.Rank().Source); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	s.SetCoverage(east, event.Coverage{Files: 1, Read: 1, CompleteTo: at(1000)})
	s.SetCoverage(west, event.Coverage{Files: 1, Read: 1, CompleteTo: at(2000)})
	if got := s.Rank().Coverage.CompleteTo; got == nil || !got.Equal(testClock()) {
		t.Errorf("complete to %v, which is later than now", got)
	}
	s.SetCoverage(files, event.Coverage{Files: 3, Read: 1, Partial: true, Skipped: []event.Gap{{Name: "a", Reason: "b"}}})
	want = event.Coverage{
		Files: 5, Read: 3, Partial: true, Skipped: []event.Gap{{Name: "a", Reason: "b"}}, Failed: []event.Gap{}, Events: 2,
		From: at(0), To: at(1),
	}
	if diff := cmp.Diff(want, s.Rank().Coverage); diff != "" {
		t.Errorf("with files, which know no end (-want +got):\n%s", diff)
	}
}

func TestRecordsOfAnySizeComeBack(t *testing.T) {
	var calls []call
	for i, size := range []int{10, blockBytes, 3 * blockBytes, 5, blockBytes - 400, 100} {
		calls = append(calls, call{Who: "user/a", Name: "A", At: time.Duration(i) * time.Second, Parameters: map[string]any{"document": strings.Repeat("x", size)}})
	}
	all := events(t, calls...)
	s := filled(t, nil, all)
	for n := range all {
		got, err := s.Event(n)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(all[n], got); diff != "" {
			t.Errorf("event %d (-added +opened):\n%.500s", n, diff)
		}
	}
	expr, err := query.ParseFilter(`requestParameters.document like "xxx"`)
	if err != nil {
		t.Fatal(err)
	}
	selected, err := s.Select(context.Background(), Filter{Expr: expr})
	if err != nil || len(selected.Rows) != len(all) {
		t.Errorf("%d of %d large records searched, error %v", len(selected.Rows), len(all), err)
	}
}

// Readers see whole batches while another goroutine adds: run with -race.
func TestReadersSeeWholeBatchesWhileOneAdds(t *testing.T) {
	all := generated(t, 5, 20*addRows)
	s := NewStore(embeddedRules(t), testClock)
	words, err := query.ParseLine("person-1")
	if err != nil {
		t.Fatal(err)
	}
	records, err := query.ParseFilter(`requestParameters.userName like "person-1"`)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	looks := []func() error{
		func() error {
			r, sum := s.Rank(), 0
			for _, p := range r.Principals {
				sum += p.Events
			}
			if sum != r.Coverage.Events || sum%addRows != 0 {
				return fmt.Errorf("principals have %d events, the ranking %d", sum, r.Coverage.Events)
			}
			return nil
		},
		func() error {
			before := s.Len()
			selected, err := s.Select(context.Background(), Filter{})
			if err == nil && len(selected.Rows) < before {
				err = fmt.Errorf("%d of at least %d events selected", len(selected.Rows), before)
			}
			return err
		},
		func() error { _, err := s.Select(context.Background(), Filter{Expr: words}); return err },
		func() error { _, err := s.Select(context.Background(), Filter{Expr: records}); return err },
		func() error {
			n := s.Len() - 1
			if n < 0 {
				return nil
			}
			e, err := s.Event(n)
			if row := s.Row(n); err == nil && (e.ID != row.ID || e.ID != all[n].ID) {
				err = fmt.Errorf("event %d is %s in its row and %s in its record", n, row.ID, e.ID)
			}
			s.Facts(all[0].Principal)
			s.AnswersAfter(all[0].Principal, testDay)
			return err
		},
	}
	var wait sync.WaitGroup
	for _, look := range looks {
		wait.Go(func() {
			for {
				if err := look(); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for len(all[s.Len():]) > 0 {
		if err := s.Add(all[s.Len() : s.Len()+addRows]); err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	wait.Wait()
}

func TestFactsCountWhatAPrincipalDid(t *testing.T) {
	s := filled(t, nil, events(t,
		call{Who: "user/a", Name: "ListUsers", Error: "AccessDenied"},
		call{Who: "user/a", Name: "ListUsers", At: time.Minute, Agent: "Boto3", Error: "ThrottlingException"},
		call{Who: "user/a", Name: "CreateUser", At: time.Hour, IP: "203.0.113.9", Region: "eu-west-1"},
		call{Who: "user/b", Name: "CreateUser", At: 2 * time.Hour},
	))
	p := s.Row(0).Principal
	one, hour := testDay.Add(time.Minute), testDay.Add(time.Hour)
	want := Facts{
		Principal: p, Events: 3, Errors: 2, Denied: 1, Writes: 3, First: testDay, Last: hour,
		Names: []Count{
			{"ListUsers", 2, 2, testDay, one}, {"CreateUser", 1, 0, hour, hour},
		},
		ErrorCodes: []Count{{"AccessDenied", 1, 1, testDay, testDay}, {"ThrottlingException", 1, 1, one, one}},
		Services:   []Count{{"iam.amazonaws.com", 3, 2, testDay, hour}},
		UserAgents: []Count{{"aws-cli/2", 2, 1, testDay, hour}, {"Boto3", 1, 1, one, one}},
		SourceIPs:  []Count{{"198.51.100.1", 2, 2, testDay, one}, {"203.0.113.9", 1, 0, hour, hour}},
		Regions:    []Count{{"us-east-1", 2, 2, testDay, one}, {"eu-west-1", 1, 0, hour, hour}},
		AccessKeys: []Count{{"AKIAA", 3, 2, testDay, hour}},
		Accounts:   []Count{{"111122223333", 3, 2, testDay, hour}},
	}
	if diff := cmp.Diff(want, s.Facts(p)); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if got := s.Facts(event.Principal{Kind: event.User, Name: "nobody"}); got.Events != 0 || !got.First.IsZero() {
		t.Errorf("facts of one who never acted: %+v", got)
	}
}

func TestAnswersAfterAMomentTellDeniedFromSucceeded(t *testing.T) {
	after := testDay.Add(10*time.Second + 300*time.Millisecond)
	calls := []call{
		{At: 9 * time.Second, Who: "user/a", Name: "ListUsers"},                                // before
		{At: 10 * time.Second, Who: "user/a", Name: "ListUsers", Error: "AccessDenied"},        // within the second: unclear
		{At: 11 * time.Second, Who: "user/a", Name: "GetCallerIdentity", Source: "sts"},        // neutral
		{At: 11 * time.Second, Who: "user/a", Name: "GetSessionToken", Source: "sts"},          // neutral
		{At: 11 * time.Second, Who: "user/a", Name: "ConsoleLogin", Source: "signin"},          // neutral
		{At: 11 * time.Second, Who: "user/b", Name: "ListUsers"},                               // another's
		{At: 12 * time.Second, Who: "user/a", Name: "GetUser", Error: "NoSuchEntityException"}, // neither
		{At: 13 * time.Second, Who: "user/a", Name: "ListUsers"},                               // succeeded
		{At: 15 * time.Second, Who: "user/a", Name: "RunInstances", Error: "Client.UnauthorizedOperation", Source: "ec2"},
		{At: 14 * time.Second, Who: "user/a", Name: "ListBuckets", Error: "AccessDenied", Source: "s3"},
		{At: 16 * time.Second, Who: "user/a", Name: "ListRoles", Error: "AccessDeniedException"},
	}
	s := filled(t, nil, events(t, calls...))
	p := s.Row(0).Principal
	want := Answers{
		Denied: 3, Succeeded: 1, Other: 1,
		FirstDenied: testDay.Add(14 * time.Second), DeniedID: testID(9), LastSucceeded: testDay.Add(13 * time.Second),
	}
	if diff := cmp.Diff(want, s.AnswersAfter(p, after)); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Answers{}, s.AnswersAfter(p, testDay.Add(time.Hour))); diff != "" {
		t.Errorf("answers after the last event (-want +got):\n%s", diff)
	}
}
