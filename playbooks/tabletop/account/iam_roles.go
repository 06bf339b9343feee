package account

import (
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// reserved reports whether only AWS may change what is at a path:
// service-linked roles, and the roles of IAM Identity Center.
func reserved(path string) bool {
	return strings.HasPrefix(path, "/aws-service-role/") || strings.HasPrefix(path, "/aws-reserved/")
}

// modifiableRole returns a role that callers may change.
func (a *Account) modifiableRole(c *call, name string) (*role, error) {
	r, err := a.state.role(name)
	if err != nil {
		return nil, err
	}
	if reserved(r.path) && !c.seeding {
		return nil, unmodifiableEntity("Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", r.name)
	}
	return r, nil
}

// mayReserve reports whether a call may create a role that otherwise only AWS
// creates: one that sets the account up, or one of the unknown keys that an
// open account lets do as they please, since no service and no Identity Center
// is there to do it for them.
func (c *call) mayReserve() bool {
	return c.seeding || c.caller.root && c.caller.key == nil && c.caller.session == nil
}

func (a *Account) createRole(c *call, in *iam.CreateRoleInput) (*iam.CreateRoleOutput, error) {
	if reserved(deref(in.Path)) && !c.mayReserve() {
		return nil, validation("The specified value for path is invalid. It is reserved for roles that AWS creates.")
	}
	if a.state.taken(kindRole, *in.RoleName) {
		return nil, entityAlreadyExists("Role with name %s already exists.", *in.RoleName)
	}
	trust, err := a.trustPolicy(c, *in.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := a.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	r := &role{
		entity: a.newEntity(c, kindRole, roleID, in.RoleName, in.Path, tags),
		trust:  trust, description: deref(in.Description), maxSession: defaultSession,
	}
	if in.MaxSessionDuration != nil {
		r.maxSession = *in.MaxSessionDuration
	}
	r.boundary = deref(in.PermissionsBoundary)
	a.state.roles[r.name] = r
	a.state.index(&r.entity)
	out := a.roleOut(r)
	out.MaxSessionDuration = nil
	out.Description = nil
	if in.Description != nil {
		out.Description = in.Description
	}
	out.Tags = r.tags
	out.PermissionsBoundary = attachedBoundary(r.boundary)
	return &iam.CreateRoleOutput{Role: &out}, nil
}

// trustPolicy reads a trust policy and checks that the principals of this
// account that it names exist, as IAM does.
func (a *Account) trustPolicy(c *call, text string) (*document, error) {
	d, err := parseTrust(text)
	if err != nil {
		return nil, err
	}
	if size(text) > trustQuota {
		return nil, limitExceeded("Cannot exceed quota for ACLSizePerRole: %d", trustQuota)
	}
	if c.seeding {
		return d, nil
	}
	for _, s := range d.statements {
		for _, p := range slices.Concat(s.principals, s.notPrincipals) {
			if p.kind == "AWS" && !a.principalExists(p.value) {
				return nil, malformedPolicy(`Invalid principal in policy: "AWS":"%s"`, p.value)
			}
		}
	}
	return d, nil
}

// trustQuota is the default quota on a trust policy's characters.
//
// Source: "IAM and AWS STS quotas" (role trust policy length), IAM user guide.
const trustQuota = 2048

func (a *Account) principalExists(value string) bool {
	if isAccountID(value) {
		return true
	}
	if _, ok := a.state.byID[value]; ok {
		return true
	}
	if !arnForm.MatchString(value) {
		return false
	}
	parts := strings.SplitN(value, ":", 6)
	if parts[4] != a.id || parts[5] == "root" {
		return true
	}
	name := path.Base(parts[5])
	switch {
	case strings.HasPrefix(parts[5], "user/"):
		u, ok := a.state.users[name]
		return ok && a.entityARN(&u.entity) == value
	case strings.HasPrefix(parts[5], "role/"):
		r, ok := a.state.roles[name]
		return ok && a.entityARN(&r.entity) == value
	}
	return strings.HasPrefix(parts[5], "assumed-role/")
}

func isAccountID(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// roleOut shows a role as the lists do.
func (a *Account) roleOut(r *role) types.Role {
	out := types.Role{
		Arn: aws.String(a.entityARN(&r.entity)), CreateDate: aws.Time(r.created), Path: aws.String(r.path),
		RoleId: aws.String(r.id), RoleName: aws.String(r.name), MaxSessionDuration: aws.Int32(r.maxSession),
		AssumeRolePolicyDocument: aws.String(percentEncode(r.trust.text)),
	}
	if r.description != "" {
		out.Description = aws.String(r.description)
	}
	return out
}

func (a *Account) getRole(_ *call, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	r, err := a.state.role(*in.RoleName)
	if err != nil {
		return nil, err
	}
	out := a.roleOut(r)
	out.Tags = r.tags
	out.PermissionsBoundary = attachedBoundary(r.boundary)
	out.RoleLastUsed = &types.RoleLastUsed{}
	if !r.lastUsed.IsZero() {
		out.RoleLastUsed = &types.RoleLastUsed{LastUsedDate: aws.Time(second(r.lastUsed)), Region: aws.String(r.lastRegion)}
	}
	return &iam.GetRoleOutput{Role: &out}, nil
}

func (a *Account) listRoles(_ *call, in *iam.ListRolesInput) (*iam.ListRolesOutput, error) {
	p, err := paginate(sorted(a.state.roles, in.PathPrefix), nameOf, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iam.ListRolesOutput{IsTruncated: p.truncated, Marker: p.marker}
	for _, r := range p.items {
		out.Roles = append(out.Roles, a.roleOut(r))
	}
	return out, nil
}

func (a *Account) updateAssumeRolePolicy(c *call, in *iam.UpdateAssumeRolePolicyInput) (*iam.UpdateAssumeRolePolicyOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	trust, err := a.trustPolicy(c, *in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	r.trust = trust
	return &iam.UpdateAssumeRolePolicyOutput{}, nil
}

func (a *Account) deleteRole(c *call, in *iam.DeleteRoleInput) (*iam.DeleteRoleOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(r.attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(r.inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	}
	delete(a.state.roles, r.name)
	a.state.forget(&r.entity)
	return &iam.DeleteRoleOutput{}, nil
}

// listInstanceProfilesForRole answers with the profiles there are: none, as
// the account has no instances.
func (a *Account) listInstanceProfilesForRole(_ *call, in *iam.ListInstanceProfilesForRoleInput) (*iam.ListInstanceProfilesForRoleOutput, error) {
	if _, err := a.state.role(*in.RoleName); err != nil {
		return nil, err
	}
	return &iam.ListInstanceProfilesForRoleOutput{InstanceProfiles: []types.InstanceProfile{}}, nil
}

func (a *Account) tagUser(_ *call, in *iam.TagUserInput) (*iam.TagUserOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(u.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	u.tags = tags
	return &iam.TagUserOutput{}, nil
}

func (a *Account) untagUser(_ *call, in *iam.UntagUserInput) (*iam.UntagUserOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	u.tags = removeTags(u.tags, in.TagKeys)
	return &iam.UntagUserOutput{}, nil
}

func (a *Account) listUserTags(_ *call, in *iam.ListUserTagsInput) (*iam.ListUserTagsOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	p, err := paginate(u.tags, tagName, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListUserTagsOutput{Tags: p.items, IsTruncated: p.truncated, Marker: p.marker}, nil
}

func (a *Account) tagRole(c *call, in *iam.TagRoleInput) (*iam.TagRoleOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	tags, err := mergeTags(r.tags, in.Tags)
	if err != nil {
		return nil, err
	}
	r.tags = tags
	return &iam.TagRoleOutput{}, nil
}

func (a *Account) untagRole(c *call, in *iam.UntagRoleInput) (*iam.UntagRoleOutput, error) {
	r, err := a.modifiableRole(c, *in.RoleName)
	if err != nil {
		return nil, err
	}
	r.tags = removeTags(r.tags, in.TagKeys)
	return &iam.UntagRoleOutput{}, nil
}

func (a *Account) listRoleTags(_ *call, in *iam.ListRoleTagsInput) (*iam.ListRoleTagsOutput, error) {
	r, err := a.state.role(*in.RoleName)
	if err != nil {
		return nil, err
	}
	p, err := paginate(r.tags, tagName, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	return &iam.ListRoleTagsOutput{Tags: p.items, IsTruncated: p.truncated, Marker: p.marker}, nil
}
