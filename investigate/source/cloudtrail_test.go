package source_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
	"cordon/investigate/source"
	"cordon/playbooks/tabletop/account"
)

// quick is more requests a second than any test needs.
const quick = 1e6

func configFor(url string, creds aws.Credentials) aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.StaticCredentialsProvider{Value: creds},
	}
}

// served is a simulated account over HTTP, the configuration of its root, and
// the time of its start. n calls were made in each Region, one a minute.
func served(t testing.TB, o account.Options, calls map[string]int) (aws.Config, time.Time) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	a := account.New(o)
	for region, n := range calls {
		for i := range n {
			call := account.Call{
				AccessKeyID: a.Root().AccessKeyID, Service: "s3", Operation: "ListBuckets", Region: region,
				SourceIP: "203.0.113.7", At: now.Add(-time.Duration(i+1) * time.Minute),
			}
			if _, err := a.Do(t.Context(), call); err != nil {
				t.Fatal(err)
			}
		}
	}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return configFor(server.URL, a.Root()), now
}

// listed counts the events that served made, by Region. The lookups themselves
// are events too.
func listed(t testing.TB, events []event.Event) map[string]int {
	t.Helper()
	n := map[string]int{}
	for i := range events {
		if events[i].Name != "ListBuckets" {
			continue
		}
		n[events[i].Region]++
		want := event.Principal{Kind: event.Root, Name: "root", Account: account.DefaultID, ARN: "arn:aws:iam::123456789012:root"}
		if diff := cmp.Diff(want, events[i].Principal); diff != "" {
			t.Fatalf("principal, -want +got:\n%s", diff)
		}
	}
	return n
}

func TestRegionsAreReadSideBySideToTheEnd(t *testing.T) {
	cfg, now := served(t, account.Options{LookupsPerSecond: -1}, map[string]int{"us-east-1": 120, "eu-west-1": 60})
	s := source.CloudTrail(cfg, source.CloudTrailOptions{
		Regions: []string{"us-east-1", "eu-west-1"}, PerSecond: quick,
		Window: source.Window{Since: now.Add(-90 * time.Minute)}, Now: func() time.Time { return now },
	})
	if diff := cmp.Diff(source.Origin{Kind: "cloudtrail", Location: "us-east-1,eu-west-1"}, s.Origin()); diff != "" {
		t.Errorf("origin, -want +got:\n%s", diff)
	}
	r := read(t, s)
	if r.err != nil {
		t.Fatal(r.err)
	}
	if diff := cmp.Diff(map[string]int{"us-east-1": 90, "eu-west-1": 60}, listed(t, r.events)); diff != "" {
		t.Errorf("events, -want +got:\n%s", diff)
	}
	complete := now.Add(-15 * time.Minute)
	if c := r.coverage; c.Files != 2 || c.Read != 2 || c.Partial || c.CompleteTo == nil || !c.CompleteTo.Equal(complete) {
		t.Errorf("coverage: %+v", c)
	}
}

