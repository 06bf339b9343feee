package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"cordon/investigate/event"
)

// A named principal is what a person typed: [ACCOUNT:]KIND/NAME or an ARN. It
// has not been looked up yet.
type named struct {
	// Account is empty when it was not given.
	Account string
	Kind    event.Kind
	Name    string
}

// String returns the form in which people type it.
func (n named) String() string {
	s := string(n.Kind) + "/" + n.Name
	if n.Account != "" {
		return n.Account + ":" + s
	}
	return s
}

const principalHint = "name it as user/alice, role/deployer, group/admins, 123456789012:user/alice, or by its ARN"

// kinds are the words that may stand before the slash.
func kinds() []event.Kind {
	return []event.Kind{
		event.User, event.Role, event.Group, event.Root, event.Federated,
		event.Service, event.Account, event.IdentityCenter, event.Unknown,
	}
}

func containableKinds() []event.Kind {
	return []event.Kind{event.User, event.Role, event.Group}
}

// parsePrincipalArgs reads a principal from one argument, or from two: KIND and
// NAME.
func parsePrincipalArgs(args []string) (named, error) {
	switch len(args) {
	case 0:
		return named{}, usageError(principalHint, "no principal given")
	case 1:
		return parsePrincipal(args[0])
	case 2:
		if _, kind := cutAccount(args[0]); !strings.Contains(kind, "/") && !strings.HasPrefix(args[0], "arn:") {
			return parsePrincipal(args[0] + "/" + args[1])
		}
	}
	return named{}, usageError(principalHint, "one principal at a time: %d words given", len(args))
}

// cutAccount splits ACCOUNT:REST; without an account, rest is all of s.
func cutAccount(s string) (account, rest string) {
	if account, rest, ok := strings.Cut(s, ":"); ok && isAccountID(account) {
		return account, rest
	}
	return "", s
}

// parseTarget is parsePrincipalArgs for what can hold an inline policy.
func parseTarget(args []string) (named, error) {
	n, err := parsePrincipalArgs(args)
	if err != nil {
		return named{}, err
	}
	if !slices.Contains(containableKinds(), n.Kind) {
		return named{}, usageError("a user, a role or a group can be contained",
			"%s cannot be contained: an inline policy has no place on a principal of kind %s", n, n.Kind)
	}
	return n, nil
}

// iamName is what IAM accepts for the name of a user, role or group ("IAM and
// AWS STS quotas", IAM user guide).
func iamName(s string) bool {
	return regexp.MustCompile(`^[\w+=,.@-]{1,128}$`).MatchString(s)
}

func parsePrincipal(s string) (named, error) {
	if strings.HasPrefix(s, "arn:") {
		return parseARN(s)
	}
	var n named
	account, rest := cutAccount(s)
	n.Account = account
	kind, name, ok := strings.Cut(rest, "/")
	if !ok || name == "" {
		return named{}, incomplete(s, rest)
	}
	n.Kind = event.Kind(kind)
	if !slices.Contains(kinds(), n.Kind) {
		return named{}, unknownKind(s, kind, name)
	}
	n.Name = name
	if !slices.Contains(containableKinds(), n.Kind) {
		return n, nil
	}
	// A path may stand before the name, as it does in an ARN; names have no
	// slash, so the last part is the name.
	n.Name = name[strings.LastIndexByte(name, '/')+1:]
	if !iamName(n.Name) {
		return named{}, usageError("IAM names have letters, digits and +=,.@_- only, at most 128 of them",
			"%q cannot be the name of a %s", n.Name, n.Kind)
	}
	return n, nil
}

func incomplete(s, rest string) error {
	if slices.Contains(kinds(), event.Kind(rest)) || rest == "" || strings.HasSuffix(rest, "/") {
		return usageError(principalHint, "%q has no name", s)
	}
	if iamName(rest) {
		return usageError(fmt.Sprintf("say which it is: user/%[1]s, role/%[1]s or group/%[1]s", rest),
			"%q has no kind", s)
	}
	return usageError(principalHint, "%q is not a principal", s)
}

func unknownKind(s, kind, name string) error {
	if meant := nearestKind(kind); meant != "" {
		return usageError(fmt.Sprintf("did you mean %s/%s?", meant, name), "%q is not a kind of principal", kind)
	}
	return usageError(principalHint, "%q is not a principal: there is no kind %q", s, kind)
}

// nearestKind finds the kind that a plural, a capital or a slip of the finger
// was meant for; empty for none.
func nearestKind(word string) event.Kind {
	word = strings.ToLower(word)
	for _, k := range kinds() {
		if word == string(k) || word == string(k)+"s" || (len(word) > 2 && levenshtein.ComputeDistance(word, string(k)) <= 1) {
			return k
		}
	}
	return ""
}

func isAccountID(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// parseARN reads the ARN of a user, role, group or account root, and the
// session ARNs that stand in events: a role session names its role, a federated
// session is a principal of its own.
func parseARN(s string) (named, error) {
	parts := strings.SplitN(s, ":", 6)
	if len(parts) < 6 || (parts[2] != "iam" && parts[2] != "sts") {
		return named{}, usageError(principalHint, "%q is not the ARN of a principal", s)
	}
	account, resource := parts[4], parts[5]
	if !isAccountID(account) {
		return named{}, usageError("an account id has twelve digits", "%q names no account", s)
	}
	if resource == "root" {
		return named{Account: account, Kind: event.Root, Name: "root"}, nil
	}
	kind, rest, _ := strings.Cut(resource, "/")
	switch {
	case kind == "assumed-role":
		role, _, _ := strings.Cut(rest, "/")
		return parsePrincipal(account + ":role/" + role)
	case kind == "federated-user":
		return parsePrincipal(account + ":federated/" + rest)
	case slices.Contains(containableKinds(), event.Kind(kind)):
		return parsePrincipal(account + ":" + resource)
	default:
		return named{}, usageError("the ARN of a user, role, group or role session names a principal",
			"%q names a %s", s, kind)
	}
}

// is reports whether p is the principal that was named.
func (n named) is(p event.Principal) bool {
	return n.Kind == p.Kind && strings.EqualFold(n.Name, p.Name) && (n.Account == "" || n.Account == p.Account)
}
