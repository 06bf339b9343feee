package contain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// Plan looks at the target and says what containing it would do. It writes
// nothing. Its errors are *RefusedError if a guard forbids it, or can be given
// to Explain.
func (a *Account) Plan(ctx context.Context, ref Ref) (Plan, error) {
	p, err := a.resolve(ctx, ref)
	if err != nil {
		return Plan{}, err
	}
	if err := a.guard(p); err != nil {
		return Plan{}, err
	}
	set, f, quota := a.look(ctx, p)
	plan := a.newPlan(Contain, p, set, f)
	s := plan.steps
	s.deny = policy{name: a.o.PolicyName, doc: denyDocument(s.opID)}
	if _, taken := set.named(s.deny.name); taken || set.unread[s.deny.name] != nil {
		s.deny.name = a.fallbackName(s.opID)
	}
	for _, standing := range plan.Standing {
		if standing.OpID != "" {
			s.stands = &policy{name: standing.Name, doc: standing.Document}
			break
		}
	}

	plan.StillOpen = stillOpen(p.Kind, f)
	plan.Warnings = slices.Concat(a.warnSelf(p), warnInline(set, a.o.PolicyName), warnStanding(plan.Standing), warnFacts(p, f))
	shown := s.deny
	if s.stands != nil {
		shown = *s.stands
		plan.Already = fmt.Sprintf("%s is contained already, by the policy %s", p.Target, shown.name)
	} else {
		plan.Calls = []Call{a.putCall(p.Target, s.deny)}
		warning, err := fits(p.Target, set, s.deny, quota)
		if err != nil {
			return Plan{}, err
		}
		plan.Warnings = append(plan.Warnings, warning...)
	}
	plan.PolicyName, plan.Policy = shown.name, shown.doc
	plan.Undo = undoOf(p.Target, shown.name)
	s.open = plan.StillOpen
	return plan, nil
}

// PlanRelease looks for what cordon put on the target, under any name, and
// says what taking it away would do. It writes nothing. What was put there by
// hand is refused with GuardNotOurs, unless it is adopted.
func (a *Account) PlanRelease(ctx context.Context, ref Ref, o ReleaseOptions) (Plan, error) {
	p, err := a.resolve(ctx, ref)
	if err != nil {
		return Plan{}, err
	}
	set, f, _ := a.look(ctx, p)
	if set.err != nil {
		return Plan{}, a.explain(set.err, "looking for what to release on "+p.String())
	}
	plan := a.newPlan(Release, p, set, f)
	s := plan.steps
	var left []Standing
	for _, standing := range plan.Standing {
		if standing.OpID != "" || o.Adopt && standing.Alone {
			s.remove = append(s.remove, policy{name: standing.Name, doc: standing.Document})
			continue
		}
		left = append(left, standing)
	}
	if len(s.remove) == 0 && len(left) > 0 {
		return Plan{}, refuseNotOurs(p.Target, left, o)
	}
	if len(s.remove) == 0 && len(set.unread) > 0 {
		name, err := firstUnread(set)
		return Plan{}, a.explain(err, fmt.Sprintf("reading the policy %s of %s, which may be the one to release", name, p.Target))
	}

	plan.StillOpen = opensAgain(p, f)
	plan.Warnings = append(warnInline(set, ""), warnLeft(left)...)
	plan.Undo = fmt.Sprintf("cordon contain %s --reason TEXT", quote(p.String()))
	for _, r := range s.remove {
		plan.Calls = append(plan.Calls, a.deleteCall(p.Target, r.name))
	}
	if len(s.remove) == 0 {
		plan.Already = fmt.Sprintf("nothing of cordon's stands on %s", p.Target)
	} else {
		plan.PolicyName, plan.Policy = s.remove[0].name, s.remove[0].doc
	}
	s.open = plan.StillOpen
	return plan, nil
}

