package contain

// A Problem is an error as a person or a program needs it: what kind, one
// sentence, and what to do next. Its JSON form is part of the contract.
type Problem struct {
	// Code is stable, for programs.
	Code    string `json:"code"`
	Message string `json:"message"`
	Next    string `json:"next"`
	// Err is what happened underneath; nil if nothing did.
	Err error `json:"-"`
}

func (p *Problem) Error() string { return p.Message }

func (p *Problem) Unwrap() error { return p.Err }

// Guard names one of the reasons for which a plan is refused.
type Guard string

// The guards.
const (
	// GuardSelf: the target is the caller, or on the way by which the caller
	// came, or a group that it is in.
	GuardSelf Guard = "self"
	// GuardProtected: the target, or a member of the group, is on the protected
	// list.
	GuardProtected Guard = "protected"
	// GuardUnmodifiable: IAM itself refuses to change it.
	GuardUnmodifiable Guard = "unmodifiable"
	// GuardOtherAccount: it belongs to an account that cordon is not connected to.
	GuardOtherAccount Guard = "other_account"
	// GuardKind: it is no user, role or group.
	GuardKind Guard = "kind"
	// GuardReadOnly: cordon was told not to write.
	GuardReadOnly Guard = "read_only"
	// GuardIdentity: cordon is no longer acting as the identity of the plan.
	GuardIdentity Guard = "identity_changed"
	// GuardRecreated: the target was replaced by another of the same name.
	GuardRecreated Guard = "recreated"
	// GuardNotOurs: what stands was not put there by cordon.
	GuardNotOurs Guard = "not_ours"
)

// RefusedError says that a guard forbade the action, and that nothing was done.
type RefusedError struct {
	Guard   Guard
	Target  Ref
	Message string
	Next    string
}

func (e *RefusedError) Error() string { return e.Message }
