package account

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Quotas of IAM on managed policies.
//
// Source: "IAM and AWS STS quotas", IAM user guide.
const (
	policyQuota    = 6144
	versionsPerOne = 5
)

const kindPolicy kind = "policy"

func (a *Account) policy(arn string) (*policy, error) {
	if !arnForm.MatchString(arn) {
		return nil, invalidInput("ARN %s is not valid.", arn)
	}
	if p, ok := a.state.policies[arn]; ok {
		return p, nil
	}
	return nil, noSuchEntity("Policy %s was not found.", arn)
}

// ownPolicy returns a policy of this account, not one that AWS manages.
func (a *Account) ownPolicy(arn string) (*policy, error) {
	p, err := a.policy(arn)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(arn, managedPrefix) {
		return nil, &Error{Code: "AccessDenied", Message: "Cannot perform the operation on an AWS managed policy.", Status: 403}
	}
	return p, nil
}

// attachments counts the users, roles and groups that have a policy, and those
// that have it as their boundary.
func (a *Account) attachments(arn string) (attached, boundaries int32) {
	count := func(e *entity) {
		if slices.Contains(e.attached, arn) {
			attached++
		}
		if e.boundary == arn {
			boundaries++
		}
	}
	for _, u := range a.state.users {
		count(&u.entity)
	}
	for _, r := range a.state.roles {
		count(&r.entity)
	}
	for _, g := range a.state.groups {
		count(&g.entity)
	}
	return attached, boundaries
}

func (a *Account) policyOut(p *policy) types.Policy {
	attached, boundaries := a.attachments(p.arn)
	return types.Policy{
		Arn: aws.String(p.arn), PolicyName: aws.String(p.name), PolicyId: aws.String(p.id), Path: aws.String(p.path),
		CreateDate: aws.Time(p.created), UpdateDate: aws.Time(p.updated), DefaultVersionId: aws.String(p.defaultVersion),
		IsAttachable: true, AttachmentCount: aws.Int32(attached), PermissionsBoundaryUsageCount: aws.Int32(boundaries),
	}
}

