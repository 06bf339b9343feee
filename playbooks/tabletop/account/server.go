package account

import (
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// maxBody bounds a request's body, well above the largest that IAM accepts (a
// policy document of 131,072 characters, percent-encoded).
const maxBody = 1 << 20

// ResetPath is where POST puts the account back to its start.
const ResetPath = "/_cordon/reset"

type protocol int

const (
	protocolQuery protocol = iota
	protocolJSON
)

// A route is which operation a request asks for, and in which protocol.
type route struct {
	protocol  protocol
	service   string
	operation string
	form      url.Values
}

// ServeHTTP answers one request as AWS would: POST (or, in the Query protocol,
// GET) on the path /, whichever service it is for.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == ResetPath {
		a.serveReset(w, r)
		return
	}
	requestID := a.newRequestID()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		fault := refused(http.StatusBadRequest, "IncompleteBody", "The request body ended early.")
		if errors.As(err, &tooLarge) {
			fault = refused(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "Request size exceeded the limit of %d bytes.", maxBody)
		}
		writeFault(w, route{service: "iam"}, requestID, fault)
		return
	}
	to, err := readRoute(r, body)
	if err != nil {
		writeError(w, to, requestID, err)
		return
	}
	output, err := a.serve(r, to, body, requestID)
	if err != nil {
		writeError(w, to, requestID, err)
		return
	}
	writeOutput(w, to, requestID, output)
}

// serveReset answers POST /_cordon/reset. A page in a browser is not let in:
// it would be a stranger's way to wipe an exercise on loopback.
func (a *Account) serveReset(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
	case r.Header.Get("Origin") != "":
		w.WriteHeader(http.StatusForbidden)
	default:
		a.Reset()
		w.WriteHeader(http.StatusNoContent)
	}
}

// serve authenticates a request, decodes it and carries it out.
func (a *Account) serve(r *http.Request, to route, body []byte, requestID string) (any, error) {
	say := refusalsOf(to.protocol)
	now := a.now()
	s, err := readSignature(r, say)
	if err != nil {
		return nil, err
	}
	credentials, known, err := a.secretFor(s.accessKeyID, s.token, now, say)
	if err != nil {
		return nil, err
	}
	if known {
		if err := s.verify(r.Context(), r, body, to.service, credentials, now, say); err != nil {
			return nil, err
		}
	}
	op, ok := a.operations[to.service+":"+to.operation]
	if !ok {
		return nil, to.unknown()
	}
	input := reflect.New(op.input.Elem())
	if err := to.decode(body, input); err != nil {
		return nil, err
	}
	c := &call{
		operation: op, input: input.Interface(), at: now, region: s.region, requestID: requestID,
		sourceIP: sourceOf(r), userAgent: r.UserAgent(),
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if c.caller, err = a.callerOf(s.accessKeyID, now, say); err != nil {
		return nil, err
	}
	if err := c.admit(say); err != nil {
		return nil, err
	}
	return a.perform(c)
}

func (a *Account) newRequestID() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.uuid()
}

// sourceOf is the address of the connection. X-Forwarded-For is the caller's
// own claim, and is not believed.
func sourceOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// The names of CloudTrail's operations in X-Amz-Target: the CLI writes the
// package before the service, the Go SDK does not.
const (
	jsonTarget  = "CloudTrail_20131101."
	jsonPackage = "com.amazonaws.cloudtrail.v20131101."
)

// readRoute tells what a request asks for: in JSON by a header, in the Query
// protocol by the parameters Action and Version.
func readRoute(r *http.Request, body []byte) (route, error) {
	if header := r.Header.Get("X-Amz-Target"); header != "" {
		name, ok := strings.CutPrefix(strings.TrimPrefix(header, jsonPackage), jsonTarget)
		to := route{protocol: protocolJSON, service: "cloudtrail", operation: name}
		if !ok || r.Method != http.MethodPost {
			return to, to.unknown()
		}
		return to, nil
	}
	to := route{service: "iam"}
	if r.URL.Path != "/" && r.URL.Path != "" || r.Method != http.MethodPost && r.Method != http.MethodGet {
		return to, refused(http.StatusNotFound, "UnknownOperationException", "")
	}
	form, err := readForm(r, body)
	if err != nil {
		return to, err
	}
	to.form, to.operation = form, form.Get("Action")
	switch version := form.Get("Version"); version {
	case "2010-05-08":
	case "2011-06-15":
		to.service = "sts"
	case "":
		return to, refused(http.StatusBadRequest, "MissingAction", "The request must contain the parameters Action and Version.")
	default:
		return to, refused(http.StatusBadRequest, "InvalidAction",
			"Could not find operation %s for version %s", to.operation, version)
	}
	return to, nil
}

func readForm(r *http.Request, body []byte) (url.Values, error) {
	malformed := refused(http.StatusBadRequest, "MalformedQueryString", "The query string contains a syntax error.")
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, malformed
	}
	if len(body) == 0 {
		return form, nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, refused(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The content type is not application/x-www-form-urlencoded.")
	}
	more, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed
	}
	for name, values := range more {
		form[name] = values
	}
	return form, nil
}

func (to route) decode(body []byte, input reflect.Value) error {
	if to.protocol == protocolJSON {
		return decodeJSON(body, input)
	}
	return decodeQuery(to.form, input)
}

// unknown is the answer to an operation that does not exist, or that the
// account does not simulate.
func (to route) unknown() error {
	if to.protocol == protocolJSON {
		return refused(http.StatusBadRequest, "UnknownOperationException", "The requested operation is not one of the simulated account's.")
	}
	return refused(http.StatusBadRequest, "InvalidAction", "Could not find operation %s for version %s in the simulated account", to.operation, to.form.Get("Version"))
}

const (
	xmlType  = "text/xml"
	jsonType = "application/x-amz-json-1.1"
)

func writeOutput(w http.ResponseWriter, to route, requestID string, output any) {
	if to.protocol == protocolQuery {
		write(w, xmlType, requestID, http.StatusOK, encodeQuery(to.service, to.operation, requestID, output))
		return
	}
	body, err := encodeJSON(output)
	if err != nil {
		writeError(w, to, requestID, err)
		return
	}
	write(w, jsonType, requestID, http.StatusOK, body)
}

func writeError(w http.ResponseWriter, to route, requestID string, err error) {
	var fault *Error
	if !errors.As(err, &fault) {
		fault = &Error{Code: "InternalFailure", Message: err.Error(), Status: http.StatusInternalServerError}
	}
	writeFault(w, to, requestID, fault)
}

func writeFault(w http.ResponseWriter, to route, requestID string, fault *Error) {
	if to.protocol == protocolJSON {
		write(w, jsonType, requestID, fault.Status, encodeJSONError(fault))
		return
	}
	write(w, xmlType, requestID, fault.Status, encodeQueryError(to.service, requestID, fault))
}

func write(w http.ResponseWriter, contentType, requestID string, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(status)
	// A client that has gone away is not the account's concern.
	_, _ = w.Write(body)
}
