package account

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// Quotas of IAM on identities.
//
// Source: "IAM and AWS STS quotas", IAM user guide.
const (
	groupsPerUser  = 10
	keysPerUser    = 2
	tagsPerEntity  = 50
	defaultSession = 3600
)

func (a *Account) identityOperations() []operation {
	return []operation{
		define("iam", a.createUser, onUser, "UserName"),
		define("iam", a.getUser, onUser),
		define("iam", a.listUsers, onAll("user/")),
		define("iam", a.updateUser, onUser, "UserName"),
		define("iam", a.deleteUser, onUser, "UserName"),
		define("iam", a.tagUser, onUser, "UserName", "Tags"),
		define("iam", a.untagUser, onUser, "UserName", "TagKeys"),
		define("iam", a.listUserTags, onUser, "UserName"),

		define("iam", a.createGroup, onGroup, "GroupName"),
		define("iam", a.getGroup, onGroup, "GroupName"),
		define("iam", a.listGroups, onAll("group/")),
		define("iam", a.deleteGroup, onGroup, "GroupName"),
		define("iam", a.addUserToGroup, onGroup, "GroupName", "UserName"),
		define("iam", a.removeUserFromGroup, onGroup, "GroupName", "UserName"),
		define("iam", a.listGroupsForUser, onUser, "UserName"),

		define("iam", a.createRole, onRole, "RoleName", "AssumeRolePolicyDocument"),
		define("iam", a.createServiceLinkedRole, onLinkedRole, "AWSServiceName"),
		define("iam", a.getRole, onRole, "RoleName"),
		define("iam", a.listRoles, onAll("role/")),
		define("iam", a.updateAssumeRolePolicy, onRole, "RoleName", "PolicyDocument"),
		define("iam", a.deleteRole, onRole, "RoleName"),
		define("iam", a.tagRole, onRole, "RoleName", "Tags"),
		define("iam", a.untagRole, onRole, "RoleName", "TagKeys"),
		define("iam", a.listRoleTags, onRole, "RoleName"),
		define("iam", a.listInstanceProfilesForRole, onRole, "RoleName"),
	}
}

// newEntity makes what users, roles and groups have in common, and makes it
// findable.
func (a *Account) newEntity(c *call, k kind, prefix string, name, path *string, tags []types.Tag) entity {
	e := entity{
		kind: k, name: deref(name), path: deref(path), id: a.uniqueID(prefix),
		created: second(c.at), inline: map[string]*document{}, tags: slices.Clone(tags),
	}
	if e.path == "" {
		e.path = "/"
	}
	return e
}

// userNamed returns the user that a request names, or the caller where it
// names none.
func (a *Account) userNamed(c *call, name *string) (*user, error) {
	if name != nil {
		return a.state.user(*name)
	}
	if c.caller.user == nil {
		return nil, validation("Must specify userName when calling with non-User credentials")
	}
	return c.caller.user, nil
}

func (a *Account) createUser(c *call, in *iam.CreateUserInput) (*iam.CreateUserOutput, error) {
	if a.state.taken(kindUser, *in.UserName) {
		return nil, entityAlreadyExists("User with name %s already exists.", *in.UserName)
	}
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := a.checkBoundary(in.PermissionsBoundary); err != nil {
		return nil, err
	}
	u := &user{entity: a.newEntity(c, kindUser, userID, in.UserName, in.Path, tags), groups: map[string]bool{}}
	u.boundary = deref(in.PermissionsBoundary)
	a.state.users[u.name] = u
	a.state.index(&u.entity)
	out := a.userOut(u)
	out.Tags = u.tags
	return &iam.CreateUserOutput{User: &out}, nil
}

// userOut shows a user as the lists do: without tags and boundary.
func (a *Account) userOut(u *user) types.User {
	return types.User{
		Arn: aws.String(a.entityARN(&u.entity)), CreateDate: aws.Time(u.created), Path: aws.String(u.path),
		UserId: aws.String(u.id), UserName: aws.String(u.name),
	}
}

func (a *Account) getUser(c *call, in *iam.GetUserInput) (*iam.GetUserOutput, error) {
	if in.UserName == nil && c.caller.root {
		return &iam.GetUserOutput{User: a.rootOut()}, nil
	}
	u, err := a.userNamed(c, in.UserName)
	if err != nil {
		return nil, err
	}
	out := a.userOut(u)
	out.Tags = u.tags
	out.PermissionsBoundary = attachedBoundary(u.boundary)
	return &iam.GetUserOutput{User: &out}, nil
}

func (a *Account) rootOut() *types.User {
	return &types.User{
		Arn: aws.String(a.arn("iam", "root")), UserId: aws.String(a.id), UserName: aws.String("root"), Path: aws.String("/"),
		CreateDate: aws.Time(accountCreated()),
	}
}

func attachedBoundary(arn string) *types.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	// The API reference promises PermissionsBoundaryPolicy; IAM says Policy, as
	// records of CreateRole show.
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String(arn), PermissionsBoundaryType: "Policy"}
}

