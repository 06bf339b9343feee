package contain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// facts are what is known about a target: shown, and used.
type facts struct {
	list []Fact
	// again are the ways in that work as soon as the deny is gone, by the name
	// of the fact that tells them.
	again map[string][]string
	// attached are the names of the managed policies.
	attached []string
}

// none tells whether a fact of the name is known, and has nothing in it.
func (f *facts) none(name string) bool {
	i := slices.IndexFunc(f.list, func(fact Fact) bool { return fact.Name == name })
	return i >= 0 && f.list[i].Unknown == "" && len(f.list[i].Values) == 0
}

// An ask is one question about the target.
type ask struct {
	name, title string
	get         func(context.Context) (found, error)
}

// found is the answer: what to show, and which of it is a way in.
type found struct {
	values []string
	again  []string
}

// gather asks all questions at once. What has no answer within the time, or
// gets a denial for one, stands as unknown with the reason.
func (a *Account) gather(ctx context.Context, asks []ask) facts {
	ctx, cancel := context.WithTimeout(ctx, a.o.FactsTime)
	defer cancel()
	type reply struct {
		i int
		found
		err error
	}
	replies := make(chan reply, len(asks))
	for i, q := range asks {
		go func() {
			got, err := q.get(ctx)
			replies <- reply{i, got, err}
		}()
	}
	f := facts{list: make([]Fact, len(asks)), again: map[string][]string{}}
	for i, q := range asks {
		f.list[i] = Fact{Name: q.name, Title: q.title, Values: []string{}, Unknown: fmt.Sprintf("no answer within %s", a.o.FactsTime)}
	}
	for range asks {
		select {
		case <-ctx.Done():
			return f
		case r := <-replies:
			f.take(r.i, r.found, r.err)
		}
	}
	return f
}

func (f *facts) take(i int, got found, err error) {
	fact := &f.list[i]
	if errors.Is(err, context.DeadlineExceeded) {
		return // it stands as having no answer in time
	}
	if err != nil {
		fact.Unknown = Explain(err).Message
		return
	}
	fact.Unknown = ""
	fact.Values = append(fact.Values, got.values...)
	f.again[fact.Name] = got.again
	if fact.Name == "attached_policies" {
		f.attached = got.values
	}
}

// known is a question that reading the target has answered already.
func known(name, title string, values ...string) ask {
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	return ask{name, title, func(context.Context) (found, error) { return found{values: values}, nil }}
}

// asks are the questions about the target, in the order in which they are shown.
func (a *Account) asks(p principal) []ask {
	var list []ask
	switch p.Kind {
	case User:
		list = a.userAsks(p)
	case Role:
		list = a.roleAsks(p)
	case Group:
		list = []ask{known("members", "members", memberNames(p)...)}
	}
	list = append(list, ask{"attached_policies", "managed policies", func(ctx context.Context) (found, error) {
		names, err := a.attachedPolicies(ctx, p.Target)
		return found{values: names}, err
	}})
	if p.Kind != Group {
		list = append(list,
			known("permissions_boundary", "permissions boundary", p.boundary),
			known("tags", "tags", tagLines(p.tags)...))
	}
	return append(list, known("created", "created", stamp(p.created)))
}

func (a *Account) userAsks(p principal) []ask {
	name := aws.String(p.Name)
	return []ask{
		{"access_keys", "access keys", func(ctx context.Context) (found, error) { return a.accessKeys(ctx, name) }},
		{"console_password", "console password", func(ctx context.Context) (found, error) {
			out, err := a.iam.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: name})
			if isGone(err) {
				return found{}, nil
			}
			if err != nil {
				return found{}, err
			}
			if out.LoginProfile == nil {
				return found{}, errHollow("iam:GetLoginProfile")
			}
			line := "set " + stamp(aws.ToTime(out.LoginProfile.CreateDate))
			if p.passwordUsed != nil {
				line += ", last used " + stamp(*p.passwordUsed)
			}
			return found{values: []string{line}, again: []string{line}}, nil
		}},
		{"mfa_devices", "MFA devices", func(ctx context.Context) (found, error) {
			var got found
			pages := iam.NewListMFADevicesPaginator(a.iam, &iam.ListMFADevicesInput{UserName: name})
			for pages.HasMorePages() {
				out, err := pages.NextPage(ctx)
				if err != nil {
					return found{}, err
				}
				for _, d := range out.MFADevices {
					got.values = append(got.values, aws.ToString(d.SerialNumber))
				}
			}
			return got, nil
		}},
		{"groups", "groups", func(ctx context.Context) (found, error) {
			var got found
			pages := iam.NewListGroupsForUserPaginator(a.iam, &iam.ListGroupsForUserInput{UserName: name})
			for pages.HasMorePages() {
				out, err := pages.NextPage(ctx)
				if err != nil {
					return found{}, err
				}
				for _, g := range out.Groups {
					got.values = append(got.values, aws.ToString(g.GroupName))
				}
			}
			return got, nil
		}},
	}
}

