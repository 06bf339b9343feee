package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
)

func TestAPrincipalIsReadInEveryForm(t *testing.T) {
	tests := map[string]named{
		"user/alice":                {Kind: event.User, Name: "alice"},
		"role/deployer":             {Kind: event.Role, Name: "deployer"},
		"group/admins":              {Kind: event.Group, Name: "admins"},
		"user/team/a/alice":         {Kind: event.User, Name: "alice"},
		"user/a.b+c=d,e@f_g-h":      {Kind: event.User, Name: "a.b+c=d,e@f_g-h"},
		"123456789012:user/alice":   {Account: "123456789012", Kind: event.User, Name: "alice"},
		"service/ec2.amazonaws.com": {Kind: event.Service, Name: "ec2.amazonaws.com"},

		"arn:aws:iam::123456789012:user/alice":                    {Account: "123456789012", Kind: event.User, Name: "alice"},
		"arn:aws:iam::123456789012:user/division/alice":           {Account: "123456789012", Kind: event.User, Name: "alice"},
		"arn:aws-us-gov:iam::123456789012:role/ops":               {Account: "123456789012", Kind: event.Role, Name: "ops"},
		"arn:aws-cn:iam::123456789012:group/g":                    {Account: "123456789012", Kind: event.Group, Name: "g"},
		"arn:aws:sts::123456789012:assumed-role/ops/session@corp": {Account: "123456789012", Kind: event.Role, Name: "ops"},
		"arn:aws:sts::123456789012:federated-user/bob":            {Account: "123456789012", Kind: event.Federated, Name: "bob"},
		"arn:aws:iam::123456789012:root":                          {Account: "123456789012", Kind: event.Root, Name: "root"},
	}
	for typed, want := range tests {
		got, err := parsePrincipal(typed)
		if err != nil {
			t.Errorf("%s: %v", typed, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typed, diff)
		}
	}
}

func TestKindAndNameMayBeTwoWords(t *testing.T) {
	got, err := parsePrincipalArgs([]string{"role", "deployer"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(named{Kind: event.Role, Name: "deployer"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAMistypedPrincipalSaysWhatWasMeant(t *testing.T) {
	tests := map[string]string{
		"alice":                                  "user/alice, role/alice or group/alice",
		"usr/alice":                              "did you mean user/alice?",
		"users/alice":                            "did you mean user/alice?",
		"User/alice":                             "did you mean user/alice?",
		"roel/x":                                 "name it as",
		"user/":                                  "name it as",
		"user":                                   "name it as",
		"":                                       "name it as",
		"user/al ice":                            "letters, digits",
		"arn:aws:s3:::bucket":                    "name it as",
		"arn:aws:iam::123456789012:policy/Admin": "user, role, group or role session",
		"arn:aws:iam::12345:user/alice":          "twelve digits",
		"arn:aws:iam::123456789012:user/":        "name it as",
		"arn:aws:iam::123456789012:user/a\x1b[31m": "letters, digits",
		"12345:user/alice":                         "name it as",
	}
	for typed, hint := range tests {
		_, err := parsePrincipal(typed)
		var f *Failure
		if !errors.As(err, &f) || f.Exit != exitUsage {
			t.Errorf("%q: got %v, want a usage error", typed, err)
			continue
		}
		if !strings.Contains(f.Next, hint) {
			t.Errorf("%q: the next step is %q, want it to say %q", typed, f.Next, hint)
		}
	}
}

func TestOnlyWhatHoldsAPolicyIsATarget(t *testing.T) {
	for _, typed := range []string{"root/root", "service/ec2.amazonaws.com", "arn:aws:iam::123456789012:root", "federated/bob"} {
		if got, err := parseTarget([]string{typed}); err == nil {
			t.Errorf("%s was taken for the target %s", typed, got)
		}
	}
}

func TestOnlyOnePrincipalIsTakenAtATime(t *testing.T) {
	for _, args := range [][]string{
		{"user/alice", "user/bob"},
		{"user/alice", "bob"},
		{"arn:aws:iam::123456789012:user/alice", "bob"},
		{"123456789012:user/alice", "bob"},
		{"user", "alice", "bob"},
	} {
		got, err := parsePrincipalArgs(args)
		if failure := (*Failure)(nil); !errors.As(err, &failure) || failure.Exit != exitUsage {
			t.Errorf("%q: %v, %v", args, got, err)
		}
	}
}
