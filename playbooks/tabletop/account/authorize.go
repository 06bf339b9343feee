package account

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// A target is what a call is authorised on. spoken is its name in a denial,
// where that is not the ARN: IAM speaks of what does not exist as "user bob".
type target struct {
	arn, spoken string
	tags        []types.Tag
}

func (t target) String() string {
	if t.spoken != "" {
		return t.spoken
	}
	return t.arn
}

// authorize asks the policies whether a call may go ahead. Root may do all
// that its account can do.
//
// Source: "Policy evaluation logic" (order, and explicit before implicit) and
// "Troubleshoot access denied error messages" (wording), IAM user guide.
func (a *Account) authorize(c *call) error {
	if c.operation.target == nil || c.caller.root {
		return nil
	}
	t := c.operation.target(a, c)
	if reason := a.judge(c, t, c.operation.action()); reason != "" {
		return a.denied(c, t, reason)
	}
	return nil
}

// judge returns why policies do not let a caller act; empty if they do.
func (a *Account) judge(c *call, t target, action string) string {
	if c.caller.service != "" {
		return fmt.Sprintf(" because no identity-based policy allows the %s action", action)
	}
	q := &question{action: action, resource: t.arn, keys: a.conditionKeys(c, t)}
	layers := a.layers(c.caller)
	for _, l := range layers {
		if l.says = q.evaluate(l.documents); l.says == denies {
			return " with an explicit deny in " + l.article + " " + l.name
		}
	}
	for _, l := range layers {
		if l.says != allows {
			return fmt.Sprintf(" because no %s allows the %s action", l.name, action)
		}
	}
	return ""
}

// A layer is a set of policies of one type, all types having to allow.
type layer struct {
	article, name string
	documents     []*document
	says          verdict
}

func (a *Account) layers(c caller) []*layer {
	identity, boundary := a.identityPolicies(c)
	layers := []*layer{{article: "an", name: "identity-based policy", documents: identity}}
	if p, ok := a.state.policies[boundary]; ok {
		layers = append(layers, &layer{article: "a", name: "permissions boundary", documents: []*document{p.document()}})
	}
	if c.session != nil && len(c.session.policies) > 0 {
		layers = append(layers, &layer{article: "a", name: "session policy", documents: c.session.policies})
	}
	return layers
}

// denied words the denial as the service of the call does.
func (a *Account) denied(c *call, t target, reason string) *Error {
	action := c.operation.action()
	text := fmt.Sprintf("User: %s is not authorized to perform: %s", a.arnOf(c.caller), action)
	if t.arn != "*" || !namesNoResource(c.operation.service) {
		text += " on resource: " + t.String()
	}
	text += reason
	switch c.operation.service {
	case "ec2":
		return &Error{
			Code: "UnauthorizedOperation", recorded: "Client.UnauthorizedOperation", Status: http.StatusForbidden,
			Message: "You are not authorized to perform this operation. " + text,
		}
	case "iam", "sts", "s3":
		return &Error{Code: "AccessDenied", Message: text, Status: http.StatusForbidden}
	}
	return &Error{Code: "AccessDeniedException", recorded: "AccessDenied", Message: text, Status: http.StatusBadRequest}
}

// namesNoResource reports whether a service's denials leave the resource out
// where an action has none, and do not write "on resource: *" as IAM, Lambda
// and KMS do.
//
// Source: messages of LookupEvents, ListSecrets and ListBuckets that users
// have reported.
func namesNoResource(service string) bool {
	switch service {
	case "ec2", "s3", "cloudtrail", "secretsmanager":
		return true
	}
	return false
}

// parameterKeys are the parameters that condition keys are taken
// from.
//
// Source: "IAM and AWS STS condition context keys", IAM user guide.
func parameterKeys() map[string]string {
	return map[string]string{
		"PolicyArn":           "iam:policyarn",
		"PermissionsBoundary": "iam:permissionsboundary",
		"ExternalId":          "sts:externalid",
		"RoleSessionName":     "sts:rolesessionname",
		"SourceIdentity":      "sts:sourceidentity",
		"AWSServiceName":      "iam:awsservicename",
	}
}

func inputKeys(keys map[string][]string, input any) {
	for name, key := range parameterKeys() {
		if value := stringField(input, name); value != "" {
			keys[key] = []string{value}
		}
	}
	v := reflect.ValueOf(input)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return
	}
	list, _ := fieldOf[[]types.Tag](v.Elem(), "Tags")
	addTags(keys, "aws:requesttag/", list)
	for _, t := range list {
		keys["aws:tagkeys"] = append(keys["aws:tagkeys"], deref(t.Key))
	}
}

func addTags(keys map[string][]string, prefix string, tags []types.Tag) {
	for _, t := range tags {
		keys[prefix+strings.ToLower(deref(t.Key))] = []string{deref(t.Value)}
	}
}

// stringField returns a struct's string member by name; empty if it has none
// or it is not set.
func stringField(input any, name string) string {
	v := reflect.ValueOf(input)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return ""
	}
	if s, ok := fieldOf[*string](v.Elem(), name); ok {
		return deref(s)
	}
	return ""
}

func fieldOf[T any](v reflect.Value, name string) (T, bool) {
	var zero T
	f := v.FieldByName(name)
	if !f.IsValid() {
		return zero, false
	}
	value, ok := f.Interface().(T)
	return value, ok
}

func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func boolText(b bool) string { return strconv.FormatBool(b) }

func epochText(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func secondsText(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
