package account_test

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"cordon/playbooks/tabletop/account"
)

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		account.New(account.Options{})
	}
}

// crowded is an account of so many users, each with an access key.
func crowded(b *testing.B, users int) (*account.Account, string) {
	b.Helper()
	a := account.New(account.Options{LookupsPerSecond: -1})
	for i := range users {
		name := fmt.Sprint("user", i)
		for _, in := range []any{&iam.CreateUserInput{UserName: &name}, &iam.CreateAccessKeyInput{UserName: &name}} {
			if _, err := a.Seed(time.Now(), in); err != nil {
				b.Fatal(err)
			}
		}
	}
	return a, a.Root().AccessKeyID
}

// GetUser is to cost the same however many users there are.
func BenchmarkGetUser(b *testing.B) {
	for _, users := range []int{1, 5000} {
		b.Run(fmt.Sprint(users), func(b *testing.B) {
			a, key := crowded(b, users)
			for b.Loop() {
				if _, err := a.Do(b.Context(), account.Call{AccessKeyID: key, Input: &iam.GetUserInput{UserName: str("user0")}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A lookup is to cost the same however many events there are.
func BenchmarkLookupEvents(b *testing.B) {
	for _, events := range []int{1000, 300_000} {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			a, key := crowded(b, 1)
			start := time.Now().Add(-time.Duration(events) * time.Second)
			for i := range events {
				if _, err := a.Do(b.Context(), account.Call{
					AccessKeyID: key, Service: "ec2", Operation: fmt.Sprint("Describe", i%100), Region: "us-east-1", At: start.Add(time.Duration(i) * time.Second),
				}); err != nil {
					b.Fatal(err)
				}
			}
			in := &cloudtrail.LookupEventsInput{LookupAttributes: []types.LookupAttribute{{AttributeKey: types.LookupAttributeKeyEventName, AttributeValue: str("Describe7")}}}
			for b.Loop() {
				if _, err := a.Do(b.Context(), account.Call{AccessKeyID: key, Input: in}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One signed request over HTTP, with all that the SDK does on its side.
func BenchmarkOverHTTP(b *testing.B) {
	a, _ := crowded(b, 1)
	server := httptest.NewServer(a)
	b.Cleanup(server.Close)
	w := &world{Account: a, url: server.URL, root: a.Root()}
	c := w.iam(w.root)
	for b.Loop() {
		if _, err := c.GetUser(b.Context(), &iam.GetUserInput{UserName: str("user0")}); err != nil {
			b.Fatal(err)
		}
	}
}
