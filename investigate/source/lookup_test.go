package source_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
	"cordon/investigate/source"
)

// lookups is a CloudTrail that fails as it is told to, which a well-behaved
// account does not. It speaks AWS JSON 1.1.
type lookups struct {
	answer func(region string, n int, in lookupRequest) lookupResponse

	mu       sync.Mutex
	requests map[string]int // by Region
	latest   lookupRequest
}

type lookupRequest struct {
	NextToken          string
	StartTime, EndTime float64
}

type lookupResponse struct {
	status int
	body   any
	never  bool // no answer until the client goes
}

var scope = regexp.MustCompile(`Credential=[^/]+/\d+/([^/]+)/cloudtrail/`)

func (l *lookups) start(t testing.TB) aws.Config {
	t.Helper()
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return configFor(server.URL, aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"})
}

func (l *lookups) last() lookupRequest {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latest
}

func (l *lookups) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in lookupRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	region := scope.FindStringSubmatch(r.Header.Get("Authorization"))[1]
	l.mu.Lock()
	if l.requests == nil {
		l.requests = map[string]int{}
	}
	l.requests[region]++
	n := l.requests[region]
	l.latest = in
	answer := l.answer(region, n, in)
	l.mu.Unlock()
	if answer.never {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(answer.status)
	_ = json.NewEncoder(w).Encode(answer.body)
}

// page is a page of n events, and the token of the next.
func page(token string, n int) lookupResponse {
	events := []map[string]any{}
	for i := range n {
		record := fmt.Sprintf(`{"eventID":"%s%d","eventName":"A","eventTime":"2024-05-01T10:00:00Z"}`, token, i)
		events = append(events, map[string]any{"EventId": "id", "CloudTrailEvent": record})
	}
	body := map[string]any{"Events": events}
	if token != "" {
		body["NextToken"] = token
	}
	return lookupResponse{status: http.StatusOK, body: body}
}

func refusal(code, message string) lookupResponse {
	return lookupResponse{status: http.StatusBadRequest, body: map[string]string{"__type": code, "message": message}}
}

func TestARegionThatFailsIsNamedWithWhatToDoAndTheOthersGoOn(t *testing.T) {
	tests := []struct {
		name   string
		answer func(n int) lookupResponse
		reason string
		events int // from the Region that fails
	}{
		{
			"access denied", func(int) lookupResponse { return refusal("AccessDeniedException", "User: x is not authorized") },
			"access denied: this identity needs cloudtrail:LookupEvents (User: x is not authorized)", 0,
		},
		{
			"expired credentials", func(int) lookupResponse { return refusal("ExpiredTokenException", "expired") },
			"the credentials have expired: sign in again", 0,
		},
		{
			"a Region that is not enabled", func(int) lookupResponse { return refusal("UnrecognizedClientException", "invalid") },
			"the access key is not accepted here: it is wrong or inactive, or the Region is not enabled for the account", 0,
		},
		{
			"a wrong clock", func(int) lookupResponse { return refusal("InvalidSignatureException", "expired") },
			"the signature is not accepted: check the secret access key, and this machine's clock", 0,
		},
		{
			"an error that is not known", func(int) lookupResponse { return refusal("Strange", "who knows") },
			"Strange: who knows", 0,
		},
		{
			"a fault on the second page",
			func(n int) lookupResponse {
				if n == 1 {
					return page("more", 2)
				}
				return refusal("ExpiredTokenException", "expired")
			},
			"the credentials have expired: sign in again, after 2 events", 2,
		},
		{
			"a token that repeats", func(n int) lookupResponse { return page([]string{"b", "a"}[n%2], 1) },
			"AWS answered with the same page again; try once more, after 3 events", 3,
		},
		{
			"servers that fail and go on failing", func(int) lookupResponse {
				return lookupResponse{status: 503, body: map[string]string{"__type": "ServiceUnavailable", "message": "busy"}}
			},
			"ServiceUnavailable: busy", 0,
		},
		{
			"no answer", func(int) lookupResponse { return lookupResponse{never: true} },
			"no answer in time: check the network, and any proxy", 0,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := &lookups{}
			cfg := server.start(t)
			server.answer = func(region string, n int, _ lookupRequest) lookupResponse {
				if region == "eu-west-1" {
					return tt.answer(n)
				}
				return page("", 1)
			}
			r := read(t, source.CloudTrail(cfg, source.CloudTrailOptions{
				Regions: []string{"us-east-1", "eu-west-1"}, PerSecond: quick, Timeout: 300 * time.Millisecond,
			}))
			if r.err != nil {
				t.Fatal(r.err)
			}
			want := []event.Gap{{Name: "eu-west-1", Reason: tt.reason}}
			if diff := cmp.Diff(want, r.coverage.Failed); diff != "" {
				t.Errorf("failed, -want +got:\n%s", diff)
			}
			if c := r.coverage; len(r.events) != 1+tt.events || c.Read != 1 || !c.Partial || c.CompleteTo != nil {
				t.Errorf("%d events, %+v", len(r.events), c)
			}
		})
	}
}

