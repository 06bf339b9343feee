package contain_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"cordon/contain"
)

func (w *world) refuses(err error, guard contain.Guard, words string) {
	w.Helper()
	var refused *contain.RefusedError
	if !errors.As(err, &refused) {
		w.Fatalf("not refused: %v", err)
	}
	if refused.Guard != guard || !strings.Contains(refused.Message+" "+refused.Next, words) || refused.Next == "" {
		w.Errorf("refused by %s: %s / %s", refused.Guard, refused.Message, refused.Next)
	}
	if p := contain.Explain(err); p.Code != "refused_"+string(guard) || p.Next != refused.Next {
		w.Errorf("explained as %+v", p)
	}
}

func TestGuardsRefuse(t *testing.T) {
	tests := map[string]struct {
		setup  func(w *world)
		caller func(w *world) aws.Credentials
		change func(o *contain.Options)
		target contain.Ref
		guard  contain.Guard
		words  string
	}{
		"oneself, a user": {target: contain.Ref{Kind: contain.User, Name: "ann"}, guard: contain.GuardSelf, words: "itself"},
		"the caller's role": {
			caller: (*world).deployer, target: deploy, guard: contain.GuardSelf, words: "itself",
		},
		"a role of the profile chain": {
			change: func(o *contain.Options) { o.RoleChain = []string{"arn:aws:iam::123456789012:role/ci/deploy"} },
			target: deploy, guard: contain.GuardSelf, words: "come through",
		},
		"a session of the profile chain": {
			change: func(o *contain.Options) {
				o.RoleChain = []string{"arn:aws:sts::123456789012:assumed-role/deploy/x"}
			},
			target: deploy, guard: contain.GuardSelf, words: "come through",
		},
		"a user of the profile chain": {
			change: func(o *contain.Options) { o.RoleChain = []string{"arn:aws:iam::123456789012:user/alice"} },
			target: alice, guard: contain.GuardSelf, words: "come through",
		},
		"a group with a user of the profile chain": {
			change: func(o *contain.Options) { o.RoleChain = []string{"arn:aws:iam::123456789012:user/alice"} },
			target: admins, guard: contain.GuardSelf, words: "user/alice is in group/admins",
		},
		"a group that one is in": {
			setup: func(w *world) {
				w.seed(&iam.AddUserToGroupInput{GroupName: aws.String("admins"), UserName: aws.String("ann")})
			},
			target: admins, guard: contain.GuardSelf, words: "user/ann is in group/admins",
		},
		"a protected user": {
			change: func(o *contain.Options) { o.Protected = []string{"role/x", "user/AL*"} },
			target: alice, guard: contain.GuardProtected, words: "user/AL*",
		},
		"a group with a protected user": {
			change: func(o *contain.Options) { o.Protected = []string{"user/alice"} },
			target: admins, guard: contain.GuardProtected, words: "user/alice is in group/admins",
		},
		"a protected account": {
			change: func(o *contain.Options) { o.Protected = []string{"123456789012"} },
			target: deploy, guard: contain.GuardProtected, words: "123456789012",
		},
		"a service-linked role": {
			setup: func(w *world) {
				w.seed(&iam.CreateRoleInput{RoleName: aws.String("AWSServiceRoleForSupport"), Path: aws.String("/aws-service-role/support.amazonaws.com/"), AssumeRolePolicyDocument: aws.String(trust)})
			},
			target: contain.Ref{Kind: contain.Role, Name: "AWSServiceRoleForSupport"}, guard: contain.GuardUnmodifiable, words: "support.amazonaws.com",
		},
		"a role of Identity Center": {
			setup: func(w *world) {
				w.seed(&iam.CreateRoleInput{RoleName: aws.String("AWSReservedSSO_Admin_1"), Path: aws.String("/aws-reserved/sso.amazonaws.com/"), AssumeRolePolicyDocument: aws.String(trust)})
			},
			target: contain.Ref{Kind: contain.Role, Name: "AWSReservedSSO_Admin_1"}, guard: contain.GuardUnmodifiable, words: "permission set",
		},
		"another account": {
			target: contain.Ref{Account: "210987654321", Kind: contain.User, Name: "alice"}, guard: contain.GuardOtherAccount, words: "210987654321",
		},
		"what takes no policy": {
			target: contain.Ref{Kind: "root", Name: "root"}, guard: contain.GuardKind, words: "not a user",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tt.caller == nil {
				tt.caller = (*world).responder
			}
			c := tt.caller(w)
			if tt.setup != nil {
				tt.setup(w)
			}
			if tt.change == nil {
				tt.change = func(*contain.Options) {}
			}
			_, err := w.connect(c, tt.change).Plan(t.Context(), tt.target)
			w.TB = t
			w.refuses(err, tt.guard, tt.words)
		})
	}
}

// deployer is a session of the role deploy, allowed everything.
func (w *world) deployer() aws.Credentials {
	w.putPolicy(deploy, "All", allowAll)
	return w.session(w.responder(), "arn:aws:iam::123456789012:role/ci/deploy")
}

