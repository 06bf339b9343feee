package cli

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// plainBodies is an HTTP client for the SDK whose answers can be read to their
// end.
//
// The SDK closes a request's body as soon as there is a response. net/http may
// then still be about to look for the body's end, through WriteTo if the body
// has it; and the SDK's answers io.EOF once it is closed (smithy-go v1.28.8,
// transport/http/internal/io), which net/http takes for a request that could
// not be written. It drops the connection, and with it what has not yet been
// read of the response. That is a race that a near server loses often. Without
// WriteTo, io.EOF means what it should.
type plainBodies struct{ aws.HTTPClient }

// withPlainBodies wraps a configuration's HTTP client, which is nil where the SDK
// would use its own.
func withPlainBodies(c aws.HTTPClient) aws.HTTPClient {
	if c == nil {
		c = awshttp.NewBuildableClient()
	}
	return plainBodies{c}
}

// Do sends a request.
func (c plainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}