func (a *Account) listUsers(_ *call, in *iam.ListUsersInput) (*iam.ListUsersOutput, error) {
	p, err := paginate(sorted(a.state.users, in.PathPrefix), nameOf, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iam.ListUsersOutput{IsTruncated: p.truncated, Marker: p.marker}
	for _, u := range p.items {
		out.Users = append(out.Users, a.userOut(u))
	}
	return out, nil
}

func (a *Account) updateUser(_ *call, in *iam.UpdateUserInput) (*iam.UpdateUserOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	name := deref(in.NewUserName)
	if name != "" && !strings.EqualFold(name, u.name) && a.state.taken(kindUser, name) {
		return nil, entityAlreadyExists("User with name %s already exists.", name)
	}
	if in.NewPath != nil {
		u.path = *in.NewPath
	}
	if name != "" && name != u.name {
		a.renameUser(u, name)
	}
	return &iam.UpdateUserOutput{}, nil
}

func (a *Account) renameUser(u *user, name string) {
	for _, k := range a.state.keysOf(u.name) {
		k.owner = name
	}
	for group := range u.groups {
		members := a.state.groups[group].members
		delete(members, u.name)
		members[name] = true
	}
	delete(a.state.users, u.name)
	a.state.forget(&u.entity)
	u.name = name
	a.state.users[name] = u
	a.state.index(&u.entity)
}

func (a *Account) deleteUser(_ *call, in *iam.DeleteUserInput) (*iam.DeleteUserOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(u.attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(u.inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	case len(u.groups) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove users from group first.")
	case len(a.state.keysOf(u.name)) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete access keys first.")
	case u.login != nil:
		return nil, deleteConflict("Cannot delete entity, must delete login profile first.")
	}
	delete(a.state.users, u.name)
	a.state.forget(&u.entity)
	return &iam.DeleteUserOutput{}, nil
}

func (a *Account) createGroup(c *call, in *iam.CreateGroupInput) (*iam.CreateGroupOutput, error) {
	if a.state.taken(kindGroup, *in.GroupName) {
		return nil, entityAlreadyExists("Group with name %s already exists.", *in.GroupName)
	}
	g := &group{entity: a.newEntity(c, kindGroup, groupID, in.GroupName, in.Path, nil), members: map[string]bool{}}
	a.state.groups[g.name] = g
	a.state.index(&g.entity)
	out := a.groupOut(g)
	return &iam.CreateGroupOutput{Group: &out}, nil
}

func (a *Account) groupOut(g *group) types.Group {
	return types.Group{
		Arn: aws.String(a.entityARN(&g.entity)), CreateDate: aws.Time(g.created), GroupId: aws.String(g.id),
		GroupName: aws.String(g.name), Path: aws.String(g.path),
	}
}

func (a *Account) getGroup(_ *call, in *iam.GetGroupInput) (*iam.GetGroupOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	var members []*user
	for _, name := range slices.Sorted(maps.Keys(g.members)) {
		members = append(members, a.state.users[name])
	}
	p, err := paginate(members, nameOf, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	group := a.groupOut(g)
	out := &iam.GetGroupOutput{Group: &group, IsTruncated: p.truncated, Marker: p.marker}
	for _, u := range p.items {
		out.Users = append(out.Users, a.userOut(u))
	}
	return out, nil
}

func (a *Account) listGroups(_ *call, in *iam.ListGroupsInput) (*iam.ListGroupsOutput, error) {
	p, err := paginate(sorted(a.state.groups, in.PathPrefix), nameOf, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iam.ListGroupsOutput{IsTruncated: p.truncated, Marker: p.marker}
	for _, g := range p.items {
		out.Groups = append(out.Groups, a.groupOut(g))
	}
	return out, nil
}

func (a *Account) deleteGroup(_ *call, in *iam.DeleteGroupInput) (*iam.DeleteGroupOutput, error) {
	g, err := a.state.group(*in.GroupName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(g.members) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove users from group first.")
	case len(g.attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(g.inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	}
	delete(a.state.groups, g.name)
	a.state.forget(&g.entity)
	return &iam.DeleteGroupOutput{}, nil
}

func (a *Account) membership(groupName, userName *string) (*group, *user, error) {
	g, err := a.state.group(*groupName)
	if err != nil {
		return nil, nil, err
	}
	u, err := a.state.user(*userName)
	return g, u, err
}

func (a *Account) addUserToGroup(_ *call, in *iam.AddUserToGroupInput) (*iam.AddUserToGroupOutput, error) {
	g, u, err := a.membership(in.GroupName, in.UserName)
	if err != nil {
		return nil, err
	}
	if !u.groups[g.name] && len(u.groups) >= groupsPerUser {
		return nil, limitExceeded("Cannot exceed quota for GroupsPerUser: %d", groupsPerUser)
	}
	g.members[u.name], u.groups[g.name] = true, true
	return &iam.AddUserToGroupOutput{}, nil
}

func (a *Account) removeUserFromGroup(_ *call, in *iam.RemoveUserFromGroupInput) (*iam.RemoveUserFromGroupOutput, error) {
	g, u, err := a.membership(in.GroupName, in.UserName)
	if err != nil {
		return nil, err
	}
	if !g.members[u.name] {
		return nil, noSuchEntity("The user with name %s cannot be found in the group %s.", u.name, g.name)
	}
	delete(g.members, u.name)
	delete(u.groups, g.name)
	return &iam.RemoveUserFromGroupOutput{}, nil
}

func (a *Account) listGroupsForUser(_ *call, in *iam.ListGroupsForUserInput) (*iam.ListGroupsForUserOutput, error) {
	u, err := a.state.user(*in.UserName)
	if err != nil {
		return nil, err
	}
	var groups []*group
	for _, name := range slices.Sorted(maps.Keys(u.groups)) {
		groups = append(groups, a.state.groups[name])
	}
	p, err := paginate(groups, nameOf, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iam.ListGroupsForUserOutput{IsTruncated: p.truncated, Marker: p.marker}
	for _, g := range p.items {
		out.Groups = append(out.Groups, a.groupOut(g))
	}
	return out, nil
}
