package contain

import (
	"fmt"
	"slices"
)

// An opening is a way that a deny on a principal leaves open.
type opening struct {
	Open
	kinds []Kind
	// needs is the fact without which it is no way; empty if it always is one.
	needs string
}

const iamGuide = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

// openings are facts about AWS, each with where it says so.
func openings() []opening {
	all := Kinds()
	return []opening{
		{Open{
			"propagation", "AWS takes seconds, at times minutes, to enforce a new policy everywhere; until then the target can still act, and one that may write IAM can remove the policy.",
			iamGuide + "troubleshoot_general.html#troubleshoot_general_eventual-consistency",
		}, all, ""},
		{Open{
			"get_caller_identity", "sts:GetCallerIdentity and sts:GetSessionToken go on answering: no policy can deny the first, and the second cannot be controlled by policy. That they succeed says nothing about the deny.",
			"https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html",
		}, all, ""},
		{Open{
			"descendant_sessions", "Sessions of other roles that it assumed earlier live on with those roles' permissions, up to 12 hours. Contain those roles too, or revoke their sessions.",
			iamGuide + "id_credentials_temp_control-access_disable-perms.html",
		}, all, ""},
		{Open{
			"created_identities", "Users, roles, access keys and trust changes that it made work without it. Look for what it created.",
			iamGuide + "id_credentials_temp_control-access_disable-perms.html",
		}, all, ""},
		{Open{
			"resource_policies", "Resources that it shared with other accounts stay shared, and copies that it took are gone.",
			iamGuide + "reference_policies_evaluation-logic.html",
		}, all, ""},
		{Open{
			"running_compute", "Instances, functions and tasks that it started go on running with their own roles, and open connections may outlive the deny.",
			iamGuide + "id_roles_use_switch-role-ec2.html",
		}, all, ""},
		{Open{
			"eks", "An EKS cluster that knows it authenticates by a signed GetCallerIdentity and authorises by Kubernetes RBAC: kubectl may go on working. Remove its access entries.",
			"https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html",
		}, []Kind{User, Role}, ""},
		{Open{
			"console_sign_in", "A console password still signs in, to a console in which every call is denied.",
			iamGuide + "id_users_manage.html",
		}, []Kind{User}, "console_password"},
		{Open{
			"assume_role", "The role can still be assumed, and its instances still get credentials for it: those sessions are denied everything while the policy stands.",
			iamGuide + "id_roles_use_revoke-sessions.html",
		}, []Kind{Role}, ""},
		{Open{
			"group_roles", "A group's policy reaches its member users, never roles that they assume; and a member taken out of the group is no longer denied.",
			iamGuide + "id_groups.html",
		}, []Kind{Group}, ""},
	}
}

// stillOpen is what the deny will not stop for this kind of target, less what
// the facts rule out.
func stillOpen(k Kind, f facts) []Open {
	var found []Open
	for _, o := range openings() {
		if slices.Contains(o.kinds, k) && !f.none(o.needs) {
			found = append(found, o.Open)
		}
	}
	return found
}

// opensAgain says what the target can do as soon as the deny is gone.
func opensAgain(p principal, f facts) []Open {
	texts := map[string]string{
		"access_keys":       "Access key %s is active and works again at once.",
		"console_password":  "Its console password works again at once (%s).",
		"trusted":           "It can be assumed again, and its live sessions work again, for %s.",
		"instance_profiles": "Instances with the profile %s act with it again at once.",
	}
	found := []Open{}
	for _, fact := range f.list {
		text, ok := texts[fact.Name]
		if !ok {
			continue
		}
		if fact.Unknown != "" {
			found = append(found, Open{Name: fact.Name, Text: fmt.Sprintf("Unknown: %s (%s).", fact.Title, fact.Unknown)})
		}
		for _, v := range f.again[fact.Name] {
			found = append(found, Open{Name: fact.Name, Text: fmt.Sprintf(text, v)})
		}
	}
	for _, name := range memberNames(p) {
		found = append(found, Open{Name: "members", Text: fmt.Sprintf("user/%s can act again at once, as far as its own policies allow.", name)})
	}
	return found
}
