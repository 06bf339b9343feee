package event

// Kind says what sort of principal acted, in the words of the JSON contract.
type Kind string

// The kinds of principal. Groups never act, but can be contained.
const (
	User           Kind = "user"
	Role           Kind = "role"
	Group          Kind = "group"
	Root           Kind = "root"
	Federated      Kind = "federated"
	Service        Kind = "service"
	Account        Kind = "account"
	IdentityCenter Kind = "identity_center"
	Unknown        Kind = "unknown"
)

// A Principal is who acted. It is comparable: two events are of one principal
// exactly if their Principals are equal, so role sessions fold into their role.
type Principal struct {
	Kind Kind
	// Name is the user or role name without its path; for other kinds, the
	// best name the record has.
	Name string
	// Account is the account that the principal belongs to, which need not be
	// the one in which it acted.
	Account string
	// ARN is the principal's own ARN: for a role session, the role's.
	ARN string
}

// String returns "kind/name", the form in which people type a principal.
func (p Principal) String() string { return string(p.Kind) + "/" + p.Name }
