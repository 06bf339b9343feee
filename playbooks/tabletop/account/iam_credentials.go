package account

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

func (a *Account) credentialOperations() []operation {
	return []operation{
		define("iam", a.createAccessKey, onUser),
		define("iam", a.listAccessKeys, onUser),
		define("iam", a.updateAccessKey, onUser, "AccessKeyId", "Status"),
		define("iam", a.deleteAccessKey, onUser, "AccessKeyId"),
		define("iam", a.getAccessKeyLastUsed, onAnything, "AccessKeyId"),

		define("iam", a.createLoginProfile, onUser, "Password"),
		define("iam", a.getLoginProfile, onUser),
		define("iam", a.updateLoginProfile, onUser, "UserName"),
		define("iam", a.deleteLoginProfile, onUser),

		define("iam", a.listMFADevices, onUser),
		define("iam", a.listSSHPublicKeys, onUser),
		define("iam", a.listSigningCertificates, onUser),
		define("iam", a.listServiceSpecificCredentials, onUser),

		define("iam", a.getAccountSummary, onAnything),
		define("iam", a.listAccountAliases, onAnything),
		define("iam", a.createAccountAlias, onAnything, "AccountAlias"),
		define("iam", a.deleteAccountAlias, onAnything, "AccountAlias"),
	}
}

// keyOwner returns the name of the user whose keys a request means: one named,
// the caller, or root, whose name is empty.
func (a *Account) keyOwner(c *call, name *string) (string, error) {
	if name == nil && c.caller.root {
		return "", nil
	}
	u, err := a.userNamed(c, name)
	if err != nil {
		return "", err
	}
	return u.name, nil
}

// spokenOwner is an owner as a response shows it.
func spokenOwner(owner string) *string {
	if owner == "" {
		return nil
	}
	return aws.String(owner)
}

func (a *Account) createAccessKey(c *call, in *iam.CreateAccessKeyInput) (*iam.CreateAccessKeyOutput, error) {
	owner, err := a.keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if len(a.state.keysOf(owner)) >= keysPerUser {
		return nil, limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", keysPerUser)
	}
	k := a.newAccessKey(owner, second(c.at))
	a.state.keys[k.id] = k
	return &iam.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
		AccessKeyId: aws.String(k.id), SecretAccessKey: aws.String(k.secret), UserName: spokenOwner(owner),
		Status: types.StatusTypeActive, CreateDate: aws.Time(k.created),
	}}, nil
}

func (k *accessKey) status() types.StatusType {
	if k.active {
		return types.StatusTypeActive
	}
	return types.StatusTypeInactive
}

