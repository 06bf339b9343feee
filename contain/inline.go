package contain

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go/middleware"
)

// An answer is what AWS said to a call beyond its result.
type answer struct {
	requestID string
	// at is AWS's own clock, from the Date header; zero if it did not tell.
	at time.Time
}

func answered(m middleware.Metadata) answer {
	var a answer
	a.requestID, _ = awsmiddleware.GetRequestIDMetadata(m)
	a.at, _ = awsmiddleware.GetServerTime(m)
	a.at = a.at.UTC()
	return a
}

func requestIDOf(err error) string {
	var re *awshttp.ResponseError
	if errors.As(err, &re) {
		return re.ServiceRequestID()
	}
	return ""
}

// mark puts the operation's id and the hash of its intent into the user agent
// of a write, and so into CloudTrail's record of it.
func mark(opID, intent string) func(*iam.Options) {
	return func(o *iam.Options) {
		o.APIOptions = append(o.APIOptions,
			awsmiddleware.AddUserAgentKeyValue("cordon-op", opID),
			awsmiddleware.AddUserAgentKeyValue("cordon-intent", intent))
	}
}

// listInline returns the names of the target's inline policies.
func (a *Account) listInline(ctx context.Context, t Target) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, a.o.CallTime)
	defer cancel()
	var names []string
	var err error
	switch t.Kind {
	case User:
		p := iam.NewListUserPoliciesPaginator(a.iam, &iam.ListUserPoliciesInput{UserName: &t.Name})
		for p.HasMorePages() && err == nil {
			var out *iam.ListUserPoliciesOutput
			if out, err = p.NextPage(ctx); err == nil {
				names = append(names, out.PolicyNames...)
			}
		}
	case Role:
		p := iam.NewListRolePoliciesPaginator(a.iam, &iam.ListRolePoliciesInput{RoleName: &t.Name})
		for p.HasMorePages() && err == nil {
			var out *iam.ListRolePoliciesOutput
			if out, err = p.NextPage(ctx); err == nil {
				names = append(names, out.PolicyNames...)
			}
		}
	case Group:
		p := iam.NewListGroupPoliciesPaginator(a.iam, &iam.ListGroupPoliciesInput{GroupName: &t.Name})
		for p.HasMorePages() && err == nil {
			var out *iam.ListGroupPoliciesOutput
			if out, err = p.NextPage(ctx); err == nil {
				names = append(names, out.PolicyNames...)
			}
		}
	}
	return names, err
}

// getInline reads one inline policy. If there is none of that name the error
// satisfies isGone.
func (a *Account) getInline(ctx context.Context, t Target, name string) (policy, answer, error) {
	ctx, cancel := context.WithTimeout(ctx, a.o.CallTime)
	defer cancel()
	var doc *string
	var meta middleware.Metadata
	switch t.Kind {
	case User:
		out, err := a.iam.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &t.Name, PolicyName: &name})
		if err != nil {
			return policy{}, answer{}, err
		}
		doc, meta = out.PolicyDocument, out.ResultMetadata
	case Role:
		out, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &t.Name, PolicyName: &name})
		if err != nil {
			return policy{}, answer{}, err
		}
		doc, meta = out.PolicyDocument, out.ResultMetadata
	case Group:
		out, err := a.iam.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: &t.Name, PolicyName: &name})
		if err != nil {
			return policy{}, answer{}, err
		}
		doc, meta = out.PolicyDocument, out.ResultMetadata
	}
	if doc == nil {
		return policy{}, answer{}, errHollow("iam:Get" + t.Kind.title() + "Policy")
	}
	return policy{name: name, doc: decodeDocument(*doc)}, answered(meta), nil
}

func (a *Account) putInline(ctx context.Context, t Target, p policy, opts ...func(*iam.Options)) (answer, error) {
	switch t.Kind {
	case User:
		out, err := a.iam.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &t.Name, PolicyName: &p.name, PolicyDocument: &p.doc}, opts...)
		if err != nil {
			return answer{requestID: requestIDOf(err)}, err
		}
		return answered(out.ResultMetadata), nil
	case Role:
		out, err := a.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &t.Name, PolicyName: &p.name, PolicyDocument: &p.doc}, opts...)
		if err != nil {
			return answer{requestID: requestIDOf(err)}, err
		}
		return answered(out.ResultMetadata), nil
	default:
		out, err := a.iam.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: &t.Name, PolicyName: &p.name, PolicyDocument: &p.doc}, opts...)
		if err != nil {
			return answer{requestID: requestIDOf(err)}, err
		}
		return answered(out.ResultMetadata), nil
	}
}

func (a *Account) deleteInline(ctx context.Context, t Target, name string, opts ...func(*iam.Options)) (answer, error) {
	switch t.Kind {
	case User:
		out, err := a.iam.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &t.Name, PolicyName: &name}, opts...)
		if err != nil {
			return answer{requestID: requestIDOf(err)}, err
		}
		return answered(out.ResultMetadata), nil
	case Role:
		out, err := a.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &t.Name, PolicyName: &name}, opts...)
		if err != nil {
			return answer{requestID: requestIDOf(err)}, err
		}
		return answered(out.ResultMetadata), nil
	default:
		out, err := a.iam.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: &t.Name, PolicyName: &name}, opts...)
		if err != nil {
			return answer{requestID: requestIDOf(err)}, err
		}
		return answered(out.ResultMetadata), nil
	}
}

// An inlineSet is what was read of a target's inline policies.
type inlineSet struct {
	policies []policy
	// unread are the policies that exist and could not be read.
	unread map[string]error
	// err says why not even their names are known.
	err error
}

// maxAtOnce bounds the calls in flight; IAM throttles an account as a whole.
const maxAtOnce = 8

// readInline reads the target's inline policies, in the order of their names.
func (a *Account) readInline(ctx context.Context, t Target) inlineSet {
	names, err := a.listInline(ctx, t)
	if err != nil {
		return inlineSet{err: err}
	}
	return a.readNamed(ctx, t, names)
}

func (a *Account) readNamed(ctx context.Context, t Target, names []string) inlineSet {
	set := inlineSet{unread: map[string]error{}}
	slots := make(chan struct{}, maxAtOnce)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			p, _, err := a.getInline(ctx, t, name)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				set.policies = append(set.policies, p)
			case !isGone(err): // gone is removed since it was listed
				set.unread[name] = err
			}
		})
	}
	wg.Wait()
	slices.SortFunc(set.policies, func(p, q policy) int { return compareNames(p.name, q.name) })
	return set
}

// standing are the policies that deny everything.
func (s inlineSet) standing() []Standing {
	found := []Standing{}
	for _, p := range s.policies {
		if c := classify(p.doc); c.denies {
			found = append(found, Standing{Name: p.name, OpID: c.opID, Document: p.doc, Alone: c.alone})
		}
	}
	return found
}

func (s inlineSet) named(name string) (policy, bool) {
	for _, p := range s.policies {
		if p.name == name {
			return p, true
		}
	}
	return policy{}, false
}

// size is what the policies that could be read take of the quota.
func (s inlineSet) size() int {
	n := 0
	for _, p := range s.policies {
		n += size(p.doc)
	}
	return n
}