// look reads all that a plan needs, at once.
func (a *Account) look(ctx context.Context, p principal) (set inlineSet, f facts, quota int) {
	var wg sync.WaitGroup
	wg.Go(func() { set = a.readInline(ctx, p.Target) })
	wg.Go(func() { f = a.gather(ctx, a.asks(p)) })
	wg.Go(func() { quota = a.inlineQuota(ctx, p.Kind) })
	wg.Wait()
	f.list = append(f.list, inlineFact(set))
	return set, f, quota
}

func (a *Account) newPlan(op Op, p principal, set inlineSet, f facts) Plan {
	s := &steps{op: op, opID: a.o.NewID(), measure: DenyAll, caller: a.caller, target: p.Target}
	if set.err == nil {
		s.before = map[string]string{}
		for _, standing := range set.standing() {
			s.before[policyKey(standing.Name)] = standing.Document
		}
	}
	return Plan{
		OpID: s.opID, Op: op, Measure: DenyAll, Made: a.o.Now().UTC(),
		Account: a.caller.Account, Alias: a.alias, Caller: a.caller, Target: p.Target,
		Calls: []Call{}, Standing: set.standing(), BlastRadius: f.list, Warnings: []string{},
		steps: s,
	}
}

// policyKey names an inline policy in a record's before and after.
func policyKey(name string) string { return "policy/" + name }

// fallbackName is free on any target: nobody knows the operation's id before.
func (a *Account) fallbackName(opID string) string { return a.o.PolicyName + "-" + opID }

func undoOf(t Target, name string) string {
	return fmt.Sprintf("cordon release %s --reason TEXT (deletes the inline policy %s, and nothing else)", quote(t.String()), name)
}

func refuseNotOurs(t Target, left []Standing, o ReleaseOptions) error {
	refused := &RefusedError{
		Guard: GuardNotOurs, Target: t.Ref(),
		Message: fmt.Sprintf("the policy %s denies everything to %s, and was not put there by cordon", left[0].Name, t),
		Next:    "If it may go, release with --adopt: then cordon removes it as its own.",
	}
	if o.Adopt {
		refused.Message = fmt.Sprintf("the policy %s of %s denies everything, and has other statements that would be lost with it", left[0].Name, t)
		refused.Next = "Edit the policy by hand: take out the statement that denies everything, and leave the others."
	}
	return refused
}

func firstUnread(set inlineSet) (string, error) {
	names := make([]string, 0, len(set.unread))
	for name := range set.unread {
		names = append(names, name)
	}
	slices.SortFunc(names, compareNames)
	return names[0], set.unread[names[0]]
}

// defaultQuotas are IAM's quotas of all inline policies of one principal
// together, in characters without white space ("IAM and AWS STS quotas", IAM
// User Guide).
func defaultQuota(k Kind) int {
	return map[Kind]int{User: 2048, Role: 10240, Group: 5120}[k]
}

// inlineQuota asks the account for its quota, and falls back on the default.
func (a *Account) inlineQuota(ctx context.Context, k Kind) int {
	ctx, cancel := context.WithTimeout(ctx, a.o.FactsTime)
	defer cancel()
	out, err := a.iam.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err == nil {
		if n := out.SummaryMap[k.title()+"PolicySizeQuota"]; n > 0 {
			return int(n)
		}
	}
	return defaultQuota(k)
}

// fits checks that the deny goes into what the quota leaves. Policies that
// could not be read are not counted: then AWS has the last word.
func fits(t Target, set inlineSet, deny policy, quota int) ([]string, error) {
	used, need := set.size(), size(deny.doc)
	switch {
	case used+need > quota:
		attach := fmt.Sprintf("aws iam attach-%s-policy --%s-name %s --policy-arn arn:aws:iam::aws:policy/AWSDenyAll", t.Kind, t.Kind, quote(t.Name))
		return nil, &Problem{
			Code:    CodeQuota,
			Message: fmt.Sprintf("the inline policies of %s have %d of %d characters, and the deny needs %d more", t, used, quota, need),
			Next:    "Remove or shorten an inline policy of the target, or attach AWS's own deny by hand: " + attach,
		}
	case (used+need)*10 > quota*9:
		return []string{fmt.Sprintf("the quota of inline policies will be nearly full: %d of %d characters", used+need, quota)}, nil
	}
	return nil, nil
}