func (a *Account) accessKeys(ctx context.Context, user *string) (found, error) {
	var got found
	pages := iam.NewListAccessKeysPaginator(a.iam, &iam.ListAccessKeysInput{UserName: user})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return found{}, err
		}
		for _, k := range out.AccessKeyMetadata {
			id := aws.ToString(k.AccessKeyId)
			got.values = append(got.values, fmt.Sprintf("%s %s, made %s, %s", id, strings.ToLower(string(k.Status)), stamp(aws.ToTime(k.CreateDate)), a.keyUse(ctx, id)))
			if k.Status != types.StatusTypeInactive {
				got.again = append(got.again, id)
			}
		}
	}
	return got, nil
}

// keyUse says when a key was last used. AWS records it with up to a few hours'
// delay for some services (GetAccessKeyLastUsed, IAM API Reference).
func (a *Account) keyUse(ctx context.Context, id string) string {
	out, err := a.iam.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	switch {
	case err != nil:
		return "last use unknown: " + Explain(err).Message
	case out.AccessKeyLastUsed == nil || out.AccessKeyLastUsed.LastUsedDate == nil:
		return "no use recorded"
	}
	u := out.AccessKeyLastUsed
	return fmt.Sprintf("last used %s (%s, %s)", stamp(*u.LastUsedDate), aws.ToString(u.ServiceName), aws.ToString(u.Region))
}

func (a *Account) roleAsks(p principal) []ask {
	trusted := trustedBy(p.trust)
	return []ask{
		known("last_used", "last used", roleUse(p)),
		{"trusted", "who can assume it", func(context.Context) (found, error) {
			return found{values: trusted, again: trusted}, nil
		}},
		{"instance_profiles", "instance profiles", func(ctx context.Context) (found, error) {
			var got found
			pages := iam.NewListInstanceProfilesForRolePaginator(a.iam, &iam.ListInstanceProfilesForRoleInput{RoleName: &p.Name})
			for pages.HasMorePages() {
				out, err := pages.NextPage(ctx)
				if err != nil {
					return found{}, err
				}
				for _, ip := range out.InstanceProfiles {
					got.values = append(got.values, aws.ToString(ip.InstanceProfileName))
				}
			}
			got.again = got.values
			return got, nil
		}},
		known("description", "description", p.description),
		known("max_session", "longest session", p.maxSession.String()),
	}
}

// roleUse says when the role was last used: IAM tracks the last 400 days
// (RoleLastUsed, IAM API Reference).
func roleUse(p principal) string {
	if p.lastUsed == nil || p.lastUsed.LastUsedDate == nil {
		return "no use recorded in the last 400 days"
	}
	return fmt.Sprintf("%s (%s)", stamp(*p.lastUsed.LastUsedDate), aws.ToString(p.lastUsed.Region))
}

func (a *Account) attachedPolicies(ctx context.Context, t Target) ([]string, error) {
	var attached []types.AttachedPolicy
	var err error
	switch t.Kind {
	case User:
		pages := iam.NewListAttachedUserPoliciesPaginator(a.iam, &iam.ListAttachedUserPoliciesInput{UserName: &t.Name})
		for pages.HasMorePages() && err == nil {
			var out *iam.ListAttachedUserPoliciesOutput
			if out, err = pages.NextPage(ctx); err == nil {
				attached = append(attached, out.AttachedPolicies...)
			}
		}
	case Role:
		pages := iam.NewListAttachedRolePoliciesPaginator(a.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &t.Name})
		for pages.HasMorePages() && err == nil {
			var out *iam.ListAttachedRolePoliciesOutput
			if out, err = pages.NextPage(ctx); err == nil {
				attached = append(attached, out.AttachedPolicies...)
			}
		}
	case Group:
		pages := iam.NewListAttachedGroupPoliciesPaginator(a.iam, &iam.ListAttachedGroupPoliciesInput{GroupName: &t.Name})
		for pages.HasMorePages() && err == nil {
			var out *iam.ListAttachedGroupPoliciesOutput
			if out, err = pages.NextPage(ctx); err == nil {
				attached = append(attached, out.AttachedPolicies...)
			}
		}
	}
	names := make([]string, 0, len(attached))
	for _, p := range attached {
		names = append(names, aws.ToString(p.PolicyName))
	}
	return names, err
}

func tagLines(tags map[string]string) []string {
	var lines []string
	for k, v := range tags {
		lines = append(lines, k+"="+v)
	}
	slices.Sort(lines)
	return lines
}

// stamp writes a time as everywhere in cordon: RFC 3339, UTC, whole seconds.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
