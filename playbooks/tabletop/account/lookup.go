package account

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

const (
	mostResults = 50
	history     = 90 * 24 * time.Hour
)

// A lookup is what a LookupEvents request asks for.
type lookup struct {
	attribute   attribute
	start, end  time.Time
	fingerprint string
}

// A place is where a page ended: at an event, however many newer ones there
// are by the time of the next page. It belongs to one request.
type place struct {
	At          int64 // nanoseconds since 1970
	Position    int32
	Fingerprint string
}

// lookupEvents answers from the event history of one Region: management events
// of the last 90 days, newest first.
//
// Source: LookupEvents, CloudTrail API reference.
func (a *Account) lookupEvents(c *call, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	if !a.trail.allow(c.region, a.now()) {
		return nil, trailFault("ThrottlingException", "Rate exceeded")
	}
	want, err := readLookup(c, in)
	if err != nil {
		return nil, err
	}
	n := mostResults
	if in.MaxResults != nil {
		n = int(*in.MaxResults)
	}
	positions := a.trail.find(want.attribute)
	until, err := a.trail.until(positions, want, in.NextToken)
	if err != nil {
		return nil, err
	}
	out := &cloudtrail.LookupEventsOutput{Events: []types.Event{}}
	for i := until - 1; i >= 0; i-- {
		e := a.trail.entries[positions[i]]
		if e.at.Before(want.start) {
			break
		}
		if len(out.Events) == n {
			last := positions[i+1]
			out.NextToken = aws.String(place{a.trail.entries[last].at.UnixNano(), last, want.fingerprint}.token())
			break
		}
		out.Events = append(out.Events, e.out())
	}
	return out, nil
}

func readLookup(c *call, in *cloudtrail.LookupEventsInput) (lookup, error) {
	want := lookup{attribute: attribute{region: c.region}, start: c.at.Add(-history), end: c.at}
	if in.MaxResults != nil && (*in.MaxResults < 1 || *in.MaxResults > mostResults) {
		return want, trailFault("InvalidMaxResultsException", "A max results value of %d is invalid. Specify max results between 1 and %d.", *in.MaxResults, mostResults)
	}
	if in.EventCategory != "" && in.EventCategory != types.EventCategoryInsight {
		return want, trailFault("InvalidEventCategoryException", "An event category of %s is invalid.", in.EventCategory)
	}
	if len(in.LookupAttributes) > 1 {
		return want, trailFault("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
	}
	for _, given := range in.LookupAttributes {
		if !isAttribute(given.AttributeKey) || deref(given.AttributeValue) == "" {
			return want, trailFault("InvalidLookupAttributesException", "The lookup attribute %s is invalid.", given.AttributeKey)
		}
		want.attribute.key, want.attribute.value = string(given.AttributeKey), *given.AttributeValue
	}
	if in.StartTime != nil && in.StartTime.After(want.start) {
		want.start = *in.StartTime
	}
	if in.EndTime != nil {
		want.end = *in.EndTime
	}
	if in.StartTime != nil && in.EndTime != nil && in.StartTime.After(*in.EndTime) {
		return want, trailFault("InvalidTimeRangeException", "The start time is after the end time.")
	}
	// Insights are not simulated, so there are none to find.
	if in.EventCategory == types.EventCategoryInsight {
		want.attribute = attribute{region: c.region, key: string(in.EventCategory)}
	}
	want.fingerprint = want.attribute.key + "\x00" + want.attribute.value + "\x00" + timeText(in.StartTime) + "\x00" + timeText(in.EndTime)
	sum := sha256.Sum256([]byte(want.fingerprint))
	want.fingerprint = base64.RawStdEncoding.EncodeToString(sum[:9])
	return want, nil
}

func isAttribute(key types.LookupAttributeKey) bool {
	for _, known := range key.Values() {
		if key == known {
			return true
		}
	}
	return false
}

func timeText(t *time.Time) string {
	if t == nil {
		return ""
	}
	return fmt.Sprint(t.UnixNano())
}

// until returns how many of the positions, oldest first, are still to be told:
// those up to the end of the range and before the place of a token.
func (t *trail) until(positions []int32, want lookup, token *string) (int, error) {
	n := sort.Search(len(positions), func(i int) bool { return t.entries[positions[i]].at.After(want.end) })
	if token == nil {
		return n, nil
	}
	p, ok := placeOf(*token)
	if !ok || p.Fingerprint != want.fingerprint {
		return 0, trailFault("InvalidNextTokenException", "The next token is invalid, or was used with other parameters.")
	}
	at := time.Unix(0, p.At)
	before := sort.Search(len(positions), func(i int) bool {
		c := t.entries[positions[i]].at.Compare(at)
		return c > 0 || c == 0 && positions[i] >= p.Position
	})
	return min(n, before), nil
}

func (p place) token() string {
	// A struct of numbers and a string always encodes.
	b, _ := json.Marshal(p)
	return base64.StdEncoding.EncodeToString(b)
}

func placeOf(token string) (place, bool) {
	var p place
	b, err := base64.StdEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(b, &p) != nil {
		return place{}, false
	}
	return p, true
}

func (e *entry) out() types.Event {
	out := types.Event{
		EventId: aws.String(e.id), EventName: aws.String(e.name), EventSource: aws.String(e.source),
		EventTime: aws.Time(e.at), ReadOnly: aws.String(boolText(e.readOnly)), CloudTrailEvent: aws.String(string(e.raw)),
		Resources: []types.Resource{},
	}
	if e.username != "" {
		out.Username = aws.String(e.username)
	}
	if e.accessKey != "" {
		out.AccessKeyId = aws.String(e.accessKey)
	}
	for _, r := range e.resources {
		out.Resources = append(out.Resources, types.Resource{ResourceType: aws.String(r.kind), ResourceName: aws.String(r.name)})
	}
	return out
}
