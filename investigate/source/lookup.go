package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/smithy-go"
	"golang.org/x/time/rate"

	"cordon/investigate/event"
)

// pageSize is the most that LookupEvents gives. Source: LookupEvents, AWS
// CloudTrail API reference.
const pageSize = 50

var (
	errRepeats = errors.New("AWS answered with the same page again; try once more")
	errTimeout = errors.New("no answer in time")
)

// A region reads the events of one Region.
type region struct {
	name    string
	client  *cloudtrail.Client
	pace    *rate.Limiter
	backoff patience
	timeout time.Duration
	reader  event.Reader

	since    time.Time // a further reading begins here
	complete bool      // the last reading came to its end
	events   int       // of the last reading
}

// read sends page after page, and at last one dispatch with done.
func (r *region) read(ctx context.Context, w Window, out chan<- dispatch) {
	r.events, r.complete = 0, false
	var bad badRecords
	err := r.pages(ctx, w, out, &bad)
	r.complete = err == nil && bad.n == 0
	r.send(ctx, out, dispatch{region: r, gaps: bad.gaps(r.name), done: true, err: err})
}

func (r *region) send(ctx context.Context, out chan<- dispatch, d dispatch) {
	select {
	case out <- d:
	case <-ctx.Done():
	}
}

func (r *region) pages(ctx context.Context, w Window, out chan<- dispatch, bad *badRecords) error {
	in := &cloudtrail.LookupEventsInput{MaxResults: aws.Int32(pageSize)}
	if w.Since.Before(r.since) {
		w.Since = r.since
	}
	if !w.Since.IsZero() {
		in.StartTime = &w.Since
	}
	if !w.Until.IsZero() {
		in.EndTime = &w.Until
	}
	seen := map[string]bool{}
	for {
		page, err := r.page(ctx, in)
		if err != nil {
			return err
		}
		events := r.records(page.Events, bad)
		r.events += len(events)
		token := aws.ToString(page.NextToken)
		r.send(ctx, out, dispatch{region: r, events: events})
		switch {
		case token == "":
			return ctx.Err()
		case seen[token]:
			return errRepeats
		}
		seen[token] = true
		in.NextToken = page.NextToken
	}
}

// page asks for one page. It waits as long as AWS says that requests come too
// fast, as other people and tools use up the same two a second.
func (r *region) page(ctx context.Context, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	for throttled := 0; ; throttled++ {
		if err := r.pace.Wait(ctx); err != nil {
			return nil, fmt.Errorf("waiting for the next request: %w", err)
		}
		out, err := r.ask(ctx, in)
		if err == nil || !isThrottle(err) {
			return out, err
		}
		delay, delayErr := r.backoff.BackoffDelay(throttled, err)
		if delayErr != nil {
			return nil, errors.Join(err, delayErr)
		}
		if err := sleep(ctx, delay); err != nil {
			return nil, err
		}
	}
}

func (r *region) ask(ctx context.Context, in *cloudtrail.LookupEventsInput) (*cloudtrail.LookupEventsOutput, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, errTimeout)
	defer cancel()
	out, err := r.client.LookupEvents(ctx, in)
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		err = errors.Join(errTimeout, err)
	}
	return out, err
}

// records reads the record that each event of a page carries.
func (r *region) records(page []types.Event, bad *badRecords) []event.Event {
	events := make([]event.Event, 0, len(page))
	for i := range page {
		e, err := r.reader.Read([]byte(aws.ToString(page[i].CloudTrailEvent)))
		if err != nil {
			bad.add(aws.ToString(page[i].EventId), err)
			continue
		}
		events = append(events, e)
	}
	return events
}

// badRecords counts records that could not be read.
type badRecords struct {
	n     int
	id    string // of the first
	first error
}

func (b *badRecords) add(id string, err error) {
	if b.n == 0 {
		b.id, b.first = id, err
	}
	b.n++
}

func (b *badRecords) gaps(region string) []event.Gap {
	if b.n == 0 {
		return nil
	}
	return []event.Gap{{
		Name:   region,
		Reason: fmt.Sprintf("%s could not be read (the first, %s: %s)", plural(b.n, "record"), b.id, b.first),
	}}
}

// patience is the SDK's backoff, shortened where more requests a second are
// allowed than AWS does.
type patience struct {
	of        *retry.ExponentialJitterBackoff
	perSecond float64
}

// BackoffDelay is the time to wait before a further attempt.
func (p patience) BackoffDelay(attempt int, err error) (time.Duration, error) {
	delay, delayErr := p.of.BackoffDelay(min(attempt, 10), err)
	return time.Duration(float64(delay) * min(1, defaultPerSecond/p.perSecond)), delayErr
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func isThrottle(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool()
}

// notThrottles leaves throttling to page, which waits longer than a retryer may.
func notThrottles(retryables []retry.IsErrorRetryable) []retry.IsErrorRetryable {
	unless := retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		if isThrottle(err) {
			return aws.FalseTernary
		}
		return aws.UnknownTernary
	})
	return slices.Insert(retryables, 0, retry.IsErrorRetryable(unless))
}

// whyUnread says in a sentence why a Region could not be read, with what to do.
// Source of the codes: "Common errors", AWS CloudTrail API reference, and the
// SDK's own list.
func whyUnread(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return whyRefused(api)
	}
	var lookup *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, errTimeout):
		return errTimeout.Error() + ": check the network, and any proxy"
	case errors.Is(err, errRepeats):
		return errRepeats.Error()
	case errors.As(err, &lookup):
		return fmt.Sprintf("no network: the name %s is not known here; check the network, and that the Region exists", lookup.Name)
	case errors.As(err, &dial):
		return fmt.Sprintf("no network: %s; check the network, and any proxy", dial.Err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was cut; try again"
	}
	return err.Error()
}

func whyRefused(api smithy.APIError) string {
	switch api.ErrorCode() {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
		return "access denied: this identity needs cloudtrail:LookupEvents (" + api.ErrorMessage() + ")"
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired":
		return "the credentials have expired: sign in again"
	case "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure":
		return "the access key is not accepted here: it is wrong or inactive, or the Region is not enabled for the account"
	case "InvalidSignatureException", "SignatureDoesNotMatch":
		return "the signature is not accepted: check the secret access key, and this machine's clock"
	}
	return fmt.Sprintf("%s: %s", api.ErrorCode(), api.ErrorMessage())
}