func (a *Account) createPolicy(c *call, in *iam.CreatePolicyInput) (*iam.CreatePolicyOutput, error) {
	if a.state.taken(kindPolicy, *in.PolicyName) {
		return nil, entityAlreadyExists("A policy called %s already exists. Duplicate names are not allowed.", *in.PolicyName)
	}
	d, err := managedDocument(*in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	p := &policy{
		entity: a.newEntity(c, kindPolicy, policyID, in.PolicyName, in.Path, tags), description: deref(in.Description),
		updated: second(c.at), versions: []*policyVersion{{"v1", d, second(c.at)}}, defaultVersion: "v1", next: 2,
	}
	p.arn = a.entityARN(&p.entity)
	a.state.policies[p.arn] = p
	a.state.index(&p.entity)
	out := a.policyOut(p)
	out.Tags = p.tags
	return &iam.CreatePolicyOutput{Policy: &out}, nil
}

func managedDocument(text string) (*document, error) {
	d, err := parsePolicy(text)
	if err != nil {
		return nil, err
	}
	if size(text) > policyQuota {
		return nil, limitExceeded("Cannot exceed quota for PolicySize: %d", policyQuota)
	}
	return d, nil
}

func (a *Account) getPolicy(_ *call, in *iam.GetPolicyInput) (*iam.GetPolicyOutput, error) {
	p, err := a.policy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := a.policyOut(p)
	out.Tags = p.tags
	if p.description != "" {
		out.Description = aws.String(p.description)
	}
	return &iam.GetPolicyOutput{Policy: &out}, nil
}

func (a *Account) listPolicies(_ *call, in *iam.ListPoliciesInput) (*iam.ListPoliciesOutput, error) {
	var list []*policy
	for _, p := range sorted(a.state.policies, in.PathPrefix) {
		byAWS := strings.HasPrefix(p.arn, managedPrefix)
		attached, boundaries := a.attachments(p.arn)
		switch {
		case in.Scope == types.PolicyScopeTypeAws && !byAWS, in.Scope == types.PolicyScopeTypeLocal && byAWS,
			in.OnlyAttached && attached == 0,
			in.PolicyUsageFilter == types.PolicyUsageTypePermissionsBoundary && boundaries == 0:
			continue
		}
		list = append(list, p)
	}
	// One of the account's own may have the name of one of AWS's.
	order := func(p *policy) string { return p.name + " " + p.arn }
	slices.SortFunc(list, func(a, b *policy) int { return strings.Compare(order(a), order(b)) })
	p, err := paginate(list, order, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iam.ListPoliciesOutput{IsTruncated: p.truncated, Marker: p.marker}
	for _, p := range p.items {
		out.Policies = append(out.Policies, a.policyOut(p))
	}
	return out, nil
}

func (a *Account) deletePolicy(_ *call, in *iam.DeletePolicyInput) (*iam.DeletePolicyOutput, error) {
	p, err := a.ownPolicy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	if attached, boundaries := a.attachments(p.arn); attached+boundaries > 0 {
		return nil, deleteConflict("Cannot delete a policy attached to entities.")
	}
	if len(p.versions) > 1 {
		return nil, deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	delete(a.state.policies, p.arn)
	a.state.forget(&p.entity)
	return &iam.DeletePolicyOutput{}, nil
}

func (p *policy) version(id string) (*policyVersion, error) {
	for _, v := range p.versions {
		if v.id == id {
			return v, nil
		}
	}
	return nil, noSuchEntity("Policy %s version %s does not exist or is not attachable.", p.arn, id)
}

func (p *policy) versionOut(v *policyVersion) types.PolicyVersion {
	return types.PolicyVersion{CreateDate: aws.Time(v.created), VersionId: aws.String(v.id), IsDefaultVersion: v.id == p.defaultVersion}
}

func (a *Account) createPolicyVersion(c *call, in *iam.CreatePolicyVersionInput) (*iam.CreatePolicyVersionOutput, error) {
	p, err := a.ownPolicy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	d, err := managedDocument(*in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	if len(p.versions) >= versionsPerOne {
		return nil, limitExceeded("A managed policy can have up to %d versions. Before you create a new version, you must delete an existing version.", versionsPerOne)
	}
	v := &policyVersion{"v" + strconv.Itoa(p.next), d, second(c.at)}
	p.versions = append(p.versions, v)
	p.next++
	if in.SetAsDefault {
		p.defaultVersion, p.updated = v.id, v.created
	}
	out := p.versionOut(v)
	return &iam.CreatePolicyVersionOutput{PolicyVersion: &out}, nil
}

func (a *Account) getPolicyVersion(_ *call, in *iam.GetPolicyVersionInput) (*iam.GetPolicyVersionOutput, error) {
	p, err := a.policy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	v, err := p.version(*in.VersionId)
	if err != nil {
		return nil, err
	}
	out := p.versionOut(v)
	out.Document = aws.String(percentEncode(v.document.text))
	return &iam.GetPolicyVersionOutput{PolicyVersion: &out}, nil
}

func (a *Account) listPolicyVersions(_ *call, in *iam.ListPolicyVersionsInput) (*iam.ListPolicyVersionsOutput, error) {
	p, err := a.policy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := &iam.ListPolicyVersionsOutput{}
	for _, v := range slices.Backward(p.versions) {
		out.Versions = append(out.Versions, p.versionOut(v))
	}
	return out, nil
}

func (a *Account) deletePolicyVersion(_ *call, in *iam.DeletePolicyVersionInput) (*iam.DeletePolicyVersionOutput, error) {
	p, err := a.ownPolicy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	v, err := p.version(*in.VersionId)
	if err != nil {
		return nil, err
	}
	if v.id == p.defaultVersion {
		return nil, deleteConflict("Cannot delete the default version of a policy.")
	}
	p.versions = slices.DeleteFunc(p.versions, func(other *policyVersion) bool { return other == v })
	return &iam.DeletePolicyVersionOutput{}, nil
}

func (a *Account) setDefaultPolicyVersion(c *call, in *iam.SetDefaultPolicyVersionInput) (*iam.SetDefaultPolicyVersionOutput, error) {
	p, err := a.ownPolicy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	v, err := p.version(*in.VersionId)
	if err != nil {
		return nil, err
	}
	p.defaultVersion, p.updated = v.id, second(c.at)
	return &iam.SetDefaultPolicyVersionOutput{}, nil
}

// An entityOfPolicy is one that a policy is attached to, in the order in which
// ListEntitiesForPolicy has them.
type entityOfPolicy struct {
	order string
	*entity
}

func (a *Account) listEntitiesForPolicy(_ *call, in *iam.ListEntitiesForPolicyInput) (*iam.ListEntitiesForPolicyOutput, error) {
	p, err := a.policy(*in.PolicyArn)
	if err != nil {
		return nil, err
	}
	var list []entityOfPolicy
	add := func(e *entity, filter types.EntityType) {
		if in.EntityFilter != "" && in.EntityFilter != filter || !strings.HasPrefix(e.path, deref(in.PathPrefix)) {
			return
		}
		if slices.Contains(e.attached, p.arn) {
			list = append(list, entityOfPolicy{string(e.kind) + "/" + e.name, e})
		}
	}
	for _, g := range a.state.groups {
		add(&g.entity, types.EntityTypeGroup)
	}
	for _, r := range a.state.roles {
		add(&r.entity, types.EntityTypeRole)
	}
	for _, u := range a.state.users {
		add(&u.entity, types.EntityTypeUser)
	}
	slices.SortFunc(list, func(a, b entityOfPolicy) int { return strings.Compare(a.order, b.order) })
	page, err := paginate(list, func(e entityOfPolicy) string { return e.order }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iam.ListEntitiesForPolicyOutput{IsTruncated: page.truncated, Marker: page.marker}
	for _, e := range page.items {
		name, id := aws.String(e.name), aws.String(e.id)
		switch e.kind {
		case kindGroup:
			out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupName: name, GroupId: id})
		case kindRole:
			out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleName: name, RoleId: id})
		default:
			out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserName: name, UserId: id})
		}
	}
	return out, nil
}
