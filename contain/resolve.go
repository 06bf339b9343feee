package contain

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// A principal is a target with what reading it told besides.
type principal struct {
	Target
	created     time.Time
	description string
	boundary    string
	tags        map[string]string
	// members are a group's, all of them.
	members []types.User
	// The rest is known of roles; passwordUsed of users.
	trust        string
	maxSession   time.Duration
	lastUsed     *types.RoleLastUsed
	passwordUsed *time.Time
}

// resolve finds what the person named. It refuses what is not of this account,
// or of no kind that takes an inline policy, without asking AWS.
func (a *Account) resolve(ctx context.Context, ref Ref) (principal, error) {
	if ref.Kind.title() == "" {
		return principal{}, &RefusedError{
			Guard: GuardKind, Target: ref,
			Message: fmt.Sprintf("%s is not a user, a role or a group, and takes no policy", ref),
			Next:    "Contain the user or role that it acts through.",
		}
	}
	if ref.Name == "" {
		return principal{}, &Problem{Code: CodeUsage, Message: "no name was given", Next: "Name the target as KIND/NAME: user/alice, role/deploy, group/admins."}
	}
	if ref.Account != "" && ref.Account != a.caller.Account {
		return principal{}, a.refuseAccount(ref, ref.Account)
	}
	ctx, cancel := context.WithTimeout(ctx, a.o.CallTime)
	defer cancel()
	p, err := a.get(ctx, ref)
	if err != nil {
		return principal{}, a.explain(err, "looking for "+ref.String())
	}
	if p.Account != a.caller.Account {
		return principal{}, a.refuseAccount(ref, p.Account)
	}
	return p, nil
}

func (a *Account) refuseAccount(ref Ref, account string) error {
	return &RefusedError{
		Guard: GuardOtherAccount, Target: ref,
		Message: fmt.Sprintf("%s belongs to account %s, and cordon is connected to %s", ref, account, a.caller.Account),
		Next:    fmt.Sprintf("Connect to account %s with --profile NAME and contain it there.", account),
	}
}

func (a *Account) get(ctx context.Context, ref Ref) (principal, error) {
	switch ref.Kind {
	case User:
		return a.getUser(ctx, ref.Name)
	case Role:
		return a.getRole(ctx, ref.Name)
	default:
		return a.getGroup(ctx, ref.Name)
	}
}

func (a *Account) getUser(ctx context.Context, name string) (principal, error) {
	out, err := a.iam.GetUser(ctx, &iam.GetUserInput{UserName: &name})
	if err != nil {
		return principal{}, err
	}
	u := out.User
	if u == nil {
		return principal{}, errHollow("iam:GetUser")
	}
	return principal{
		Target:       targetOf(User, u.UserName, u.Arn, u.UserId, u.Path),
		created:      aws.ToTime(u.CreateDate),
		boundary:     boundaryOf(u.PermissionsBoundary),
		tags:         tagsOf(u.Tags),
		passwordUsed: u.PasswordLastUsed,
	}, nil
}

func (a *Account) getRole(ctx context.Context, name string) (principal, error) {
	out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return principal{}, err
	}
	r := out.Role
	if r == nil {
		return principal{}, errHollow("iam:GetRole")
	}
	return principal{
		Target:      targetOf(Role, r.RoleName, r.Arn, r.RoleId, r.Path),
		created:     aws.ToTime(r.CreateDate),
		boundary:    boundaryOf(r.PermissionsBoundary),
		tags:        tagsOf(r.Tags),
		description: aws.ToString(r.Description),
		trust:       decodeDocument(aws.ToString(r.AssumeRolePolicyDocument)),
		maxSession:  time.Duration(aws.ToInt32(r.MaxSessionDuration)) * time.Second,
		lastUsed:    r.RoleLastUsed,
	}, nil
}

// getGroup reads a group with all its members: guards need every one of them.
func (a *Account) getGroup(ctx context.Context, name string) (principal, error) {
	var p principal
	pages := iam.NewGetGroupPaginator(a.iam, &iam.GetGroupInput{GroupName: &name})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return principal{}, err
		}
		g := out.Group
		if g == nil {
			return principal{}, errHollow("iam:GetGroup")
		}
		p.Target = targetOf(Group, g.GroupName, g.Arn, g.GroupId, g.Path)
		p.created = aws.ToTime(g.CreateDate)
		p.members = append(p.members, out.Users...)
	}
	return p, nil
}

func targetOf(kind Kind, name, targetARN, id, path *string) Target {
	t := Target{Kind: kind, Name: aws.ToString(name), ARN: aws.ToString(targetARN), ID: aws.ToString(id), Path: aws.ToString(path)}
	if parsed, err := arn.Parse(t.ARN); err == nil {
		t.Account = parsed.AccountID
	}
	return t
}

func boundaryOf(b *types.AttachedPermissionsBoundary) string {
	if b == nil {
		return ""
	}
	return aws.ToString(b.PermissionsBoundaryArn)
}

func tagsOf(tags []types.Tag) map[string]string {
	m := map[string]string{}
	for _, t := range tags {
		m[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return m
}