func inlineFact(set inlineSet) Fact {
	f := Fact{Name: "inline_policies", Title: "inline policies", Values: []string{}}
	if set.err != nil {
		f.Unknown = Explain(set.err).Message
		return f
	}
	for _, p := range set.policies {
		f.Values = append(f.Values, fmt.Sprintf("%s (%d characters)", p.name, size(p.doc)))
	}
	for name := range set.unread {
		f.Values = append(f.Values, name+" (could not be read)")
	}
	slices.SortFunc(f.Values, compareNames)
	return f
}

func warnInline(set inlineSet, name string) []string {
	var w []string
	if set.err != nil {
		w = append(w, "its inline policies are unknown: "+Explain(set.err).Message)
	}
	for unread, err := range set.unread {
		w = append(w, fmt.Sprintf("its inline policy %s is unknown: %s", unread, Explain(err).Message))
	}
	slices.Sort(w)
	if p, ok := set.named(name); ok && !classify(p.doc).ours() {
		w = append(w, fmt.Sprintf("another policy stands under the name %s; it is left alone, and the deny goes in beside it", name))
	}
	return w
}

func warnStanding(standing []Standing) []string {
	var w []string
	for _, s := range standing {
		if s.OpID == "" {
			w = append(w, fmt.Sprintf("the policy %s, put there by other hands, denies everything already", s.Name))
		}
	}
	return w
}

func warnLeft(left []Standing) []string {
	var w []string
	for _, s := range left {
		w = append(w, fmt.Sprintf("the policy %s was not put there by cordon and goes on denying everything", s.Name))
	}
	return w
}

// warnFacts tells what in the facts bears on whether the deny will last, and
// whom it will reach.
func warnFacts(p principal, f facts) []string {
	var w []string
	if tool := codeTool(p.tags); tool != "" {
		w = append(w, fmt.Sprintf("its tags say that %s manages it, which may remove the policy at its next run", tool))
	}
	for _, name := range f.attached {
		// AWS attaches it when it finds a key leaked, and asks that it be left
		// until the account is safe ("AWSCompromisedKeyQuarantineV3", AWS
		// Managed Policy Reference).
		if strings.HasPrefix(name, "AWSCompromisedKeyQuarantine") {
			w = append(w, "AWS itself put "+name+" on it: AWS found a key of it in public. Leave that policy until the key is gone")
		}
	}
	if p.Kind == Group {
		switch n := len(p.members); n {
		case 0:
			w = append(w, "the group has no members: the deny reaches nobody now")
		default:
			w = append(w, fmt.Sprintf("the deny reaches all %d members, and whoever joins the group later", n))
		}
	}
	return w
}

// codeTool names the infrastructure-as-code tool that a principal's tags point
// to; empty if none. CloudFormation and Service Catalog set theirs themselves
// ("Resource tags", CloudFormation User Guide); the others are conventions.
func codeTool(tags map[string]string) string {
	for key := range tags {
		switch {
		case strings.HasPrefix(key, "aws:cloudformation:"):
			return "CloudFormation"
		case strings.HasPrefix(key, "aws:servicecatalog:"):
			return "Service Catalog"
		}
	}
	for key, value := range tags {
		for _, tool := range []string{"terraform", "pulumi", "opentofu", "cloudformation", "cdk", "crossplane"} {
			text := strings.ToLower(key)
			if text == "managedby" || text == "managed-by" || text == "managed_by" || text == "provisioner" {
				text = strings.ToLower(value)
			}
			if strings.Contains(text, tool) {
				return tool
			}
		}
	}
	return ""
}
