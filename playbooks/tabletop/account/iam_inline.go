package account

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// inlineQuota is how many characters all inline policies of an entity may have
// together, white space aside.
//
// Source: "IAM and AWS STS quotas", IAM user guide.
func inlineQuota(k kind) int {
	return map[kind]int{kindUser: 2048, kindRole: 10240, kindGroup: 5120}[k]
}

// percentEncode writes a document as IAM returns it: URL-encoded after RFC
// 3986, spaces as %20.
func percentEncode(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}

// putInline adds a policy to an entity, or replaces the one of that name.
func putInline(e *entity, name, text string) error {
	d, err := parsePolicy(text)
	if err != nil {
		return err
	}
	total := size(text)
	for other, have := range e.inline {
		if other != name {
			total += size(have.text)
		}
	}
	if quota := inlineQuota(e.kind); total > quota {
		return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", quota, e.kind, e.name)
	}
	e.inline[name] = d
	return nil
}

func deleteInline(e *entity, name string) error {
	if _, err := inline(e, name); err != nil {
		return err
	}
	delete(e.inline, name)
	return nil
}

func inline(e *entity, name string) (*document, error) {
	if d, ok := e.inline[name]; ok {
		return d, nil
	}
	return nil, noSuchEntity("The %s policy with name %s cannot be found.", e.kind, name)
}

func inlineNames(e *entity, marker *string, maxItems *int32) (page[string], error) {
	return paginate(slices.Sorted(maps.Keys(e.inline)), func(s string) string { return s }, marker, maxItems)
}

func (a *Account) putUserPolicy(_ *call, in *iam.PutUserPolicyInput) (*iam.PutUserPolicyOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.PutUserPolicyOutput{}, putInline(&u.entity, *in.PolicyName, *in.PolicyDocument)
}

func (a *Account) getUserPolicy(_ *call, in *iam.GetUserPolicyInput) (*iam.GetUserPolicyOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	d, err := inline(&u.entity, *in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iam.GetUserPolicyOutput{UserName: &u.name, PolicyName: in.PolicyName, PolicyDocument: aws.String(percentEncode(d.text))}, nil
}

func (a *Account) deleteUserPolicy(_ *call, in *iam.DeleteUserPolicyInput) (*iam.DeleteUserPolicyOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteUserPolicyOutput{}, deleteInline(&u.entity, *in.PolicyName)
}

func (a *Account) listUserPolicies(_ *call, in *iam.ListUserPoliciesInput) (*iam.ListUserPoliciesOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := inlineNames(&u.entity, in.Marker, in.MaxItems)
	return &iam.ListUserPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

func (a *Account) putRolePolicy(c *call, in *iam.PutRolePolicyInput) (*iam.PutRolePolicyOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.PutRolePolicyOutput{}, putInline(&r.entity, *in.PolicyName, *in.PolicyDocument)
}

func (a *Account) getRolePolicy(_ *call, in *iam.GetRolePolicyInput) (*iam.GetRolePolicyOutput, error) {
	r, err := a.state.role(*in.RoleName)
	if err != nil {
		return nil, err
	}
	d, err := inline(&r.entity, *in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iam.GetRolePolicyOutput{RoleName: &r.name, PolicyName: in.PolicyName, PolicyDocument: aws.String(percentEncode(d.text))}, nil
}

func (a *Account) deleteRolePolicy(c *call, in *iam.DeleteRolePolicyInput) (*iam.DeleteRolePolicyOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteRolePolicyOutput{}, deleteInline(&r.entity, *in.PolicyName)
}

func (a *Account) listRolePolicies(_ *call, in *iam.ListRolePoliciesInput) (*iam.ListRolePoliciesOutput, error) {
	r, err := a.state.role(*in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := inlineNames(&r.entity, in.Marker, in.MaxItems)
	return &iam.ListRolePoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

func (a *Account) putGroupPolicy(_ *call, in *iam.PutGroupPolicyInput) (*iam.PutGroupPolicyOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.PutGroupPolicyOutput{}, putInline(&g.entity, *in.PolicyName, *in.PolicyDocument)
}

func (a *Account) getGroupPolicy(_ *call, in *iam.GetGroupPolicyInput) (*iam.GetGroupPolicyOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	d, err := inline(&g.entity, *in.PolicyName)
	if err != nil {
		return nil, err
	}
	return &iam.GetGroupPolicyOutput{GroupName: &g.name, PolicyName: in.PolicyName, PolicyDocument: aws.String(percentEncode(d.text))}, nil
}

func (a *Account) deleteGroupPolicy(_ *call, in *iam.DeleteGroupPolicyInput) (*iam.DeleteGroupPolicyOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteGroupPolicyOutput{}, deleteInline(&g.entity, *in.PolicyName)
}

func (a *Account) listGroupPolicies(_ *call, in *iam.ListGroupPoliciesInput) (*iam.ListGroupPoliciesOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := inlineNames(&g.entity, in.Marker, in.MaxItems)
	return &iam.ListGroupPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}
