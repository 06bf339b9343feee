package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A bodyReader is an HTTP client that looks at what the body of a request is.
type bodyReader struct{ writesTo bool }

func (b *bodyReader) Do(r *http.Request) (*http.Response, error) {
	_, b.writesTo = r.Body.(io.WriterTo)
	return &http.Response{}, nil
}

func TestARequestsBodyHasNoWriteTo(t *testing.T) {
	var seen bodyReader
	body := io.NopCloser(strings.NewReader("Action=ListUsers"))
	if _, ok := body.(io.WriterTo); !ok {
		t.Fatal("the body had none to begin with")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := withPlainBodies(&seen).Do(r); err != nil {
		t.Fatal(err)
	}
	if seen.writesTo {
		t.Error("it still has WriteTo")
	}
}
