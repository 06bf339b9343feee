package account

import (
	"encoding/json"
	"time"
)

// A record is one CloudTrail record, its members in the order that AWS writes
// them.
//
// Source: "CloudTrail record contents" and "CloudTrail userIdentity element",
// AWS CloudTrail user guide.
type record struct {
	EventVersion       string           `json:"eventVersion"`
	UserIdentity       identity         `json:"userIdentity"`
	EventTime          string           `json:"eventTime"`
	EventSource        string           `json:"eventSource"`
	EventName          string           `json:"eventName"`
	AWSRegion          string           `json:"awsRegion"`
	SourceIPAddress    string           `json:"sourceIPAddress"`
	UserAgent          string           `json:"userAgent"`
	ErrorCode          string           `json:"errorCode,omitempty"`
	ErrorMessage       string           `json:"errorMessage,omitempty"`
	RequestParameters  map[string]any   `json:"requestParameters"`
	ResponseElements   map[string]any   `json:"responseElements"`
	RequestID          string           `json:"requestID"`
	EventID            string           `json:"eventID"`
	ReadOnly           bool             `json:"readOnly"`
	Resources          []recordResource `json:"resources,omitempty"`
	EventType          string           `json:"eventType"`
	ManagementEvent    bool             `json:"managementEvent"`
	RecipientAccountID string           `json:"recipientAccountId"`
	EventCategory      string           `json:"eventCategory"`
	TLSDetails         *tlsDetails      `json:"tlsDetails,omitempty"`
}

type recordResource struct {
	AccountID string `json:"accountId"`
	Type      string `json:"type"`
	ARN       string `json:"ARN"`
}

type tlsDetails struct {
	TLSVersion               string `json:"tlsVersion"`
	CipherSuite              string `json:"cipherSuite"`
	ClientProvidedHostHeader string `json:"clientProvidedHostHeader"`
}

type identity struct {
	Type           string          `json:"type"`
	PrincipalID    string          `json:"principalId,omitempty"`
	ARN            string          `json:"arn,omitempty"`
	AccountID      string          `json:"accountId,omitempty"`
	AccessKeyID    string          `json:"accessKeyId,omitempty"`
	UserName       string          `json:"userName,omitempty"`
	SessionContext *sessionContext `json:"sessionContext,omitempty"`
	InvokedBy      string          `json:"invokedBy,omitempty"`
}

type sessionContext struct {
	SessionIssuer   *sessionIssuer    `json:"sessionIssuer,omitempty"`
	Attributes      sessionAttributes `json:"attributes"`
	SourceIdentity  string            `json:"sourceIdentity,omitempty"`
	EC2RoleDelivery string            `json:"ec2RoleDelivery,omitempty"`
}

type sessionIssuer struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
	ARN         string `json:"arn"`
	AccountID   string `json:"accountId"`
	UserName    string `json:"userName"`
}

type sessionAttributes struct {
	CreationDate     string `json:"creationDate"`
	MFAAuthenticated string `json:"mfaAuthenticated"`
}

const eventVersion = "1.11"

// record writes what a call was, and how it ended, to the trail.
func (a *Account) record(c *call, output any, fault *Error) {
	if c.operation.unrecorded {
		return
	}
	r := record{
		EventVersion: eventVersion, UserIdentity: a.identityOf(c.caller),
		EventTime: c.at.Format(time.RFC3339), EventSource: c.operation.service + ".amazonaws.com",
		EventName: c.operation.eventName(), AWSRegion: c.operation.recordedIn(c.region),
		SourceIPAddress: c.sourceIP, UserAgent: c.userAgent, RequestID: c.requestID, EventID: a.uuid(),
		ReadOnly: c.operation.readOnly, EventType: "AwsApiCall", ManagementEvent: true,
		RecipientAccountID: a.id, EventCategory: "Management",
	}
	if c.caller.service != "" {
		r.SourceIPAddress, r.UserAgent = c.caller.service, c.caller.service
	} else {
		r.TLSDetails = &tlsDetails{"TLSv1.3", "TLS_AES_128_GCM_SHA256", c.operation.host(c.region)}
	}
	if fault != nil {
		r.ErrorCode, r.ErrorMessage = fault.trailCode(), fault.Message
	}
	if r.ErrorCode != "AccessDenied" || !c.operation.hidesDenied() {
		r.RequestParameters = elements(c.input, isoComma)
	}
	if fault == nil {
		r.ResponseElements = c.operation.response(output)
		r.Resources = a.recordResources(c)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		// Only a value that JSON cannot carry, in a map that a caller in this
		// process handed in, comes here; the call is recorded without it.
		r.RequestParameters, r.ResponseElements = nil, nil
		raw, _ = json.Marshal(r)
	}
	a.trail.add(&entry{
		id: r.EventID, name: r.EventName, source: r.EventSource, region: r.AWSRegion,
		username: usernameOf(c.caller), accessKey: c.caller.accessKeyID, readOnly: r.ReadOnly,
		at: c.at.Truncate(time.Second), resources: referred(r), raw: raw,
	})
}

func (o operation) eventName() string {
	if o.event != "" {
		return o.event
	}
	return o.name
}

// recordedIn is the Region whose event history a call goes to: for global
// services that is us-east-1.
//
// Source: "Global service events", AWS CloudTrail user guide.
func (o operation) recordedIn(region string) string {
	switch o.service {
	case "iam", "cloudfront", "route53", "organizations", "account", "globalaccelerator":
		return globalRegion
	}
	return region
}

func (o operation) host(region string) string {
	if o.recordedIn("") != "" {
		return o.service + ".amazonaws.com"
	}
	return o.service + "." + region + ".amazonaws.com"
}

// hidesDenied reports whether records of denied calls have no parameters: the
// caller is told nothing, and CloudTrail neither, by the services that
// authorise before they read.
//
// Source: records of denied AssumeRole calls (requestParameters null) beside
// denied RunInstances calls (present), in DataDog's Stratus Red Team logs.
func (o operation) hidesDenied() bool { return o.service == "iam" || o.service == "sts" }

func (a *Account) identityOf(c caller) identity {
	id := identity{ARN: a.arnOf(c), AccountID: a.id, PrincipalID: a.principalID(c), AccessKeyID: c.accessKeyID}
	switch {
	case c.service != "":
		return identity{Type: "AWSService", InvokedBy: c.service}
	case c.role != nil:
		id.Type = "AssumedRole"
	case c.user != nil:
		id.Type, id.UserName = "IAMUser", c.user.name
	default:
		id.Type = "Root"
	}
	if s := c.session; s != nil {
		id.SessionContext = &sessionContext{
			Attributes:     sessionAttributes{CreationDate: s.issued.Format(time.RFC3339), MFAAuthenticated: boolText(s.mfa)},
			SourceIdentity: s.sourceIdentity,
		}
		if c.role != nil {
			id.SessionContext.SessionIssuer = &sessionIssuer{"Role", c.role.id, a.entityARN(&c.role.entity), a.id, c.role.name}
		}
		if s.ec2 {
			id.SessionContext.EC2RoleDelivery = "2.0"
		}
	}
	return id
}

// usernameOf is what LookupEvents calls the user: a role session's name, for
// one.
func usernameOf(c caller) string {
	switch {
	case c.user != nil:
		return c.user.name
	case c.role != nil:
		return c.session.name
	case c.service != "":
		return ""
	}
	return "root"
}

func (a *Account) recordResources(c *call) []recordResource {
	if arn := stringField(c.input, "RoleArn"); c.operation.service == "sts" && arn != "" {
		return []recordResource{{a.id, "AWS::IAM::Role", arn}}
	}
	return nil
}