func TestGuardsAreAskedAgainBeforeTheWrite(t *testing.T) {
	tests := map[string]struct {
		between func(w *world)
		target  contain.Ref
		guard   contain.Guard
	}{
		"the caller joined the group": {func(w *world) {
			w.seed(&iam.AddUserToGroupInput{GroupName: aws.String("admins"), UserName: aws.String("ann")})
		}, admins, contain.GuardSelf},
		"the user was made anew": {func(w *world) {
			w.deleteAlice()
			w.seed(&iam.CreateUserInput{UserName: aws.String("alice")})
		}, alice, contain.GuardRecreated},
		"the user was renamed, and another took the name": {func(w *world) {
			w.deleteAlice()
			w.seed(&iam.CreateUserInput{UserName: aws.String("alice"), Path: aws.String("/new/")})
		}, alice, contain.GuardRecreated},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a := w.connect(w.responder())
			plan := w.plan(a, tt.target)
			tt.between(w)
			got, err := a.Apply(t.Context(), plan, order)
			w.refuses(err, tt.guard, "")
			if got.Outcome != contain.Refused || got.Targets[0].Error == nil || len(w.policies()) != 0 {
				t.Error(asJSON(t, got))
			}
			w.tells("note refused")
		})
	}
}

func (w *world) deleteAlice() {
	w.Helper()
	w.seed(&iam.RemoveUserFromGroupInput{GroupName: aws.String("admins"), UserName: aws.String("alice")})
	keys := seeded[*iam.ListAccessKeysOutput](w, &iam.ListAccessKeysInput{UserName: aws.String("alice")})
	for _, k := range keys.AccessKeyMetadata {
		w.seed(&iam.DeleteAccessKeyInput{UserName: aws.String("alice"), AccessKeyId: k.AccessKeyId})
	}
	w.seed(&iam.DeleteUserInput{UserName: aws.String("alice")})
}

func TestAnotherIdentityThanThePlansIsRefused(t *testing.T) {
	w := newWorld(t)
	switcher := &switching{first: w.responder(), second: w.account.Root()}
	cfg := w.config(aws.Credentials{})
	cfg.Credentials = aws.CredentialsProviderFunc(switcher.retrieve)
	a, err := contain.Connect(t.Context(), cfg, contain.Options{Log: w.log, Now: w.clock, Sleep: w.sleep, Retryer: quick})
	if err != nil {
		t.Fatal(err)
	}
	plan := w.plan(a, alice)
	switcher.switched = true
	_, err = a.Apply(t.Context(), plan, order)
	w.refuses(err, contain.GuardIdentity, "user/ann")
	if len(w.policies()) != 0 {
		t.Error("something was written")
	}
}

func TestARenewedSessionOfTheSameRoleIsTheSameIdentity(t *testing.T) {
	w := newWorld(t)
	ann := w.responder()
	w.putPolicy(deploy, "All", allowAll)
	role := "arn:aws:iam::123456789012:role/ci/deploy"
	switcher := &switching{first: w.session(ann, role), second: w.sessionNamed(ann, role, "later")}
	cfg := w.config(aws.Credentials{})
	cfg.Credentials = aws.CredentialsProviderFunc(switcher.retrieve)
	a, err := contain.Connect(t.Context(), cfg, contain.Options{Log: w.log, Now: w.clock, Sleep: w.sleep, Retryer: quick})
	if err != nil {
		t.Fatal(err)
	}
	plan := w.plan(a, alice)
	switcher.switched = true
	if got := w.apply(a, plan); got.Outcome != contain.Held {
		t.Error(asJSON(t, got))
	}
}

func TestReadOnlyPlansAndDoesNotWrite(t *testing.T) {
	w := newWorld(t)
	a := w.connect(w.responder(), func(o *contain.Options) { o.ReadOnly = true })
	got, err := a.Apply(t.Context(), w.plan(a, alice), order)
	w.refuses(err, contain.GuardReadOnly, "read-only")
	if got.Outcome != contain.Refused || len(w.policies()) != 0 {
		t.Error(asJSON(t, got))
	}
}

func TestAProtectedPatternThatMatchesNothingIsAnError(t *testing.T) {
	w := newWorld(t)
	_, err := w.tryConnect(w.account.Root(), func(o *contain.Options) { o.Protected = []string{"user/ok", "break-glass"} })
	if p := contain.Explain(err); p == nil || !strings.Contains(p.Message, "break-glass") {
		t.Errorf("%+v", p)
	}
}

func TestWhatIsProtectedCanStillBeReleased(t *testing.T) {
	w := newWorld(t)
	root := w.account.Root()
	a := w.connect(root)
	w.apply(a, w.plan(a, alice))
	a = w.connect(root, func(o *contain.Options) { o.Protected = []string{"user/alice"} })
	if got := w.apply(a, w.planRelease(a, alice)); got.Outcome != contain.Released {
		t.Error(asJSON(t, got))
	}
}