func TestFaultsThatPassAreRetried(t *testing.T) {
	tests := []struct {
		name  string
		fault func(n int) lookupResponse
		times int
	}{
		{"throttles, more than any retryer allows", func(int) lookupResponse { return refusal("ThrottlingException", "Rate exceeded") }, 12},
		{"server errors", func(int) lookupResponse {
			return lookupResponse{status: 500, body: map[string]string{"__type": "InternalFailure"}}
		}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := &lookups{}
			cfg := server.start(t)
			server.answer = func(_ string, n int, _ lookupRequest) lookupResponse {
				if n <= tt.times {
					return tt.fault(n)
				}
				return page("", 3)
			}
			r := read(t, source.CloudTrail(cfg, source.CloudTrailOptions{Regions: []string{"us-east-1"}, PerSecond: quick}))
			if r.err != nil || len(r.events) != 3 || r.coverage.Partial {
				t.Errorf("%v, %d events, %+v", r.err, len(r.events), r.coverage)
			}
		})
	}
}

func TestNoRegionReadIsAnErrorBesideTheCoverage(t *testing.T) {
	server := &lookups{answer: func(string, int, lookupRequest) lookupResponse { return refusal("AccessDeniedException", "no") }}
	r := read(t, source.CloudTrail(server.start(t), source.CloudTrailOptions{Regions: []string{"us-east-1", "eu-west-1"}, PerSecond: quick}))
	want := "reading CloudTrail: eu-west-1: access denied: this identity needs cloudtrail:LookupEvents (no) (and 1 more)"
	if r.err == nil || r.err.Error() != want {
		t.Errorf("got %v, want %s", r.err, want)
	}
	if c := r.coverage; c.Files != 2 || c.Read != 0 || len(c.Failed) != 2 || !c.Partial || c.CompleteTo != nil {
		t.Errorf("coverage: %+v", c)
	}
}

func TestNoNetworkIsSaidAsSuch(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	cfg := configFor(server.URL, aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret"})
	server.Close()
	r := read(t, source.CloudTrail(cfg, source.CloudTrailOptions{Regions: []string{"us-east-1"}, PerSecond: quick}))
	if r.err == nil || !strings.Contains(r.err.Error(), "no network") {
		t.Errorf("got %v", r.err)
	}
}

func TestARecordThatCannotBeReadIsAGap(t *testing.T) {
	server := &lookups{answer: func(string, int, lookupRequest) lookupResponse {
		return lookupResponse{status: http.StatusOK, body: map[string]any{"Events": []map[string]any{
			{"EventId": "good", "CloudTrailEvent": `{"eventName":"A"}`},
			{"EventId": "bad", "CloudTrailEvent": `{"eventName":`},
			{"EventId": "none"},
		}}}
	}}
	r := read(t, source.CloudTrail(server.start(t), source.CloudTrailOptions{Regions: []string{"us-east-1"}, PerSecond: quick}))
	if r.err != nil || len(r.events) != 1 {
		t.Fatalf("%v, %d events", r.err, len(r.events))
	}
	if f := r.coverage.Failed; len(f) != 1 || !strings.HasPrefix(f[0].Reason, "2 records could not be read (the first, bad: ") || r.coverage.CompleteTo != nil {
		t.Errorf("coverage: %+v", r.coverage)
	}
}