func TestPagesComeAsTheyArriveNewestFirst(t *testing.T) {
	cfg, now := served(t, account.Options{LookupsPerSecond: -1}, map[string]int{"us-east-1": 120})
	s := source.CloudTrail(cfg, source.CloudTrailOptions{
		Regions: []string{"us-east-1"}, PerSecond: quick, Window: source.Window{Until: now.Add(-time.Second)},
	})
	var sizes []int
	var times []time.Time
	c, err := s.Read(t.Context(), func(b source.Batch) error {
		sizes = append(sizes, len(b.Events))
		for _, e := range b.Events {
			times = append(times, e.Time)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{50, 50, 20, 0, 0}; !slices.Equal(sizes, want) { // the Region's end, and the whole's
		t.Errorf("batches of %v, want %v", sizes, want)
	}
	if !slices.IsSortedFunc(times, func(a, b time.Time) int { return b.Compare(a) }) {
		t.Error("not newest first")
	}
	if c.CompleteTo == nil || !c.CompleteTo.Before(now.Add(-14*time.Minute)) {
		t.Errorf("complete to %v", c.CompleteTo)
	}
}

func TestThrottlesSlowAReadingAndNeverEndIt(t *testing.T) {
	cfg, now := served(t, account.Options{LookupsPerSecond: 20}, map[string]int{"us-east-1": 1250})
	s := source.CloudTrail(cfg, source.CloudTrailOptions{
		Regions: []string{"us-east-1"}, PerSecond: quick, Window: source.Window{Until: now.Add(-time.Second)},
	})
	r := read(t, s)
	if r.err != nil || len(r.events) != 1250 || r.coverage.Read != 1 {
		t.Errorf("%v, %d events, %+v", r.err, len(r.events), r.coverage)
	}
}

func TestCompleteToIsNotLaterThanTheWindow(t *testing.T) {
	cfg, now := served(t, account.Options{LookupsPerSecond: -1}, map[string]int{"us-east-1": 60})
	until := now.Add(-30 * time.Minute)
	r := read(t, source.CloudTrail(cfg, source.CloudTrailOptions{
		Regions: []string{"us-east-1"}, PerSecond: quick, Window: source.Window{Until: until},
	}))
	if r.err != nil || r.coverage.CompleteTo == nil || !r.coverage.CompleteTo.Equal(until) {
		t.Errorf("%v, complete to %v, want %v", r.err, r.coverage.CompleteTo, until)
	}
	if len(r.events) != 31 {
		t.Errorf("%d events, want 31", len(r.events))
	}
}

func TestAskingForMoreThanIsKeptIsAGap(t *testing.T) {
	cfg, now := served(t, account.Options{LookupsPerSecond: -1}, map[string]int{"us-east-1": 1})
	r := read(t, source.CloudTrail(cfg, source.CloudTrailOptions{
		Regions: []string{"us-east-1"}, PerSecond: quick, Window: source.Window{Since: now.AddDate(-1, 0, 0)},
	}))
	if r.err != nil || listed(t, r.events)["us-east-1"] != 1 || r.coverage.Read != 1 {
		t.Errorf("%v, %+v", r.err, r.coverage)
	}
	if f := r.coverage.Failed; len(f) != 1 || !strings.Contains(f[0].Reason, "90 days") || r.coverage.CompleteTo != nil {
		t.Errorf("failed: %+v, complete to %v", f, r.coverage.CompleteTo)
	}
}

func TestAFurtherReadingAsksOnlyForWhatMayBeNew(t *testing.T) {
	server := &lookups{}
	cfg := server.start(t)
	server.answer = func(string, int, lookupRequest) lookupResponse { return page("", 1) }
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	s := source.CloudTrail(cfg, source.CloudTrailOptions{
		Regions: []string{"us-east-1"}, PerSecond: quick, Lag: time.Minute, Now: func() time.Time { return now },
		Window: source.Window{Since: now.Add(-time.Hour)},
	})
	for _, want := range []time.Time{now.Add(-time.Hour), now.Add(-time.Minute)} {
		if r := read(t, s); r.err != nil || len(r.events) != 1 {
			t.Fatalf("%v, %d events", r.err, len(r.events))
		}
		if got := server.last().StartTime; got != float64(want.Unix()) {
			t.Errorf("asked from %.0f, want %d", got, want.Unix())
		}
	}
}

func TestARegionThatFailedIsReadInFullTheNextTime(t *testing.T) {
	server := &lookups{}
	cfg := server.start(t)
	server.answer = func(_ string, n int, _ lookupRequest) lookupResponse {
		if n == 2 {
			return refusal("ExpiredTokenException", "expired")
		}
		return page("next", 1)
	}
	since := time.Now().Add(-time.Hour).Truncate(time.Second)
	s := source.CloudTrail(cfg, source.CloudTrailOptions{Regions: []string{"us-east-1"}, PerSecond: quick, Window: source.Window{Since: since}})
	if r := read(t, s); r.err == nil {
		t.Fatal("no error")
	}
	server.answer = func(string, int, lookupRequest) lookupResponse { return page("", 1) }
	if r := read(t, s); r.err != nil || server.last().StartTime != float64(since.Unix()) {
		t.Errorf("%v, asked from %.0f", r.err, server.last().StartTime)
	}
}

func TestNoRegionIsAnErrorWithANextStep(t *testing.T) {
	r := read(t, source.CloudTrail(aws.Config{}, source.CloudTrailOptions{}))
	if r.err == nil || !strings.Contains(r.err.Error(), "--region") {
		t.Errorf("got %v", r.err)
	}
}

func TestAnErrorOfEmitEndsTheLookups(t *testing.T) {
	server := &lookups{}
	cfg := server.start(t)
	server.answer = func(_ string, n int, _ lookupRequest) lookupResponse { return page("token"+strings.Repeat("x", n), 1) }
	stop := errors.New("stop")
	c, err := source.CloudTrail(cfg, source.CloudTrailOptions{Regions: []string{"us-east-1", "eu-west-1"}, PerSecond: quick}).
		Read(t.Context(), func(source.Batch) error { return stop })
	if !errors.Is(err, stop) || !c.Partial || c.CompleteTo != nil {
		t.Errorf("got %v, %+v", err, c)
	}
}

func TestCancellingEndsTheLookups(t *testing.T) {
	server := &lookups{}
	cfg := server.start(t)
	ctx, cancel := context.WithCancel(t.Context())
	server.answer = func(_ string, n int, _ lookupRequest) lookupResponse {
		if n == 2 {
			cancel() // and this page never comes
			return lookupResponse{never: true}
		}
		return page("token", 1)
	}
	events := 0
	c, err := source.CloudTrail(cfg, source.CloudTrailOptions{Regions: []string{"us-east-1"}, PerSecond: quick}).
		Read(ctx, func(b source.Batch) error {
			events += len(b.Events)
			return nil
		})
	if !errors.Is(err, context.Canceled) || events != 1 || !c.Partial || c.CompleteTo != nil {
		t.Errorf("got %v, %d events, %+v", err, events, c)
	}
}
