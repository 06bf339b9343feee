package account_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/google/go-cmp/cmp"

	"cordon/playbooks/tabletop/account"
)

// recorded makes one event a minute in an account, the newest a minute ago:
// the names are DescribeA0, DescribeA1 and so on, oldest first.
func recorded(t testing.TB, w *world, key, region string, n int) {
	t.Helper()
	start := time.Now().Add(-time.Duration(n) * time.Minute)
	for i := range n {
		if _, err := w.Do(t.Context(), account.Call{
			AccessKeyID: key, Service: "ec2", Operation: fmt.Sprint("DescribeA", i), Region: region, At: start.Add(time.Duration(i) * time.Minute),
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func lookedUp(t testing.TB, c *cloudtrail.Client, in *cloudtrail.LookupEventsInput) (names []string, pages int) {
	t.Helper()
	p := cloudtrail.NewLookupEventsPaginator(c, in)
	for p.HasMorePages() {
		page := must[*cloudtrail.LookupEventsOutput](t)(p.NextPage(t.Context()))
		pages++
		for _, e := range page.Events {
			if *e.EventName != "LookupEvents" {
				names = append(names, *e.EventName)
			}
		}
	}
	return names, pages
}

func TestEventsAreLookedUpNewestFirstInPages(t *testing.T) {
	w := serve(t, account.Options{})
	recorded(t, w, w.root.AccessKeyID, "eu-west-1", 120)
	recorded(t, w, w.root.AccessKeyID, "us-west-2", 3)
	names, pages := lookedUp(t, w.trail(w.root, "eu-west-1"), &cloudtrail.LookupEventsInput{})
	if len(names) != 120 || pages != 3 || names[0] != "DescribeA119" || names[119] != "DescribeA0" {
		t.Errorf("%d events in %d pages, %v ... ", len(names), pages, names[:2])
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			t.Errorf("%s twice", n)
		}
		seen[n] = true
	}
	if names, _ := lookedUp(t, w.trail(w.root, "us-west-2"), &cloudtrail.LookupEventsInput{}); len(names) != 3 {
		t.Errorf("another Region has %d events", len(names))
	}
	if names, _ := lookedUp(t, w.trail(w.root, "ap-south-1"), &cloudtrail.LookupEventsInput{}); len(names) != 0 {
		t.Errorf("a Region with no events has %v", names)
	}
}

// Each lookup is an event itself, so a page that counted from the newest would
// repeat the last event of the page before.
func TestPagesDoNotShiftWhenEventsArrive(t *testing.T) {
	w := serve(t, account.Options{})
	recorded(t, w, w.root.AccessKeyID, "us-east-1", 6)
	c := w.trail(w.root, "us-east-1")
	in := &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(2)}
	var names []string
	for {
		page := must[*cloudtrail.LookupEventsOutput](t)(c.LookupEvents(t.Context(), in))
		for _, e := range page.Events {
			names = append(names, *e.EventName)
		}
		if page.NextToken == nil {
			break
		}
		in.NextToken = page.NextToken
	}
	want := []string{"DescribeA5", "DescribeA4", "DescribeA3", "DescribeA2", "DescribeA1", "DescribeA0"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEventsAreFoundByOneAttribute(t *testing.T) {
	w := serve(t, account.Options{})
	alice := w.userWith(t, "alice", allowAll)
	do := func(c account.Call) {
		t.Helper()
		if _, err := w.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	do(account.Call{AccessKeyID: alice.AccessKeyID, Input: &iam.CreateUserInput{UserName: str("eve")}})
	do(account.Call{AccessKeyID: w.root.AccessKeyID, Input: &iam.GetUserInput{UserName: str("eve")}})
	do(account.Call{AccessKeyID: w.root.AccessKeyID, Service: "ec2", Operation: "StopInstances", Region: "us-east-1"})
	c := w.trail(w.root, "us-east-1")
	all := must[*cloudtrail.LookupEventsOutput](t)(c.LookupEvents(t.Context(), nil))
	created := all.Events[len(all.Events)-1]
	for key, test := range map[types.LookupAttributeKey]struct {
		value string
		want  []string
	}{
		types.LookupAttributeKeyEventName:    {"CreateUser", []string{"CreateUser"}},
		types.LookupAttributeKeyEventId:      {*created.EventId, []string{"CreateUser"}},
		types.LookupAttributeKeyUsername:     {"alice", []string{"CreateUser"}},
		types.LookupAttributeKeyAccessKeyId:  {alice.AccessKeyID, []string{"CreateUser"}},
		types.LookupAttributeKeyEventSource:  {"ec2.amazonaws.com", []string{"StopInstances"}},
		types.LookupAttributeKeyResourceName: {"eve", []string{"GetUser", "CreateUser"}},
		types.LookupAttributeKeyResourceType: {"AWS::IAM::User", []string{"GetUser", "CreateUser"}},
		types.LookupAttributeKeyReadOnly:     {"false", []string{"StopInstances", "CreateUser"}},
	} {
		t.Run(string(key), func(t *testing.T) {
			got, _ := lookedUp(t, c, &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{{AttributeKey: key, AttributeValue: str(test.value)}}})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEventsAreFoundWithinTimes(t *testing.T) {
	w := serve(t, account.Options{})
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	// Recorded out of order, as a history written afterwards is.
	for _, minute := range []int{3, 1, 2, 0} {
		if _, err := w.Do(t.Context(), account.Call{
			AccessKeyID: w.root.AccessKeyID, Service: "ec2", Operation: fmt.Sprint("DescribeA", minute), Region: "us-east-1", At: at.Add(time.Duration(minute) * time.Minute),
		}); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := lookedUp(t, w.trail(w.root, "us-east-1"), &cloudtrail.LookupEventsInput{
		StartTime: aws.Time(at.Add(time.Minute)), EndTime: aws.Time(at.Add(2 * time.Minute)),
	})
	if diff := cmp.Diff([]string{"DescribeA2", "DescribeA1"}, got); diff != "" {
		t.Errorf("both ends of the range are in it (-want +got):\n%s", diff)
	}
	if _, err := w.Do(t.Context(), account.Call{AccessKeyID: w.root.AccessKeyID, Service: "ec2", Operation: "DescribeOld", Region: "us-east-1", At: at.AddDate(0, 0, -91)}); err != nil {
		t.Fatal(err)
	}
	if got, _ := lookedUp(t, w.trail(w.root, "us-east-1"), &cloudtrail.LookupEventsInput{EndTime: aws.Time(at.Add(-time.Minute))}); len(got) != 0 {
		t.Errorf("the history reaches further back than 90 days: %v", got)
	}
}

func TestLookupsThatMakeNoSenseAreRefused(t *testing.T) {
	w := serve(t, account.Options{})
	recorded(t, w, w.root.AccessKeyID, "us-east-1", 3)
	c := w.trail(w.root, "us-east-1")
	page := must[*cloudtrail.LookupEventsOutput](t)(c.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(1)}))
	name := func(v string) types.LookupAttribute {
		return types.LookupAttribute{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: &v}
	}
	for want, in := range map[string]*cloudtrail.LookupEventsInput{
		"InvalidMaxResultsException":       {MaxResults: aws.Int32(51)},
		"InvalidLookupAttributesException": {LookupAttributes: []types.LookupAttribute{name("a"), name("b")}},
		"InvalidTimeRangeException":        {StartTime: aws.Time(noon()), EndTime: aws.Time(noon().Add(-time.Second))},
		"InvalidNextTokenException":        {NextToken: page.NextToken, LookupAttributes: []types.LookupAttribute{name("a")}},
		"InvalidEventCategoryException":    {EventCategory: "data"},
	} {
		if _, err := c.LookupEvents(t.Context(), in); code(t, err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := c.LookupEvents(t.Context(), &cloudtrail.LookupEventsInput{NextToken: str("!")}); code(t, err) != "InvalidNextTokenException" {
		t.Errorf("a token that is none: %v", err)
	}
}

func TestEachRegionAnswersTwoLookupsASecond(t *testing.T) {
	w := serve(t, account.Options{Clock: time.Now, LookupsPerSecond: 0.001})
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		c := w.trail(w.root, region)
		for i := range 3 {
			_, err := c.LookupEvents(t.Context(), nil)
			want := map[bool]string{true: "ThrottlingException"}[i == 2]
			if got := code(t, err); got != want {
				t.Errorf("lookup %d in %s: %q, want %q", i+1, region, got, want)
			}
		}
	}
}
