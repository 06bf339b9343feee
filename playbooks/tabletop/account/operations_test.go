package account_test

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cordon/playbooks/tabletop/account"
)

const (
	adminPolicy = "arn:aws:iam::aws:policy/AdministratorAccess"
	denyPolicy  = "arn:aws:iam::aws:policy/AWSDenyAll"
	denyAll     = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
	allowAll    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	trustAll    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
)

// metadata is what the SDK adds to every output.
var metadata = cmp.FilterPath(func(p cmp.Path) bool {
	f, ok := p.Last().(cmp.StructField)
	return ok && (f.Name() == "ResultMetadata" || f.Name() == "noSmithyDocumentSerde")
}, cmp.Ignore())

var str = aws.String

func TestUsersLiveFromCreationToDeletion(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	created := must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{
		UserName: str("alice"), Path: str("/staff/"), Tags: []types.Tag{{Key: str("team"), Value: str("red & blue <x>")}},
		PermissionsBoundary: str(adminPolicy),
	}))
	got := must[*iam.GetUserOutput](t)(c.GetUser(ctx, &iam.GetUserInput{UserName: str("alice")}))
	want := &types.User{
		Arn: str("arn:aws:iam::123456789012:user/staff/alice"), Path: str("/staff/"), UserName: str("alice"),
		UserId: created.User.UserId, CreateDate: created.User.CreateDate,
		Tags: []types.Tag{{Key: str("team"), Value: str("red & blue <x>")}},
		PermissionsBoundary: &types.AttachedPermissionsBoundary{
			PermissionsBoundaryArn: str(adminPolicy), PermissionsBoundaryType: "Policy",
		},
	}
	if diff := cmp.Diff(want, got.User, metadata, cmpopts.IgnoreUnexported(types.User{}, types.Tag{}, types.AttachedPermissionsBoundary{})); diff != "" {
		t.Errorf("GetUser (-want +got):\n%s", diff)
	}
	must[*iam.TagUserOutput](t)(c.TagUser(ctx, &iam.TagUserInput{UserName: str("alice"), Tags: []types.Tag{{Key: str("a"), Value: str("1")}}}))
	must[*iam.UntagUserOutput](t)(c.UntagUser(ctx, &iam.UntagUserInput{UserName: str("alice"), TagKeys: []string{"TEAM"}}))
	tags := must[*iam.ListUserTagsOutput](t)(c.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: str("alice")}))
	if len(tags.Tags) != 1 || *tags.Tags[0].Key != "a" {
		t.Errorf("tags after tagging and untagging: %v", tags.Tags)
	}
	must[*iam.UpdateUserOutput](t)(c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: str("alice"), NewUserName: str("Alice"), NewPath: str("/")}))
	got = must[*iam.GetUserOutput](t)(c.GetUser(ctx, &iam.GetUserInput{UserName: str("Alice")}))
	if *got.User.Arn != "arn:aws:iam::123456789012:user/Alice" || *got.User.UserId != *created.User.UserId {
		t.Errorf("renamed: %s %s", *got.User.Arn, *got.User.UserId)
	}
	must[*iam.DeleteUserPermissionsBoundaryOutput](t)(c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: str("Alice")}))
	must[*iam.DeleteUserOutput](t)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: str("Alice")}))
	if _, err := c.GetUser(ctx, &iam.GetUserInput{UserName: str("Alice")}); code(t, err) != "NoSuchEntity" {
		t.Errorf("a deleted user is still there: %v", err)
	}
}

func TestGroupsHaveMembers(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	w.user(t, "alice")
	w.user(t, "bob")
	must[*iam.CreateGroupOutput](t)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: str("devs")}))
	for _, name := range []string{"bob", "alice", "alice"} {
		must[*iam.AddUserToGroupOutput](t)(c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: str("devs"), UserName: str(name)}))
	}
	members := must[*iam.GetGroupOutput](t)(c.GetGroup(ctx, &iam.GetGroupInput{GroupName: str("devs")}))
	if len(members.Users) != 2 || *members.Users[0].UserName != "alice" || *members.Group.Arn != "arn:aws:iam::123456789012:group/devs" {
		t.Errorf("GetGroup: %+v", members)
	}
	of := must[*iam.ListGroupsForUserOutput](t)(c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: str("bob")}))
	if len(of.Groups) != 1 || *of.Groups[0].GroupName != "devs" {
		t.Errorf("ListGroupsForUser: %+v", of.Groups)
	}
	all := must[*iam.ListGroupsOutput](t)(c.ListGroups(ctx, &iam.ListGroupsInput{}))
	if len(all.Groups) != 1 {
		t.Errorf("ListGroups: %+v", all.Groups)
	}
	if _, err := c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: str("devs")}); code(t, err) != "DeleteConflict" {
		t.Errorf("a group with members was deleted: %v", err)
	}
	for _, name := range []string{"bob", "alice"} {
		must[*iam.RemoveUserFromGroupOutput](t)(c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: str("devs"), UserName: str(name)}))
	}
	must[*iam.DeleteGroupOutput](t)(c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: str("devs")}))
}

