package contain

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// guard refuses what must not be contained. It is asked when the plan is made,
// and again before the write.
func (a *Account) guard(p principal) error {
	if err := guardUnmodifiable(p); err != nil {
		return err
	}
	if err := a.guardSelf(p); err != nil {
		return err
	}
	return a.guardProtected(p)
}

// guardUnmodifiable knows the paths under which IAM answers every change with
// UnmodifiableEntity: service-linked roles ("Using service-linked roles", IAM
// User Guide) and those that IAM Identity Center makes from permission sets.
func guardUnmodifiable(p principal) error {
	refused := &RefusedError{Guard: GuardUnmodifiable, Target: p.Ref()}
	switch {
	case p.Kind == Role && strings.HasPrefix(p.Path, "/aws-service-role/"):
		service := strings.Trim(strings.TrimPrefix(p.Path, "/aws-service-role/"), "/")
		refused.Message = fmt.Sprintf("%s is a service-linked role of %s, which only that service can change", p.Target, service)
		refused.Next = fmt.Sprintf("Contain who calls the service, stop the resources that use the role in %s itself, or deny it with a service control policy.", service)
	case p.Kind == Role && strings.HasPrefix(p.Path, "/aws-reserved/"):
		refused.Message = fmt.Sprintf("%s is made from a permission set of IAM Identity Center, and IAM refuses to change it", p.Target)
		refused.Next = "Put the deny into the permission set, or remove the user's assignment, in IAM Identity Center in the account that manages it; or deny the role with a service control policy."
	default:
		return nil
	}
	return refused
}

func (a *Account) guardSelf(p principal) error {
	refused := &RefusedError{Guard: GuardSelf, Target: p.Ref(), Next: "Use another identity for the response (--profile NAME), one that does not depend on this one."}
	c := a.caller
	switch {
	case p.ID != "" && p.ID == c.principalID(),
		p.Account == c.Account && string(p.Kind) == c.Kind && strings.EqualFold(p.Name, c.Name):
		refused.Message = fmt.Sprintf("%s is the identity that cordon itself acts as (%s)", p.Target, c.ARN)
		return refused
	}
	for _, link := range a.o.RoleChain {
		if isLink(p.Target, link) {
			refused.Message = fmt.Sprintf("cordon's own credentials come through %s (%s)", p.Target, link)
			return refused
		}
	}
	for _, m := range p.members {
		member := targetOf(User, m.UserName, m.Arn, m.UserId, m.Path)
		if err := a.guardSelf(principal{Target: member}); err != nil {
			refused.Message = fmt.Sprintf("%s is in %s: the deny would lock cordon out", member, p.Target)
			refused.Next = fmt.Sprintf("Contain the other members one by one, or take %s out of the group first.", member)
			return refused
		}
	}
	return nil
}

// isLink compares a target with an ARN of the profile chain, which may be that
// of a user, of a role, or of a role session (whose ARN has no path).
func isLink(t Target, link string) bool {
	if link == t.ARN {
		return true
	}
	c := parseCaller(link, "", "")
	if parsed, err := arn.Parse(link); err == nil {
		c.Account = parsed.AccountID
		if name, ok := strings.CutPrefix(parsed.Resource, "role/"); ok {
			c.Kind, c.Name = string(Role), name[strings.LastIndex(name, "/")+1:]
		}
	}
	return c.Account == t.Account && c.Kind == string(t.Kind) && strings.EqualFold(c.Name, t.Name)
}

func (a *Account) guardProtected(p principal) error {
	const next = "If it must be contained all the same, change the protected list in config.yaml; nothing else lifts it."
	if by, ok := a.protects(p.Target); ok {
		return &RefusedError{
			Guard: GuardProtected, Target: p.Ref(), Next: next,
			Message: fmt.Sprintf("%s is on the protected list (%s)", p.Target, by),
		}
	}
	for _, m := range p.members {
		member := targetOf(User, m.UserName, m.Arn, m.UserId, m.Path)
		if by, ok := a.protects(member); ok {
			return &RefusedError{
				Guard: GuardProtected, Target: p.Ref(),
				Message: fmt.Sprintf("%s is in %s and on the protected list (%s)", member, p.Target, by),
				Next:    "Contain the other members one by one. " + next,
			}
		}
	}
	return nil
}

func (a *Account) protects(t Target) (string, bool) {
	for _, p := range a.protected {
		if p.matches(t) {
			return p.text, true
		}
	}
	return "", false
}

// A pattern is one entry of the protected list.
type pattern struct {
	text string
	re   *regexp.Regexp
	// form gives what the expression is held against.
	form func(Target) string
}

func (p pattern) matches(t Target) bool { return p.re.MatchString(p.form(t)) }

// accountForm is what an account id, with or without wildcards, looks like.
var accountForm = regexp.MustCompile(`^[0-9*?]+$`)

// parsePatterns reads the protected list. An entry that cannot match anything
// is an error: an unprotected break-glass user must not be a typing mistake.
func parsePatterns(texts []string) ([]pattern, error) {
	var patterns []pattern
	for _, text := range texts {
		p, ok := parsePattern(strings.TrimSpace(text))
		if !ok {
			return nil, &Problem{
				Code:    CodeUsage,
				Message: fmt.Sprintf("the protected list has %q, which names nothing", text),
				Next:    "Write KIND/NAME, ACCOUNT:KIND/NAME, ACCOUNT, or an ARN, with * for any characters; KIND is user, role or group.",
			}
		}
		patterns = append(patterns, p)
	}
	return patterns, nil
}

func parsePattern(text string) (pattern, bool) {
	p := pattern{text: text, re: glob(text)}
	switch {
	case strings.HasPrefix(text, "arn:"):
		p.form = func(t Target) string { return t.ARN }
		return p, true
	case accountForm.MatchString(text):
		p.form = func(t Target) string { return t.Account }
		return p, true
	}
	rest := text
	p.form = Target.String
	if account, after, ok := strings.Cut(text, ":"); ok {
		if !accountForm.MatchString(account) {
			return pattern{}, false
		}
		rest = after
		p.form = func(t Target) string { return t.Ref().String() }
	}
	kind, name, ok := strings.Cut(rest, "/")
	known := kind == "*" || Kind(strings.ToLower(kind)).title() != ""
	return p, ok && known && name != ""
}

// glob compiles * and ? as IAM's own wildcards work, whatever the letter case:
// IAM does not tell names apart by it.
func glob(text string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(text)
	quoted = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted)
	return regexp.MustCompile(`(?is)^` + quoted + `$`)
}

// warnSelf tells where the guard against containing oneself cannot be sure.
func (a *Account) warnSelf(p principal) []string {
	if a.caller.Kind == "federated" && p.Kind != Role {
		return []string{fmt.Sprintf("cordon acts as the federated user %s; AWS does not tell which user opened that session, so make sure that it is not %s or a member of it", a.caller.Name, p.Target)}
	}
	return nil
}

func memberNames(p principal) []string {
	names := make([]string, 0, len(p.members))
	for _, m := range p.members {
		names = append(names, aws.ToString(m.UserName))
	}
	return names
}
