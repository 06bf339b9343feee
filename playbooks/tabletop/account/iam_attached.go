package account

import (
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// attachedPerEntity is how many managed policies an entity may have.
//
// Source: "IAM and AWS STS quotas", IAM user guide.
const attachedPerEntity = 10

func quotaName(k kind) string {
	return map[kind]string{
		kindUser: "PoliciesPerUser", kindRole: "PoliciesPerRole", kindGroup: "PoliciesPerGroup",
	}[k]
}

func (a *Account) policyOperations() []operation {
	return []operation{
		define("iam", a.putUserPolicy, onUser, "UserName", "PolicyName", "PolicyDocument"),
		define("iam", a.getUserPolicy, onUser, "UserName", "PolicyName"),
		define("iam", a.deleteUserPolicy, onUser, "UserName", "PolicyName"),
		define("iam", a.listUserPolicies, onUser, "UserName"),
		define("iam", a.putRolePolicy, onRole, "RoleName", "PolicyName", "PolicyDocument"),
		define("iam", a.getRolePolicy, onRole, "RoleName", "PolicyName"),
		define("iam", a.deleteRolePolicy, onRole, "RoleName", "PolicyName"),
		define("iam", a.listRolePolicies, onRole, "RoleName"),
		define("iam", a.putGroupPolicy, onGroup, "GroupName", "PolicyName", "PolicyDocument"),
		define("iam", a.getGroupPolicy, onGroup, "GroupName", "PolicyName"),
		define("iam", a.deleteGroupPolicy, onGroup, "GroupName", "PolicyName"),
		define("iam", a.listGroupPolicies, onGroup, "GroupName"),

		define("iam", a.attachUserPolicy, onUser, "UserName", "PolicyArn"),
		define("iam", a.detachUserPolicy, onUser, "UserName", "PolicyArn"),
		define("iam", a.listAttachedUserPolicies, onUser, "UserName"),
		define("iam", a.attachRolePolicy, onRole, "RoleName", "PolicyArn"),
		define("iam", a.detachRolePolicy, onRole, "RoleName", "PolicyArn"),
		define("iam", a.listAttachedRolePolicies, onRole, "RoleName"),
		define("iam", a.attachGroupPolicy, onGroup, "GroupName", "PolicyArn"),
		define("iam", a.detachGroupPolicy, onGroup, "GroupName", "PolicyArn"),
		define("iam", a.listAttachedGroupPolicies, onGroup, "GroupName"),

		define("iam", a.putUserPermissionsBoundary, onUser, "UserName", "PermissionsBoundary"),
		define("iam", a.deleteUserPermissionsBoundary, onUser, "UserName"),
		define("iam", a.putRolePermissionsBoundary, onRole, "RoleName", "PermissionsBoundary"),
		define("iam", a.deleteRolePermissionsBoundary, onRole, "RoleName"),

		define("iam", a.createPolicy, onPolicy, "PolicyName", "PolicyDocument"),
		define("iam", a.getPolicy, onPolicy, "PolicyArn"),
		define("iam", a.listPolicies, onPolicyPath),
		define("iam", a.deletePolicy, onPolicy, "PolicyArn"),
		define("iam", a.createPolicyVersion, onPolicy, "PolicyArn", "PolicyDocument"),
		define("iam", a.getPolicyVersion, onPolicy, "PolicyArn", "VersionId"),
		define("iam", a.listPolicyVersions, onPolicy, "PolicyArn"),
		define("iam", a.deletePolicyVersion, onPolicy, "PolicyArn", "VersionId"),
		define("iam", a.setDefaultPolicyVersion, onPolicy, "PolicyArn", "VersionId"),
		define("iam", a.listEntitiesForPolicy, onPolicy, "PolicyArn"),
	}
}

func onPolicyPath(a *Account, c *call) target {
	prefix := stringField(c.input, "PathPrefix")
	if prefix == "" {
		prefix = "/"
	}
	return target{arn: a.arn("iam", "policy"+prefix), spoken: "policy path " + prefix}
}

// attach attaches a managed policy; doing it twice changes nothing.
func (a *Account) attach(e *entity, arn string) error {
	if !arnForm.MatchString(arn) {
		return invalidInput("ARN %s is not valid.", arn)
	}
	if _, ok := a.state.policies[arn]; !ok {
		return noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	}
	if slices.Contains(e.attached, arn) {
		return nil
	}
	if len(e.attached) >= attachedPerEntity {
		return limitExceeded("Cannot exceed quota for %s: %d", quotaName(e.kind), attachedPerEntity)
	}
	e.attached = append(e.attached, arn)
	return nil
}

func (a *Account) detach(e *entity, arn string) error {
	if !arnForm.MatchString(arn) {
		return invalidInput("ARN %s is not valid.", arn)
	}
	i := slices.Index(e.attached, arn)
	if i < 0 {
		return noSuchEntity("Policy %s was not found.", arn)
	}
	e.attached = slices.Delete(e.attached, i, i+1)
	return nil
}

// attachedTo returns the managed policies of an entity, by name.
func (a *Account) attachedTo(e *entity, pathPrefix, marker *string, maxItems *int32) (page[types.AttachedPolicy], error) {
	var list []types.AttachedPolicy
	for _, arn := range e.attached {
		if strings.HasPrefix(a.state.policies[arn].path, deref(pathPrefix)) {
			list = append(list, types.AttachedPolicy{PolicyArn: aws.String(arn), PolicyName: aws.String(path.Base(arn))})
		}
	}
	slices.SortFunc(list, func(a, b types.AttachedPolicy) int { return strings.Compare(attachedName(a), attachedName(b)) })
	return paginate(list, attachedName, marker, maxItems)
}

func attachedName(p types.AttachedPolicy) string { return *p.PolicyName + " " + *p.PolicyArn }

func (a *Account) attachUserPolicy(_ *call, in *iam.AttachUserPolicyInput) (*iam.AttachUserPolicyOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.AttachUserPolicyOutput{}, a.attach(&u.entity, *in.PolicyArn)
}

func (a *Account) detachUserPolicy(_ *call, in *iam.DetachUserPolicyInput) (*iam.DetachUserPolicyOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.DetachUserPolicyOutput{}, a.detach(&u.entity, *in.PolicyArn)
}

func (a *Account) listAttachedUserPolicies(_ *call, in *iam.ListAttachedUserPoliciesInput) (*iam.ListAttachedUserPoliciesOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := a.attachedTo(&u.entity, in.PathPrefix, in.Marker, in.MaxItems)
	return &iam.ListAttachedUserPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

func (a *Account) attachRolePolicy(c *call, in *iam.AttachRolePolicyInput) (*iam.AttachRolePolicyOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.AttachRolePolicyOutput{}, a.attach(&r.entity, *in.PolicyArn)
}

func (a *Account) detachRolePolicy(c *call, in *iam.DetachRolePolicyInput) (*iam.DetachRolePolicyOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.DetachRolePolicyOutput{}, a.detach(&r.entity, *in.PolicyArn)
}

func (a *Account) listAttachedRolePolicies(_ *call, in *iam.ListAttachedRolePoliciesInput) (*iam.ListAttachedRolePoliciesOutput, error) {
	r, err := a.state.role(*in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := a.attachedTo(&r.entity, in.PathPrefix, in.Marker, in.MaxItems)
	return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

func (a *Account) attachGroupPolicy(_ *call, in *iam.AttachGroupPolicyInput) (*iam.AttachGroupPolicyOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.AttachGroupPolicyOutput{}, a.attach(&g.entity, *in.PolicyArn)
}

func (a *Account) detachGroupPolicy(_ *call, in *iam.DetachGroupPolicyInput) (*iam.DetachGroupPolicyOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.DetachGroupPolicyOutput{}, a.detach(&g.entity, *in.PolicyArn)
}

func (a *Account) listAttachedGroupPolicies(_ *call, in *iam.ListAttachedGroupPoliciesInput) (*iam.ListAttachedGroupPoliciesOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	p, err := a.attachedTo(&g.entity, in.PathPrefix, in.Marker, in.MaxItems)
	return &iam.ListAttachedGroupPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// checkBoundary turns away a permissions boundary that is no managed policy.
func (a *Account) checkBoundary(arn *string) error {
	if arn == nil {
		return nil
	}
	if !arnForm.MatchString(*arn) {
		return invalidInput("ARN %s is not valid.", *arn)
	}
	if _, ok := a.state.policies[*arn]; !ok {
		return noSuchEntity("Scope ARN: %s does not exist or is not attachable.", *arn)
	}
	return nil
}

func (a *Account) putUserPermissionsBoundary(_ *call, in *iam.PutUserPermissionsBoundaryInput) (*iam.PutUserPermissionsBoundaryOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	if err := a.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	u.boundary = *in.PermissionsBoundary
	return &iam.PutUserPermissionsBoundaryOutput{}, nil
}

func (a *Account) deleteUserPermissionsBoundary(_ *call, in *iam.DeleteUserPermissionsBoundaryInput) (*iam.DeleteUserPermissionsBoundaryOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteUserPermissionsBoundaryOutput{}, dropBoundary(&u.entity)
}

func (a *Account) putRolePermissionsBoundary(c *call, in *iam.PutRolePermissionsBoundaryInput) (*iam.PutRolePermissionsBoundaryOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := a.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	r.boundary = *in.PermissionsBoundary
	return &iam.PutRolePermissionsBoundaryOutput{}, nil
}

func (a *Account) deleteRolePermissionsBoundary(c *call, in *iam.DeleteRolePermissionsBoundaryInput) (*iam.DeleteRolePermissionsBoundaryOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteRolePermissionsBoundaryOutput{}, dropBoundary(&r.entity)
}

func dropBoundary(e *entity) error {
	if e.boundary == "" {
		return noSuchEntity("The permissions boundary of %s %s cannot be found.", e.kind, e.name)
	}
	e.boundary = ""
	return nil
}
