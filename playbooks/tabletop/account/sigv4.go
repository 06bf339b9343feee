package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxSkew is how far a signature's time may be from the account's.
//
// Source: "Signature Version 4 ... IAM and STS", error messages of AWS.
const maxSkew = 5 * time.Minute

const (
	algorithm    = "AWS4-HMAC-SHA256"
	signedTime   = "20060102T150405Z"
	terminator   = "aws4_request"
	tokenHeader  = "X-Amz-Security-Token" // #nosec G101 -- a header's name
	dateHeader   = "X-Amz-Date"
	hashHeader   = "X-Amz-Content-Sha256"
	mismatchText = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

var regionForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// A signature is what a request's Authorization header claims.
type signature struct {
	accessKeyID, date, region, service string
	headers                            []string
	hex                                string
	at                                 time.Time
	token                              string
}

// refusal words an error for the protocol of a service: the same refusal has
// one code in the Query protocol and another in JSON.
type refusal struct {
	json                         bool
	missing, invalid, incomplete string
	mismatch, expired            string
	status                       int
}

func refusalsOf(p protocol) refusal {
	if p == protocolJSON {
		return refusal{
			missing: "MissingAuthenticationTokenException", invalid: "UnrecognizedClientException",
			incomplete: "IncompleteSignatureException", mismatch: "InvalidSignatureException",
			expired: "ExpiredTokenException", status: http.StatusBadRequest, json: true,
		}
	}
	return refusal{
		missing: "MissingAuthenticationToken", invalid: "InvalidClientTokenId",
		incomplete: "IncompleteSignature", mismatch: "SignatureDoesNotMatch",
		expired: "ExpiredToken", status: http.StatusForbidden,
	}
}

// readSignature takes a request's signature apart; it checks nothing that
// needs the secret.
func readSignature(r *http.Request, say refusal) (*signature, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, refused(say.status, say.missing, "Request is missing Authentication Token")
	}
	scheme, rest, _ := strings.Cut(header, " ")
	if scheme != algorithm {
		return nil, refused(http.StatusBadRequest, say.incomplete,
			"Authorization header requires 'AWS4-HMAC-SHA256' algorithm. Authorization=%s", scheme)
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if parts[name] == "" {
			return nil, refused(http.StatusBadRequest, say.incomplete,
				"Authorization header requires '%s' parameter. Authorization=%s", name, scheme)
		}
	}
	scope := strings.Split(parts["Credential"], "/")
	if len(scope) != 5 || scope[4] != terminator || !regionForm.MatchString(scope[2]) {
		return nil, refused(http.StatusBadRequest, say.incomplete,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", parts["Credential"])
	}
	at, err := time.Parse(signedTime, r.Header.Get(dateHeader))
	if err != nil {
		return nil, refused(http.StatusBadRequest, say.incomplete,
			"Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", r.Header.Get(dateHeader))
	}
	return &signature{
		accessKeyID: scope[0], date: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(strings.ToLower(parts["SignedHeaders"]), ";"),
		hex:     parts["Signature"], at: at, token: r.Header.Get(tokenHeader),
	}, nil
}

// verify recomputes the signature of a request with the secret that the
// account knows, and compares the two in constant time.
func (s *signature) verify(ctx context.Context, r *http.Request, body []byte, service string, c aws.Credentials, now time.Time, say refusal) error {
	if err := s.checkScope(service, now, say); err != nil {
		return err
	}
	mismatch := refused(say.status, say.mismatch, mismatchText)
	if !slices.Contains(s.headers, "host") {
		return mismatch
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if claimed := r.Header.Get(hashHeader); claimed != "" && claimed != hash {
		return mismatch
	}
	again := &http.Request{
		Method: r.Method,
		URL:    &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
		Host:   r.Host,
		Header: http.Header{},
	}
	for _, name := range s.headers {
		if name == "content-length" {
			again.ContentLength = int64(len(body))
			continue
		}
		if values := r.Header.Values(name); len(values) > 0 && name != "host" {
			again.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	// The token is compared by itself; it is signed only if the client did.
	c.SessionToken = ""
	if err := v4.NewSigner().SignHTTP(ctx, c, again, hash, service, s.region, s.at); err != nil {
		return mismatch
	}
	_, computed, _ := strings.Cut(again.Header.Get("Authorization"), "Signature=")
	if subtle.ConstantTimeCompare([]byte(computed), []byte(s.hex)) != 1 {
		return mismatch
	}
	return nil
}

func (s *signature) checkScope(service string, now time.Time, say refusal) error {
	wrong := func(format string, args ...any) error {
		return refused(say.status, say.mismatch, format, args...)
	}
	stamp := func(t time.Time) string { return t.UTC().Format(signedTime) }
	switch {
	case s.service != service:
		return wrong("Credential should be scoped to correct service: '%s'. ", service)
	case s.date != s.at.Format("20060102"):
		return wrong("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			s.date, s.at.Format("20060102"), stamp(s.at))
	case s.at.Before(now.Add(-maxSkew)):
		return wrong("Signature expired: %s is now earlier than %s (%s - 5 min.)", stamp(s.at), stamp(now.Add(-maxSkew)), stamp(now))
	case s.at.After(now.Add(maxSkew)):
		return wrong("Signature not yet current: %s is still later than %s (%s + 5 min.)", stamp(s.at), stamp(now.Add(maxSkew)), stamp(now))
	}
	return nil
}
