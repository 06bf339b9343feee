package account

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// How long sessions may last.
//
// Source: AssumeRole and GetSessionToken, AWS STS API reference.
const (
	chainedSession = time.Hour
	rootSession    = time.Hour
	userSession    = 12 * time.Hour
	longestRole    = 43200 // seconds
)

func (a *Account) stsOperations() []operation {
	return []operation{
		define("sts", a.getCallerIdentity, nil),                        // no policy denies it
		define("sts", a.assumeRole, nil, "RoleArn", "RoleSessionName"), // decides by the role's trust too
		define("sts", a.getSessionToken, nil),                          // no policy denies it
		define("sts", a.getAccessKeyInfo, onAnything, "AccessKeyId"),
	}
}

func (a *Account) getCallerIdentity(c *call, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(a.id), Arn: aws.String(a.arnOf(c.caller)), UserId: aws.String(a.principalID(c.caller)),
	}, nil
}

// getAccessKeyInfo tells a key's account from the key alone, as STS does:
// whether the key exists is not asked.
func (a *Account) getAccessKeyInfo(_ *call, in *sts.GetAccessKeyInfoInput) (*sts.GetAccessKeyInfoOutput, error) {
	id := *in.AccessKeyId
	_, known := a.state.keys[id]
	if _, session := a.state.sessions[id]; known || session {
		return &sts.GetAccessKeyInfoOutput{Account: aws.String(a.id)}, nil
	}
	account, ok := accountOfKey(id)
	if !ok {
		return nil, validation("The access key %s does not carry an account.", id)
	}
	return &sts.GetAccessKeyInfoOutput{Account: aws.String(account)}, nil
}

func (a *Account) assumeRole(c *call, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	if !arnForm.MatchString(*in.RoleArn) {
		return nil, validation("%s is invalid", *in.RoleArn)
	}
	if err := c.secondFactor(in.SerialNumber); err != nil {
		return nil, err
	}
	r, err := a.mayAssume(c, *in.RoleArn)
	if err != nil {
		return nil, err
	}
	chained := c.caller.role != nil
	lasting, err := roleDuration(in.DurationSeconds, r, chained)
	if err != nil {
		return nil, err
	}
	policies, err := a.sessionPolicies(in)
	if err != nil {
		return nil, err
	}
	s := a.openSession(c, r.id, lasting)
	s.name, s.policies, s.chained, s.ec2 = *in.RoleSessionName, policies, chained, c.fromEC2
	s.sourceIdentity = deref(in.SourceIdentity)
	if s.sourceIdentity == "" && c.caller.session != nil {
		s.sourceIdentity = c.caller.session.sourceIdentity
	}
	for _, tag := range in.Tags {
		s.tags = append(s.tags, types.Tag{Key: tag.Key, Value: tag.Value})
	}
	out := &sts.AssumeRoleOutput{Credentials: s.out(), AssumedRoleUser: &ststypes.AssumedRoleUser{
		Arn: aws.String(a.arn("sts", "assumed-role/"+r.name+"/"+s.name)), AssumedRoleId: aws.String(r.id + ":" + s.name),
	}}
	if s.sourceIdentity != "" {
		out.SourceIdentity = aws.String(s.sourceIdentity)
	}
	return out, nil
}

// mayAssume decides whether a caller may assume a role. In one account it is
// enough that the trust policy names the caller; where it trusts the whole
// account, the caller's own policies have to allow it. A deny in either, or no
// such role, are the same to the caller.
//
// Source: "Cross-account resource access" and "IAM roles: trust policy", IAM
// user guide.
func (a *Account) mayAssume(c *call, arn string) (*role, error) {
	t := target{arn: arn}
	if c.caller.root && !c.seeding {
		return nil, &Error{Code: "AccessDenied", Message: "Roles may not be assumed by root accounts.", Status: http.StatusForbidden}
	}
	name := arn[strings.LastIndex(arn, "/")+1:]
	r, ok := a.state.roles[name]
	if !ok || a.entityARN(&r.entity) != arn {
		return nil, a.denied(c, t, "")
	}
	if c.seeding {
		return r, nil // as a sign-in that is recorded elsewhere does
	}
	t.tags = r.tags
	q := &question{action: "sts:AssumeRole", resource: arn, keys: a.conditionKeys(c, t)}
	trust := a.trusts(r.trust, c.caller, q)
	if c.caller.service != "" {
		if trust != named {
			return nil, a.denied(c, t, "")
		}
		return r, nil
	}
	reason := a.judge(c, t, "sts:AssumeRole")
	explicit := strings.HasPrefix(reason, " with an explicit deny")
	switch {
	case explicit:
		return nil, a.denied(c, t, reason)
	case trust == untrusted, trust == wholeAccount && reason != "":
		return nil, a.denied(c, t, "")
	}
	return r, nil
}

// trusted is what a trust policy says of a caller.
type trusted int

