package contain

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"cordon/contain/audit"
)

// defaultPolicyName is the name that responders give such a policy by hand.
const defaultPolicyName = "DenyAll"

// policyNames are the names that IAM takes for an inline policy, with room for
// the fallback's suffix ("PutUserPolicy", IAM API reference).
var policyNames = regexp.MustCompile(`^[\w+=,.@-]{1,115}$`)

// An Account is a connection to one account as one caller. It is immutable,
// has clients of its own so that it never waits behind browsing, and is safe
// for concurrent use.
type Account struct {
	iam       *iam.Client
	sts       *sts.Client
	o         Options
	protected []pattern
	caller    Caller
	alias     string
	partition string
}

// Connect asks AWS who the caller is, and for the account's alias. Its errors
// can be given to Explain.
func Connect(ctx context.Context, cfg aws.Config, o Options) (*Account, error) {
	protected, err := parsePatterns(o.Protected)
	if err != nil {
		return nil, err
	}
	if !policyNames.MatchString(cmp.Or(o.PolicyName, defaultPolicyName)) {
		return nil, &Problem{
			Code:    CodeUsage,
			Message: fmt.Sprintf("%q cannot be the name of an inline policy", o.PolicyName),
			Next:    "IAM takes letters, digits and +=,.@_- only; give at most 115 of them.",
		}
	}
	cfg = cfg.Copy()
	if cfg.Region == "" {
		// IAM has one endpoint for all Regions of a partition, and the STS of
		// us-east-1 knows every caller of the standard one.
		cfg.Region = "us-east-1"
	}
	o = o.withDefaults()
	if cfg.Credentials != nil {
		// Asked for once here: inside a call the search for credentials would
		// be repeated with each attempt.
		if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
			return nil, explain(err, "looking for AWS credentials", o.Profile)
		}
	}
	a := &Account{o: o, protected: protected}
	agent := awsmiddleware.AddUserAgentKey("cordon")
	a.iam = iam.NewFromConfig(cfg, func(c *iam.Options) {
		c.Retryer = o.Retryer()
		c.APIOptions = append(c.APIOptions, agent)
	})
	a.sts = sts.NewFromConfig(cfg, func(c *sts.Options) {
		c.Retryer = o.Retryer()
		c.APIOptions = append(c.APIOptions, agent)
	})
	if a.caller, err = a.identity(ctx); err != nil {
		return nil, err
	}
	if parsed, err := arn.Parse(a.caller.ARN); err == nil {
		a.partition = parsed.Partition
	}
	a.alias = a.askAlias(ctx)
	return a, nil
}

func (o Options) withDefaults() Options {
	if o.PolicyName == "" {
		o.PolicyName = defaultPolicyName
	}
	if o.FactsTime == 0 {
		o.FactsTime = 3 * time.Second
	}
	if o.CallTime == 0 {
		o.CallTime = 20 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.NewID == nil {
		o.NewID = newID
	}
	if o.Retryer == nil {
		o.Retryer = patient
	}
	return o
}

// patient is the SDK's standard retryer, which backs off exponentially with
// jitter, with more attempts than its three and no budget that earlier
// failures could have used up. They end within CallTime, so that what AWS said
// last is told, and not that it said nothing.
func patient() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 6
		o.MaxBackoff = 4 * time.Second
		o.RateLimiter = ratelimit.None
	})
}

// newID has 60 random bits in lower-case base32: short, because it counts
// towards the quota of inline policies, and fit for a Sid and a policy's name.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Caller is the identity that cordon acted as when it connected.
func (a *Account) Caller() Caller { return a.caller }

// Alias is the account's alias; empty if it has none or it cannot be read.
func (a *Account) Alias() string { return a.alias }

// ReadOnly tells whether Apply refuses because of Options.ReadOnly.
func (a *Account) ReadOnly() bool { return a.o.ReadOnly }

// Log is the audit log in use; nil if there is none.
func (a *Account) Log() *audit.Log { return a.o.Log }

func (a *Account) identity(ctx context.Context) (Caller, error) {
	ctx, cancel := context.WithTimeout(ctx, a.o.CallTime)
	defer cancel()
	out, err := a.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, a.explain(err, "asking AWS who the caller is")
	}
	if aws.ToString(out.Arn) == "" || aws.ToString(out.Account) == "" {
		return Caller{}, errHollow("sts:GetCallerIdentity")
	}
	return parseCaller(aws.ToString(out.Arn), aws.ToString(out.Account), aws.ToString(out.UserId)), nil
}

// askAlias is best effort: an alias is a comfort, and iam:ListAccountAliases
// is not worth failing for.
func (a *Account) askAlias(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, a.o.FactsTime)
	defer cancel()
	out, err := a.iam.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
	if err != nil || len(out.AccountAliases) == 0 {
		return ""
	}
	return out.AccountAliases[0]
}

// parseCaller reads the ARN that GetCallerIdentity answers with. The forms are
// listed in "IAM identifiers" of the IAM User Guide; that of a role session
// has no path.
func parseCaller(callerARN, account, userID string) Caller {
	c := Caller{ARN: callerARN, Account: account, UserID: userID, Kind: "unknown"}
	parsed, err := arn.Parse(callerARN)
	if err != nil {
		return c
	}
	part := strings.Split(parsed.Resource, "/")
	switch {
	case parsed.Resource == "root":
		c.Kind, c.Name = "root", "root"
	case part[0] == "user" && len(part) > 1:
		c.Kind, c.Name = "user", part[len(part)-1]
	case part[0] == "assumed-role" && len(part) > 2:
		c.Kind, c.Name, c.Session = "role", part[1], part[2]
	case part[0] == "federated-user" && len(part) > 1:
		c.Kind, c.Name = "federated", part[1]
	}
	return c
}

// principalID is the unique id of the caller's user or role. For a role
// session GetCallerIdentity adds ":" and the session's name.
func (c Caller) principalID() string {
	id, _, _ := strings.Cut(c.UserID, ":")
	return id
}

// same tells whether two answers are about one principal. The name of a
// session may change when credentials are renewed.
func (c Caller) same(d Caller) bool {
	return c.Account == d.Account && c.Kind == d.Kind && c.Name == d.Name && c.principalID() == d.principalID()
}
