package event

import "strings"

// What to do about a principal that no inline policy can stop.
const (
	whyRoot = "No IAM policy limits root: change the root password, remove its access keys and MFA devices you do not know, " +
		"or deny it with a service control policy from the organization."
	whyRootFederated = "It was federated by root, and no IAM policy limits that: delete root's access keys, " +
		"or deny it with a service control policy from the organization."
	whyFederated = "It signed in through an identity provider: contain the role that it assumed, " +
		"and block it at the provider."
	whyService = "AWS itself acted: look at the role or resource it acted for, and contain that role " +
		"or whoever set it up."
	whyAccount = "It belongs to another account: contain the role that it assumed here, " +
		"take it out of the policies that let it in, and tell that account's owner."
	whyAnonymous = "Nobody signed these calls: close the public access to the resource that was called."
	whyCenter    = "It is a user of IAM Identity Center: disable it there and end its sessions, " +
		"or remove its permission set assignments."
	whyReserved = "IAM Identity Center owns this role and IAM refuses to change it: put the deny into its permission set, " +
		"or disable the user in Identity Center."
	whyServiceLinked = "An AWS service owns this role and IAM refuses to change it: stop the resource that uses it, " +
		"and contain whoever set that up."
	whyHidden = "Someone tried to sign in with a name that is no user of this account: look at the source address."
	whyName   = "The record does not name it: find out which user or role it is before containing anything."
)

// Containable reports whether a DenyAll inline policy can be put on the
// principal. If not, whyNot is one sentence with what to do instead. That the
// principal is of an account you are connected to is not looked at here.
//
// IAM refuses changes to service-linked roles, which have the path
// /aws-service-role/, and to the roles of IAM Identity Center, which have the
// path /aws-reserved/ and names in AWSReservedSSO_. Source: "Service-linked
// roles", IAM user guide; "Permission sets", IAM Identity Center user guide.
func (p Principal) Containable() (ok bool, whyNot string) {
	switch p.Kind {
	case User, Group:
	case Role:
		if whyNot := p.ownedByAWS(); whyNot != "" {
			return false, whyNot
		}
	case Root:
		return false, whyRoot
	case Federated:
		if strings.Contains(p.ARN, ":federated-user/") {
			return false, whyRootFederated
		}
		return false, whyFederated
	case Service:
		return false, whyService
	case Account:
		if p.Name == "ANONYMOUS_PRINCIPAL" {
			return false, whyAnonymous
		}
		return false, whyAccount
	case IdentityCenter:
		return false, whyCenter
	default:
		if p.Name == hiddenName {
			return false, whyHidden
		}
		return false, whyName
	}
	if p.Name == "" {
		return false, whyName
	}
	return true, ""
}

// ownedByAWS says why IAM will not let a role be changed, if so. A session's
// record may lack its role's path, so the reserved name prefix counts too.
func (p Principal) ownedByAWS() string {
	switch path := arnResource(p.ARN); {
	case strings.HasPrefix(path, "role/aws-service-role/"):
		return whyServiceLinked
	case strings.HasPrefix(path, "role/aws-reserved/"), strings.HasPrefix(p.Name, "AWSReservedSSO_"):
		return whyReserved
	}
	return ""
}
