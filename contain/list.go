package contain

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// List returns every user, role or group of the account, in AWS's own order.
// If a page fails, what came before it is returned with the error.
func (a *Account) List(ctx context.Context, k Kind) ([]Entry, error) {
	var entries []Entry
	var err error
	switch k {
	case User:
		err = a.eachUser(ctx, func(u types.User) {
			entries = append(entries, entryOf(principal{Target: targetOf(User, u.UserName, u.Arn, u.UserId, u.Path), created: aws.ToTime(u.CreateDate)}))
		})
	case Role:
		err = a.eachRole(ctx, func(r types.Role) {
			entries = append(entries, entryOf(principal{Target: targetOf(Role, r.RoleName, r.Arn, r.RoleId, r.Path), created: aws.ToTime(r.CreateDate)}))
		})
	case Group:
		err = a.eachGroup(ctx, func(g types.Group) {
			entries = append(entries, entryOf(principal{Target: targetOf(Group, g.GroupName, g.Arn, g.GroupId, g.Path), created: aws.ToTime(g.CreateDate)}))
		})
	default:
		return nil, &Problem{Code: CodeUsage, Message: "there is no directory of " + string(k), Next: "List users, roles or groups."}
	}
	if err != nil {
		return entries, a.explain(err, "listing "+string(k)+"s")
	}
	return entries, nil
}

func entryOf(p principal) Entry {
	e := Entry{Kind: p.Kind, Name: p.Name, ARN: p.ARN, ID: p.ID, Account: p.Account, Path: p.Path, Created: p.created.UTC()}
	if err := guardUnmodifiable(p); err != nil {
		e.WhyNot = err.Error()
	}
	return e
}

// page bounds one page of a listing in time, not the whole of it.
func (a *Account) page(ctx context.Context, next func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, a.o.CallTime)
	defer cancel()
	return next(ctx)
}

func (a *Account) eachUser(ctx context.Context, do func(types.User)) error {
	pages := iam.NewListUsersPaginator(a.iam, &iam.ListUsersInput{})
	for pages.HasMorePages() {
		err := a.page(ctx, func(ctx context.Context) error {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, u := range out.Users {
				do(u)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) eachRole(ctx context.Context, do func(types.Role)) error {
	pages := iam.NewListRolesPaginator(a.iam, &iam.ListRolesInput{})
	for pages.HasMorePages() {
		err := a.page(ctx, func(ctx context.Context) error {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, r := range out.Roles {
				do(r)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) eachGroup(ctx context.Context, do func(types.Group)) error {
	pages := iam.NewListGroupsPaginator(a.iam, &iam.ListGroupsInput{})
	for pages.HasMorePages() {
		err := a.page(ctx, func(ctx context.Context) error {
			out, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, g := range out.Groups {
				do(g)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