func (a *Account) listAccessKeys(c *call, in *iam.ListAccessKeysInput) (*iam.ListAccessKeysOutput, error) {
	owner, err := a.keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	keys := a.state.keysOf(owner)
	slices.SortFunc(keys, func(a, b *accessKey) int { return strings.Compare(a.id, b.id) })
	p, err := paginate(keys, func(k *accessKey) string { return k.id }, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	out := &iam.ListAccessKeysOutput{IsTruncated: p.truncated, Marker: p.marker}
	for _, k := range p.items {
		out.AccessKeyMetadata = append(out.AccessKeyMetadata, types.AccessKeyMetadata{
			AccessKeyId: aws.String(k.id), UserName: spokenOwner(owner), Status: k.status(), CreateDate: aws.Time(k.created),
		})
	}
	return out, nil
}

// keyOf returns an owner's access key.
func (a *Account) keyOf(c *call, userName, id *string) (*accessKey, error) {
	owner, err := a.keyOwner(c, userName)
	if err != nil {
		return nil, err
	}
	if k, ok := a.state.keys[*id]; ok && k.owner == owner {
		return k, nil
	}
	return nil, noSuchEntity("The Access Key with id %s cannot be found.", *id)
}

func (a *Account) updateAccessKey(c *call, in *iam.UpdateAccessKeyInput) (*iam.UpdateAccessKeyOutput, error) {
	if in.Status != types.StatusTypeActive && in.Status != types.StatusTypeInactive {
		return nil, violation("Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", in.Status)
	}
	k, err := a.keyOf(c, in.UserName, in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	k.active = in.Status == types.StatusTypeActive
	return &iam.UpdateAccessKeyOutput{}, nil
}

func (a *Account) deleteAccessKey(c *call, in *iam.DeleteAccessKeyInput) (*iam.DeleteAccessKeyOutput, error) {
	k, err := a.keyOf(c, in.UserName, in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	delete(a.state.keys, k.id)
	return &iam.DeleteAccessKeyOutput{}, nil
}

func (a *Account) getAccessKeyLastUsed(_ *call, in *iam.GetAccessKeyLastUsedInput) (*iam.GetAccessKeyLastUsedOutput, error) {
	k, ok := a.state.keys[*in.AccessKeyId]
	if !ok {
		return nil, noSuchEntity("The Access Key with id %s cannot be found.", *in.AccessKeyId)
	}
	used := &types.AccessKeyLastUsed{ServiceName: aws.String("N/A"), Region: aws.String("N/A")}
	if !k.used.IsZero() {
		used = &types.AccessKeyLastUsed{
			ServiceName: aws.String(k.usedFor), Region: aws.String(k.usedRegion), LastUsedDate: aws.Time(second(k.used)),
		}
	}
	return &iam.GetAccessKeyLastUsedOutput{UserName: spokenOwner(k.owner), AccessKeyLastUsed: used}, nil
}

func (a *Account) createLoginProfile(c *call, in *iam.CreateLoginProfileInput) (*iam.CreateLoginProfileOutput, error) {
	u, err := a.userNamed(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if u.login != nil {
		return nil, entityAlreadyExists("Login Profile for user %s already exists.", u.name)
	}
	u.login = &login{created: second(c.at), resetRequired: in.PasswordResetRequired}
	return &iam.CreateLoginProfileOutput{LoginProfile: u.loginOut()}, nil
}

func (u *user) loginOut() *types.LoginProfile {
	return &types.LoginProfile{
		UserName: aws.String(u.name), CreateDate: aws.Time(u.login.created), PasswordResetRequired: u.login.resetRequired,
	}
}

// userWithLogin returns a user who has a password.
func (a *Account) userWithLogin(c *call, name *string) (*user, error) {
	u, err := a.userNamed(c, name)
	if err != nil {
		return nil, err
	}
	if u.login == nil {
		return nil, noSuchEntity("Login Profile for User %s cannot be found.", u.name)
	}
	return u, nil
}

func (a *Account) getLoginProfile(c *call, in *iam.GetLoginProfileInput) (*iam.GetLoginProfileOutput, error) {
	u, err := a.userWithLogin(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.GetLoginProfileOutput{LoginProfile: u.loginOut()}, nil
}

func (a *Account) updateLoginProfile(c *call, in *iam.UpdateLoginProfileInput) (*iam.UpdateLoginProfileOutput, error) {
	u, err := a.userWithLogin(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if in.PasswordResetRequired != nil {
		u.login.resetRequired = *in.PasswordResetRequired
	}
	return &iam.UpdateLoginProfileOutput{}, nil
}

func (a *Account) deleteLoginProfile(c *call, in *iam.DeleteLoginProfileInput) (*iam.DeleteLoginProfileOutput, error) {
	u, err := a.userWithLogin(c, in.UserName)
	if err != nil {
		return nil, err
	}
	u.login = nil
	return &iam.DeleteLoginProfileOutput{}, nil
}

// The account's users have no MFA devices, SSH keys, signing certificates or
// service-specific credentials, and none can be made: the lists are empty, and
// say NoSuchEntity for a user that is not there.

func (a *Account) listMFADevices(c *call, in *iam.ListMFADevicesInput) (*iam.ListMFADevicesOutput, error) {
	_, err := a.keyOwner(c, in.UserName)
	return &iam.ListMFADevicesOutput{}, err
}

func (a *Account) listSSHPublicKeys(c *call, in *iam.ListSSHPublicKeysInput) (*iam.ListSSHPublicKeysOutput, error) {
	_, err := a.keyOwner(c, in.UserName)
	return &iam.ListSSHPublicKeysOutput{}, err
}

func (a *Account) listSigningCertificates(c *call, in *iam.ListSigningCertificatesInput) (*iam.ListSigningCertificatesOutput, error) {
	_, err := a.keyOwner(c, in.UserName)
	return &iam.ListSigningCertificatesOutput{}, err
}

func (a *Account) listServiceSpecificCredentials(c *call, in *iam.ListServiceSpecificCredentialsInput) (*iam.ListServiceSpecificCredentialsOutput, error) {
	_, err := a.keyOwner(c, in.UserName)
	return &iam.ListServiceSpecificCredentialsOutput{}, err
}

func (a *Account) getAccountSummary(*call, *iam.GetAccountSummaryInput) (*iam.GetAccountSummaryOutput, error) {
	rootKeys, own, versions := 0, 0, 0
	for _, k := range a.state.keys {
		if k.owner == "" {
			rootKeys = 1
		}
	}
	for arn, p := range a.state.policies {
		if !strings.HasPrefix(arn, managedPrefix) {
			own++
			versions += len(p.versions)
		}
	}
	count := func(n int) int32 { return int32(min(n, 1<<31-1)) } // #nosec G115 -- bounded
	return &iam.GetAccountSummaryOutput{SummaryMap: map[string]int32{
		"Users": count(len(a.state.users)), "UsersQuota": 5000,
		"Groups": count(len(a.state.groups)), "GroupsQuota": 300,
		"Roles": count(len(a.state.roles)), "RolesQuota": 1000,
		"Policies": count(own), "PoliciesQuota": 1500,
		"PolicyVersionsInUse": count(versions), "PolicyVersionsInUseQuota": 10000,
		"InstanceProfiles": 0, "InstanceProfilesQuota": 1000,
		"ServerCertificates": 0, "ServerCertificatesQuota": 20,
		"Providers": 0, "MFADevices": 0, "MFADevicesInUse": 0, "AccountMFAEnabled": 0,
		"AccountAccessKeysPresent": count(rootKeys), "AccountPasswordPresent": 1, "AccountSigningCertificatesPresent": 0,
		"AccessKeysPerUserQuota": keysPerUser, "SigningCertificatesPerUserQuota": 2, "GroupsPerUserQuota": groupsPerUser,
		"UserPolicySizeQuota":  count(inlineQuota(kindUser)),
		"GroupPolicySizeQuota": count(inlineQuota(kindGroup)),
		"RolePolicySizeQuota":  count(inlineQuota(kindRole)),
		"PolicySizeQuota":      policyQuota, "VersionsPerPolicyQuota": versionsPerOne,
		"AttachedPoliciesPerUserQuota":  attachedPerEntity,
		"AttachedPoliciesPerRoleQuota":  attachedPerEntity,
		"AttachedPoliciesPerGroupQuota": attachedPerEntity,
		"AssumeRolePolicySizeQuota":     trustQuota, "GlobalEndpointTokenVersion": 1,
	}}, nil
}

func (a *Account) listAccountAliases(*call, *iam.ListAccountAliasesInput) (*iam.ListAccountAliasesOutput, error) {
	out := &iam.ListAccountAliasesOutput{}
	if a.state.alias != "" {
		out.AccountAliases = []string{a.state.alias}
	}
	return out, nil
}

// createAccountAlias replaces an alias there may be: an account has one.
func (a *Account) createAccountAlias(_ *call, in *iam.CreateAccountAliasInput) (*iam.CreateAccountAliasOutput, error) {
	a.state.alias = *in.AccountAlias
	return &iam.CreateAccountAliasOutput{}, nil
}

func (a *Account) deleteAccountAlias(_ *call, in *iam.DeleteAccountAliasInput) (*iam.DeleteAccountAliasOutput, error) {
	if a.state.alias != *in.AccountAlias {
		return nil, noSuchEntity("The account alias %s cannot be found.", *in.AccountAlias)
	}
	a.state.alias = ""
	return &iam.DeleteAccountAliasOutput{}, nil
}