const (
	untrusted    trusted = iota
	wholeAccount         // trusts the account, which decides by its own policies
	named                // names the caller
)

func (a *Account) trusts(d *document, who caller, q *question) trusted {
	result := untrusted
	q.variables = d.variables
	for i := range d.statements {
		s := &d.statements[i]
		speaks := a.speaksOf(s, who)
		if speaks == untrusted || !s.applies(q) {
			continue
		}
		if s.deny {
			return untrusted
		}
		result = max(result, speaks)
	}
	return result
}

// speaksOf reports how a statement's principals include a caller.
func (a *Account) speaksOf(s *statement, who caller) trusted {
	if len(s.notPrincipals) > 0 {
		if a.among(s.notPrincipals, who) != untrusted {
			return untrusted
		}
		return wholeAccount
	}
	if s.anyPrincipal && who.service == "" {
		return named
	}
	return a.among(s.principals, who)
}

func (a *Account) among(list []principal, who caller) trusted {
	result := untrusted
	for _, p := range list {
		switch {
		case p.kind == "Service" && who.service != "" && p.value == who.service:
			return named
		case p.kind != "AWS" || who.service != "":
		case slices.Contains(a.namesOf(who), p.value):
			return named
		case p.value == a.id || p.value == a.arn("iam", "root"):
			result = wholeAccount
		}
	}
	return result
}

// namesOf are the principals that stand for a caller in a trust policy.
func (a *Account) namesOf(who caller) []string {
	names := []string{a.arnOf(who), a.principalARN(who)}
	if who.user != nil {
		names = append(names, who.user.id)
	}
	if who.role != nil {
		names = append(names, who.role.id)
	}
	return names
}

func roleDuration(asked *int32, r *role, chained bool) (time.Duration, error) {
	seconds := int32(defaultSession)
	if asked != nil {
		seconds = *asked
	}
	switch {
	case seconds > longestRole:
		return 0, violation("Value '%d' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to %d", seconds, longestRole)
	case chained && time.Duration(seconds)*time.Second > chainedSession:
		return 0, validation("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	case asked != nil && seconds > r.maxSession:
		return 0, validation("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	return time.Duration(seconds) * time.Second, nil
}

func (a *Account) sessionPolicies(in *sts.AssumeRoleInput) ([]*document, error) {
	var all []*document
	if in.Policy != nil {
		d, err := parsePolicy(*in.Policy)
		if err != nil {
			return nil, err
		}
		if size(*in.Policy) > trustQuota {
			return nil, &Error{Code: "PackedPolicyTooLarge", Message: "Packed policy consumes more than 100% of allotted space.", Status: http.StatusBadRequest}
		}
		all = append(all, d)
	}
	for _, given := range in.PolicyArns {
		p, ok := a.state.policies[deref(given.Arn)]
		if !ok {
			return nil, malformedPolicy("Policy %s does not exist.", deref(given.Arn))
		}
		all = append(all, p.document())
	}
	return all, nil
}

func (a *Account) getSessionToken(c *call, in *sts.GetSessionTokenInput) (*sts.GetSessionTokenOutput, error) {
	if c.caller.session != nil {
		return nil, &Error{
			Code: "AccessDenied", Message: "Cannot call GetSessionToken with session credentials", Status: http.StatusForbidden,
		}
	}
	if err := c.secondFactor(in.SerialNumber); err != nil {
		return nil, err
	}
	owner, lasting := "", rootSession
	if c.caller.user != nil {
		owner, lasting = c.caller.user.id, userSession
	}
	if in.DurationSeconds != nil {
		lasting = min(time.Duration(*in.DurationSeconds)*time.Second, max(lasting, 3*userSession))
		if owner == "" {
			lasting = min(lasting, rootSession)
		}
	}
	return &sts.GetSessionTokenOutput{Credentials: a.openSession(c, owner, lasting).out()}, nil
}

// secondFactor turns away a code of an MFA device: the account has no devices,
// and takes a second factor only from a Call that claims one.
func (c *call) secondFactor(serial *string) error {
	if serial == nil || c.mfa {
		return nil
	}
	return &Error{
		Code: "AccessDenied", Message: "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
		Status: http.StatusForbidden,
	}
}

func (a *Account) openSession(c *call, owner string, lasting time.Duration) *session {
	s := &session{
		id: a.keyID(temporaryKey), secret: a.secret(), token: a.sessionToken(), owner: owner,
		issued: second(c.at), expires: second(c.at).Add(lasting), mfa: c.mfa,
	}
	a.state.sessions[s.id] = s
	return s
}

func (s *session) out() *ststypes.Credentials {
	return &ststypes.Credentials{
		AccessKeyId: aws.String(s.id), SecretAccessKey: aws.String(s.secret),
		SessionToken: aws.String(s.token), Expiration: aws.Time(s.expires),
	}
}