func TestRolesShowTheirTrustAndWhenLastUsed(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	created := must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: str("ops"), AssumeRolePolicyDocument: str(trustAll), Description: str("on call"), MaxSessionDuration: aws.Int32(7200),
	}))
	if got := must[string](t)(url.PathUnescape(*created.Role.AssumeRolePolicyDocument)); got != trustAll {
		t.Errorf("trust policy: %s", got)
	}
	got := must[*iam.GetRoleOutput](t)(c.GetRole(ctx, &iam.GetRoleInput{RoleName: str("ops")}))
	if got.Role.RoleLastUsed == nil || got.Role.RoleLastUsed.LastUsedDate != nil || *got.Role.MaxSessionDuration != 7200 || *got.Role.Description != "on call" {
		t.Errorf("GetRole: %+v", got.Role)
	}
	alice := w.userWith(t, "alice", allowAll)
	opened := must[*sts.AssumeRoleOutput](t)(w.sts(alice).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: created.Role.Arn, RoleSessionName: str("night"), DurationSeconds: aws.Int32(7200),
	}))
	must[*sts.GetCallerIdentityOutput](t)(w.sts(session(opened.Credentials)).GetCallerIdentity(ctx, nil))
	got = must[*iam.GetRoleOutput](t)(c.GetRole(ctx, &iam.GetRoleInput{RoleName: str("ops")}))
	if got.Role.RoleLastUsed.LastUsedDate == nil || *got.Role.RoleLastUsed.Region != "us-east-1" {
		t.Errorf("RoleLastUsed after a use: %+v", got.Role.RoleLastUsed)
	}
	must[*iam.UpdateAssumeRolePolicyOutput](t)(c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
		RoleName: str("ops"), PolicyDocument: str(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`),
	}))
	if _, err := w.sts(alice).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: created.Role.Arn, RoleSessionName: str("night")}); code(t, err) != "AccessDenied" {
		t.Errorf("no longer trusted: %v", err)
	}
	must[*iam.TagRoleOutput](t)(c.TagRole(ctx, &iam.TagRoleInput{RoleName: str("ops"), Tags: []types.Tag{{Key: str("k"), Value: str("v")}}}))
	tags := must[*iam.ListRoleTagsOutput](t)(c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: str("ops")}))
	if len(tags.Tags) != 1 {
		t.Errorf("ListRoleTags: %v", tags.Tags)
	}
	must[*iam.UntagRoleOutput](t)(c.UntagRole(ctx, &iam.UntagRoleInput{RoleName: str("ops"), TagKeys: []string{"k"}}))
	profiles := must[*iam.ListInstanceProfilesForRoleOutput](t)(c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: str("ops")}))
	roles := must[*iam.ListRolesOutput](t)(c.ListRoles(ctx, &iam.ListRolesInput{PathPrefix: str("/")}))
	if len(profiles.InstanceProfiles) != 0 || len(roles.Roles) != 1 {
		t.Errorf("profiles %v, roles %v", profiles.InstanceProfiles, roles.Roles)
	}
	must[*iam.DeleteRoleOutput](t)(c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: str("ops")}))
	if _, err := w.sts(session(opened.Credentials)).GetCallerIdentity(ctx, nil); code(t, err) != "InvalidClientTokenId" {
		t.Errorf("the session of a deleted role: %v", err)
	}
}

func TestOnlyAWSMakesItsOwnRoles(t *testing.T) {
	ctx := t.Context()
	w := serve(t, account.Options{Open: true})
	reserved := &iam.CreateRoleInput{
		RoleName: str("AWSReservedSSO_Admin_0123456789abcdef"), Path: str("/aws-reserved/sso.amazonaws.com/"), AssumeRolePolicyDocument: str(trustAll),
	}
	if _, err := w.iam(w.root).CreateRole(ctx, reserved); code(t, err) != "ValidationError" {
		t.Errorf("root took a reserved path: %v", err)
	}
	stranger := w.iam(aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"})
	must[*iam.CreateRoleOutput](t)(stranger.CreateRole(ctx, reserved))
	linked := must[*iam.CreateServiceLinkedRoleOutput](t)(w.iam(w.root).CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: str("autoscaling.amazonaws.com")}))
	if got, want := *linked.Role.Arn, "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"; got != want {
		t.Errorf("linked role %s, want %s", got, want)
	}
	for _, name := range []string{*reserved.RoleName, *linked.Role.RoleName} {
		if _, err := stranger.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name}); code(t, err) != "UnmodifiableEntity" {
			t.Errorf("%s was deleted: %v", name, err)
		}
	}
	if _, err := w.iam(w.root).CreateServiceLinkedRole(ctx, &iam.CreateServiceLinkedRoleInput{AWSServiceName: str("autoscaling.amazonaws.com")}); code(t, err) != "InvalidInput" {
		t.Errorf("made twice: %v", err)
	}
}

func TestInlinePoliciesOfEachKindAreKeptAsWritten(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	w.user(t, "x")
	must[*iam.CreateGroupOutput](t)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: str("x")}))
	must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("x"), AssumeRolePolicyDocument: str(trustAll)}))
	document := "{ \"Version\": \"2012-10-17\",\n \"Statement\": [{\"Sid\":\"a1\",\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"StringLike\":{\"aws:username\":\"a+b c/~é%\"}}}]}"
	name, policy := str("x"), str("DenyAll")
	kinds := []struct {
		kind   string
		put    func() error
		get    func() (*string, error)
		list   func() ([]string, error)
		remove func() error
	}{
		{
			"user", func() error {
				_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: name, PolicyName: policy, PolicyDocument: &document})
				return err
			}, func() (*string, error) {
				out, err := c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: name, PolicyName: policy})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			}, func() ([]string, error) {
				out, err := c.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: name})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			}, func() error {
				_, err := c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: name, PolicyName: policy})
				return err
			},
		},
		{
			"role", func() error {
				_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: policy, PolicyDocument: &document})
				return err
			}, func() (*string, error) {
				out, err := c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: policy})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			}, func() ([]string, error) {
				out, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: name})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			}, func() error {
				_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: policy})
				return err
			},
		},
		{
			"group", func() error {
				_, err := c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: name, PolicyName: policy, PolicyDocument: &document})
				return err
			}, func() (*string, error) {
				out, err := c.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: name, PolicyName: policy})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			}, func() ([]string, error) {
				out, err := c.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: name})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			}, func() error {
				_, err := c.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: name, PolicyName: policy})
				return err
			},
		},
	}
	for _, k := range kinds {
		t.Run(k.kind, func(t *testing.T) {
			for range 2 {
				if err := k.put(); err != nil {
					t.Fatal(err)
				}
			}
			encoded := must[*string](t)(k.get())
			if got := must[string](t)(url.PathUnescape(*encoded)); got != document {
				t.Errorf("read back %q, want %q", got, document)
			}
			if names := must[[]string](t)(k.list()); !cmp.Equal(names, []string{"DenyAll"}) {
				t.Errorf("names %v", names)
			}
			if err := k.remove(); err != nil {
				t.Fatal(err)
			}
			if names := must[[]string](t)(k.list()); len(names) != 0 {
				t.Errorf("names after deletion %v", names)
			}
			_, err := k.get()
			if got, want := message(t, err), "The "+k.kind+" policy with name DenyAll cannot be found."; got != want {
				t.Errorf("after deletion: %q, want %q", got, want)
			}
			if err := k.remove(); code(t, err) != "NoSuchEntity" {
				t.Errorf("deleted twice: %v", err)
			}
		})
	}
}

func TestManagedPoliciesHaveVersionsAndAttachments(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	w.user(t, "alice")
	must[*iam.CreateGroupOutput](t)(c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: str("devs")}))
	must[*iam.CreateRoleOutput](t)(c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: str("ops"), AssumeRolePolicyDocument: str(trustAll)}))
	created := must[*iam.CreatePolicyOutput](t)(c.CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: str("mine"), Path: str("/team/"), PolicyDocument: str(allowAll), Description: str("d"),
	}))
	arn := created.Policy.Arn
	if *arn != "arn:aws:iam::123456789012:policy/team/mine" {
		t.Fatalf("ARN %s", *arn)
	}
	must[*iam.AttachUserPolicyOutput](t)(c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: str("alice"), PolicyArn: arn}))
	must[*iam.AttachRolePolicyOutput](t)(c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: str("ops"), PolicyArn: arn}))
	must[*iam.AttachGroupPolicyOutput](t)(c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: str("devs"), PolicyArn: arn}))
	got := must[*iam.GetPolicyOutput](t)(c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn}))
	if *got.Policy.AttachmentCount != 3 || !got.Policy.IsAttachable || *got.Policy.Description != "d" {
		t.Errorf("GetPolicy: %+v", got.Policy)
	}
	entities := must[*iam.ListEntitiesForPolicyOutput](t)(c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: arn}))
	if len(entities.PolicyUsers) != 1 || len(entities.PolicyRoles) != 1 || len(entities.PolicyGroups) != 1 {
		t.Errorf("ListEntitiesForPolicy: %+v", entities)
	}
	users := must[*iam.ListAttachedUserPoliciesOutput](t)(c.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: str("alice")}))
	roles := must[*iam.ListAttachedRolePoliciesOutput](t)(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: str("ops")}))
	groups := must[*iam.ListAttachedGroupPoliciesOutput](t)(c.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: str("devs")}))
	for _, list := range [][]types.AttachedPolicy{users.AttachedPolicies, roles.AttachedPolicies, groups.AttachedPolicies} {
		if len(list) != 1 || *list[0].PolicyName != "mine" || *list[0].PolicyArn != *arn {
			t.Errorf("attached: %+v", list)
		}
	}
	second := must[*iam.CreatePolicyVersionOutput](t)(c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: str(denyAll)}))
	if *second.PolicyVersion.VersionId != "v2" || second.PolicyVersion.IsDefaultVersion {
		t.Errorf("CreatePolicyVersion: %+v", second.PolicyVersion)
	}
	version := must[*iam.GetPolicyVersionOutput](t)(c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: str("v2")}))
	if got := must[string](t)(url.PathUnescape(*version.PolicyVersion.Document)); got != denyAll {
		t.Errorf("document %s", got)
	}
	must[*iam.SetDefaultPolicyVersionOutput](t)(c.SetDefaultPolicyVersion(ctx, &iam.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: str("v2")}))
	if _, err := c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: str("v2")}); code(t, err) != "DeleteConflict" {
		t.Errorf("the default version was deleted: %v", err)
	}
	if _, err := c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}); code(t, err) != "DeleteConflict" {
		t.Errorf("an attached policy was deleted: %v", err)
	}
	must[*iam.DetachUserPolicyOutput](t)(c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: str("alice"), PolicyArn: arn}))
	must[*iam.DetachRolePolicyOutput](t)(c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: str("ops"), PolicyArn: arn}))
	must[*iam.DetachGroupPolicyOutput](t)(c.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: str("devs"), PolicyArn: arn}))
	must[*iam.DeletePolicyVersionOutput](t)(c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: str("v1")}))
	left := must[*iam.ListPolicyVersionsOutput](t)(c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn}))
	if len(left.Versions) != 1 || *left.Versions[0].VersionId != "v2" {
		t.Errorf("versions left: %+v", left.Versions)
	}
	must[*iam.DeletePolicyOutput](t)(c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn}))
	all := must[*iam.ListPoliciesOutput](t)(c.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal}))
	managed := must[*iam.ListPoliciesOutput](t)(c.ListPolicies(ctx, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws}))
	if len(all.Policies) != 0 || len(managed.Policies) != 7 {
		t.Errorf("%d of the account's own, %d of AWS's", len(all.Policies), len(managed.Policies))
	}
}

func TestCredentialsOfAUser(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	alice := w.userWith(t, "alice", allowAll)
	used := must[*iam.GetAccessKeyLastUsedOutput](t)(c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &alice.AccessKeyID}))
	if *used.UserName != "alice" || *used.AccessKeyLastUsed.ServiceName != "N/A" {
		t.Errorf("a key never used: %+v", used)
	}
	// Without a name it is the caller's own.
	second := must[*iam.CreateAccessKeyOutput](t)(w.iam(alice).CreateAccessKey(ctx, &iam.CreateAccessKeyInput{}))
	used = must[*iam.GetAccessKeyLastUsedOutput](t)(c.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &alice.AccessKeyID}))
	if *used.AccessKeyLastUsed.ServiceName != "iam" || *used.AccessKeyLastUsed.Region != "us-east-1" || used.AccessKeyLastUsed.LastUsedDate == nil {
		t.Errorf("a key used: %+v", used.AccessKeyLastUsed)
	}
	must[*iam.UpdateAccessKeyOutput](t)(c.UpdateAccessKey(ctx, &iam.UpdateAccessKeyInput{
		UserName: str("alice"), AccessKeyId: second.AccessKey.AccessKeyId, Status: types.StatusTypeInactive,
	}))
	status := map[string]types.StatusType{}
	for _, k := range must[*iam.ListAccessKeysOutput](t)(c.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: str("alice")})).AccessKeyMetadata {
		status[*k.AccessKeyId] = k.Status
	}
	want := map[string]types.StatusType{alice.AccessKeyID: "Active", *second.AccessKey.AccessKeyId: "Inactive"}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	must[*iam.DeleteAccessKeyOutput](t)(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: str("alice"), AccessKeyId: second.AccessKey.AccessKeyId}))

	must[*iam.CreateLoginProfileOutput](t)(c.CreateLoginProfile(ctx, &iam.CreateLoginProfileInput{UserName: str("alice"), Password: str("Correct-horse-1"), PasswordResetRequired: true}))
	must[*iam.UpdateLoginProfileOutput](t)(c.UpdateLoginProfile(ctx, &iam.UpdateLoginProfileInput{UserName: str("alice"), PasswordResetRequired: aws.Bool(false)}))
	profile := must[*iam.GetLoginProfileOutput](t)(c.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: str("alice")}))
	if profile.LoginProfile.PasswordResetRequired || *profile.LoginProfile.UserName != "alice" {
		t.Errorf("login profile: %+v", profile.LoginProfile)
	}
	must[*iam.DeleteLoginProfileOutput](t)(c.DeleteLoginProfile(ctx, &iam.DeleteLoginProfileInput{UserName: str("alice")}))

	must[*iam.ListMFADevicesOutput](t)(c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: str("alice")}))
	must[*iam.ListSSHPublicKeysOutput](t)(c.ListSSHPublicKeys(ctx, &iam.ListSSHPublicKeysInput{UserName: str("alice")}))
	must[*iam.ListSigningCertificatesOutput](t)(c.ListSigningCertificates(ctx, &iam.ListSigningCertificatesInput{UserName: str("alice")}))
	must[*iam.ListServiceSpecificCredentialsOutput](t)(c.ListServiceSpecificCredentials(ctx, &iam.ListServiceSpecificCredentialsInput{UserName: str("alice")}))
	if _, err := c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: str("nobody")}); code(t, err) != "NoSuchEntity" {
		t.Errorf("MFA devices of nobody: %v", err)
	}
}

func TestTheAccountSumsItselfUp(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	w.user(t, "alice")
	must[*iam.CreateAccountAliasOutput](t)(c.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: str("acme-prod")}))
	aliases := must[*iam.ListAccountAliasesOutput](t)(c.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{}))
	if !cmp.Equal(aliases.AccountAliases, []string{"acme-prod"}) {
		t.Errorf("aliases %v", aliases.AccountAliases)
	}
	got := must[*iam.GetAccountSummaryOutput](t)(c.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	for name, want := range map[string]int32{
		"Users": 1, "UserPolicySizeQuota": 2048, "GroupPolicySizeQuota": 5120, "RolePolicySizeQuota": 10240,
		"AttachedPoliciesPerUserQuota": 10, "AccessKeysPerUserQuota": 2, "AccountAccessKeysPresent": 1,
	} {
		if got[name] != want {
			t.Errorf("%s is %d, want %d", name, got[name], want)
		}
	}
	must[*iam.DeleteAccountAliasOutput](t)(c.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: str("acme-prod")}))
}

func TestPagesEndWhereTheListEnds(t *testing.T) {
	w, ctx := serve(t, account.Options{}), t.Context()
	c := w.iam(w.root)
	want := []string{"a", "b", "c", "d", "e"}
	for _, name := range want {
		w.user(t, name)
	}
	var got []string
	pages := 0
	p := iam.NewListUsersPaginator(c, &iam.ListUsersInput{}, func(o *iam.ListUsersPaginatorOptions) { o.Limit = 2 })
	for p.HasMorePages() {
		page := must[*iam.ListUsersOutput](t)(p.NextPage(ctx))
		pages++
		for _, u := range page.Users {
			got = append(got, *u.UserName)
		}
		if pages == 1 {
			must[*iam.DeleteUserOutput](t)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: str("b")}))
		}
	}
	if !cmp.Equal(got, want) || pages != 3 {
		t.Errorf("%v in %d pages, want %v in 3 although one of the first page went away", got, pages, want)
	}
	if _, err := c.ListUsers(ctx, &iam.ListUsersInput{Marker: str("*?*")}); code(t, err) != "ValidationError" {
		t.Errorf("a marker of no list: %v", err)
	}
}
