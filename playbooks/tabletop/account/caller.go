package account

import (
	"crypto/subtle"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A caller is who makes a call. One of root, user, role and service is set.
type caller struct {
	root        bool
	user        *user
	role        *role
	service     string // an AWS service's principal
	accessKeyID string
	key         *accessKey // nil for temporary credentials
	session     *session   // nil for long-term ones
}

// callerOf finds who an access key belongs to, and turns away keys that are
// unknown, inactive, expired, or left over from a deleted user or role.
func (a *Account) callerOf(accessKeyID string, at time.Time, say refusal) (caller, error) {
	invalid := refused(say.status, say.invalid, "The security token included in the request is invalid.")
	if k, ok := a.state.keys[accessKeyID]; ok {
		c := caller{accessKeyID: accessKeyID, key: k, root: k.owner == "", user: a.state.users[k.owner]}
		if !k.active || !c.root && c.user == nil {
			return caller{}, invalid
		}
		return c, nil
	}
	s, ok := a.state.sessions[accessKeyID]
	if !ok {
		if a.open {
			return caller{root: true, accessKeyID: accessKeyID}, nil
		}
		return caller{}, invalid
	}
	if !at.Before(s.expires) {
		return caller{}, refused(say.status, say.expired, "The security token included in the request is expired")
	}
	c := caller{accessKeyID: accessKeyID, session: s, root: s.owner == ""}
	if c.root {
		return c, nil
	}
	e, ok := a.state.byID[s.owner]
	if !ok {
		return caller{}, invalid
	}
	if e.kind == kindRole {
		c.role = a.state.roles[e.name]
	} else {
		c.user = a.state.users[e.name]
	}
	return c, nil
}

// secretFor returns the credentials that a request signed with an access key
// must have been signed with. known is false for a key that an open account
// takes for root's without knowing it.
func (a *Account) secretFor(accessKeyID, token string, at time.Time, say refusal) (c aws.Credentials, known bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	who, err := a.callerOf(accessKeyID, at, say)
	switch {
	case err != nil:
		return aws.Credentials{}, true, err
	case who.key == nil && who.session == nil:
		return aws.Credentials{}, false, nil
	case who.session == nil && token != "",
		who.session != nil && subtle.ConstantTimeCompare([]byte(token), []byte(who.session.token)) != 1:
		return aws.Credentials{}, true, refused(say.status, say.invalid, "The security token included in the request is invalid.")
	case who.session != nil:
		return aws.Credentials{AccessKeyID: accessKeyID, SecretAccessKey: who.session.secret, SessionToken: token}, true, nil
	}
	return who.key.credentials(), true, nil
}

// touch notes that credentials were used, for GetAccessKeyLastUsed and for
// RoleLastUsed.
func (a *Account) touch(c *call) {
	if k := c.caller.key; k != nil && !c.at.Before(k.used) {
		k.used, k.usedFor, k.usedRegion = c.at, c.operation.service, c.operation.recordedIn(c.region)
	}
	if r := c.caller.role; r != nil && !c.at.Before(r.lastUsed) {
		r.lastUsed, r.lastRegion = c.at, c.operation.recordedIn(c.region)
	}
}

// arnOf is the caller's ARN as records and denials have it.
func (a *Account) arnOf(c caller) string {
	switch {
	case c.user != nil:
		return a.entityARN(&c.user.entity)
	case c.role != nil:
		return a.arn("sts", "assumed-role/"+c.role.name+"/"+c.session.name)
	case c.service != "":
		return c.service
	}
	return a.arn("iam", "root")
}

// principalARN is the value of aws:PrincipalArn: for a session, its role's.
func (a *Account) principalARN(c caller) string {
	if c.role != nil {
		return a.entityARN(&c.role.entity)
	}
	return a.arnOf(c)
}

// principalID is the caller's unique id: of a role session with its name.
func (a *Account) principalID(c caller) string {
	switch {
	case c.user != nil:
		return c.user.id
	case c.role != nil:
		return c.role.id + ":" + c.session.name
	}
	return a.id
}

func (a *Account) entityARN(e *entity) string {
	return a.arn("iam", string(e.kind)+e.path+e.name)
}

// documents returns the policies that an entity carries itself.
func (a *Account) documents(e *entity) []*document {
	var all []*document
	for _, d := range e.inline {
		all = append(all, d)
	}
	for _, arn := range e.attached {
		if p, ok := a.state.policies[arn]; ok {
			all = append(all, p.document())
		}
	}
	return all
}

// identityPolicies returns the policies that speak of a caller: its own, and
// for a user those of its groups. boundary is the ARN of its permissions
// boundary, if any.
func (a *Account) identityPolicies(c caller) (all []*document, boundary string) {
	switch {
	case c.role != nil:
		return a.documents(&c.role.entity), c.role.boundary
	case c.user == nil:
		return nil, ""
	}
	all = a.documents(&c.user.entity)
	for name := range c.user.groups {
		if g, ok := a.state.groups[name]; ok {
			all = append(all, a.documents(&g.entity)...)
		}
	}
	return all, c.user.boundary
}

// document returns a managed policy's default version.
func (p *policy) document() *document {
	i := slices.IndexFunc(p.versions, func(v *policyVersion) bool { return v.id == p.defaultVersion })
	return p.versions[i].document
}

// conditionKeys returns the condition keys of a call, by lower-case name.
//
// Source: "AWS global condition context keys" and "IAM and AWS STS condition
// context keys", IAM user guide.
func (a *Account) conditionKeys(c *call, t target) map[string][]string {
	keys := map[string][]string{
		"aws:currenttime":           {c.at.Format(time.RFC3339)},
		"aws:epochtime":             {epochText(c.at)},
		"aws:useragent":             {c.userAgent},
		"aws:securetransport":       {"true"},
		"aws:requestedregion":       {c.operation.recordedIn(c.region)},
		"aws:principalarn":          {a.principalARN(c.caller)},
		"aws:principalaccount":      {a.id},
		"aws:principalisawsservice": {"false"},
		"aws:viaawsservice":         {"false"},
		"aws:userid":                {a.principalID(c.caller)},
		"aws:principaltype":         {"Account"},
	}
	if c.caller.service == "" {
		keys["aws:sourceip"] = []string{c.sourceIP}
	}
	if u := c.caller.user; u != nil {
		keys["aws:username"] = []string{u.name}
		keys["aws:principaltype"] = []string{"User"}
		addTags(keys, "aws:principaltag/", u.tags)
	}
	if r := c.caller.role; r != nil {
		keys["aws:principaltype"] = []string{"AssumedRole"}
		addTags(keys, "aws:principaltag/", r.tags)
		addTags(keys, "aws:principaltag/", c.caller.session.tags)
	}
	if s := c.caller.session; s != nil {
		keys["aws:tokenissuetime"] = []string{s.issued.Format(time.RFC3339)}
		keys["aws:multifactorauthpresent"] = []string{boolText(s.mfa)}
		if s.mfa {
			keys["aws:multifactorauthage"] = []string{secondsText(c.at.Sub(s.issued))}
		}
		if s.sourceIdentity != "" {
			keys["aws:sourceidentity"] = []string{s.sourceIdentity}
		}
	}
	addTags(keys, "aws:resourcetag/", t.tags)
	addTags(keys, "iam:resourcetag/", t.tags)
	inputKeys(keys, c.input)
	if strings.EqualFold(c.operation.service, "sts") && c.mfa {
		keys["aws:multifactorauthpresent"] = []string{"true"}
		keys["aws:multifactorauthage"] = []string{"0"}
	}
	return keys
}
