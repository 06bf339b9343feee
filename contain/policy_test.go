package contain

import (
	"testing"
)

const own = `{"Version":"2012-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":"*","Resource":"*"}]}`

func TestADocumentIsOursByHandOrNeither(t *testing.T) {
	tests := map[string]struct {
		doc  string
		want class
	}{
		"what cordon writes":            {denyDocument("k3v9qaw2m4xz"), class{"k3v9qaw2m4xz", true, true}},
		"reordered, with blanks":        {"{ \"Statement\" : [ {\"Resource\":\"*\",\n\"Action\":\"*\",\"Effect\":\"Deny\",\"Sid\":\"Cordonk3v9qaw2m4xz\"} ], \"Version\":\"2012-10-17\"}", class{"k3v9qaw2m4xz", true, true}},
		"lists of one, no list":         {`{"Version":"2012-10-17","Statement":{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":["*"],"Resource":["*"]}}`, class{"k3v9qaw2m4xz", true, true}},
		"by hand":                       {`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`, class{"", true, true}},
		"by hand, another Sid":          {`{"Version":"2012-10-17","Statement":[{"Sid":"DenyAll","Effect":"Deny","Action":"*","Resource":"*"}]}`, class{"", true, true}},
		"our Sid, another version":      {`{"Version":"2008-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":"*","Resource":"*"}]}`, class{"", true, true}},
		"our Sid, with an id":           {`{"Id":"x","Version":"2012-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":"*","Resource":"*"}]}`, class{"", true, true}},
		"our Sid, in capitals":          {`{"Version":"2012-10-17","Statement":[{"Sid":"CordonK3V9QAW2M4XZ","Effect":"Deny","Action":"*","Resource":"*"}]}`, class{"", true, true}},
		"our Sid, a second statement":   {`{"Version":"2012-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":"*","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, class{"", true, false}},
		"our Sid, allows":               {`{"Version":"2012-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Allow","Action":"*","Resource":"*"}]}`, class{}},
		"our Sid, a condition":          {`{"Version":"2012-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}]}`, class{}},
		"our Sid, some actions":         {`{"Version":"2012-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":"s3:*","Resource":"*"}]}`, class{}},
		"our Sid, two actions":          {`{"Version":"2012-10-17","Statement":[{"Sid":"Cordonk3v9qaw2m4xz","Effect":"Deny","Action":["*","*"],"Resource":"*"}]}`, class{}},
		"NotAction":                     {`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"iam:*","Resource":"*"}]}`, class{}},
		"no statement":                  {`{"Version":"2012-10-17","Statement":[]}`, class{}},
		"a null statement":              {`{"Version":"2012-10-17","Statement":[null]}`, class{}},
		"a list, not an object":         {`[]`, class{}},
		"not JSON":                      {`Deny *`, class{}},
		"something behind the document": {own + `{}`, class{}},
		"empty":                         {``, class{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := classify(tt.doc); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestSizeCountsAsIAMDoes(t *testing.T) {
	if got := size("{ \"a\" :\n\t\"b\" }"); got != 9 {
		t.Errorf("got %d, want 9", got)
	}
}

func TestDocumentsAreDecodedAsIAMEncodesThem(t *testing.T) {
	for raw, want := range map[string]string{
		"%7B%22a%22%3A%22x%2By%20z%22%7D": `{"a":"x+y z"}`,
		`{"a":"b+c"}`:                     `{"a":"b+c"}`,
		`{"a":"100%"}`:                    `{"a":"100%"}`,
	} {
		if got := decodeDocument(raw); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestCommandsAreQuotedForAShell(t *testing.T) {
	for in, want := range map[string]string{
		"alice":     "alice",
		"":          "''",
		"a b":       "'a b'",
		"it's":      `'it'\''s'`,
		"$(reboot)": "'$(reboot)'",
		"a\nb":      "'a\nb'",
		own:         "'" + own + "'",
	} {
		if got := quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestTrustPoliciesNameWhoCanAssume(t *testing.T) {
	doc := `{"Statement":[
		{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"],"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"},
		{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}},
		{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"},
		{"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"sts:AssumeRole"}]}`
	want := []string{"AWS * (under a condition)", "AWS arn:aws:iam::111122223333:root", "Service ec2.amazonaws.com", "everyone but those named in NotPrincipal"}
	got := trustedBy(doc)
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
	if got := trustedBy("nonsense"); len(got) != 1 {
		t.Errorf("an unreadable policy is told as %q", got)
	}
}

func TestCallersAreReadFromTheirARN(t *testing.T) {
	for arn, want := range map[string]Caller{
		"arn:aws:iam::123456789012:user/team/ann":             {Kind: "user", Name: "ann"},
		"arn:aws:iam::123456789012:root":                      {Kind: "root", Name: "root"},
		"arn:aws:sts::123456789012:assumed-role/Responder/s1": {Kind: "role", Name: "Responder", Session: "s1"},
		"arn:aws:sts::123456789012:federated-user/bob":        {Kind: "federated", Name: "bob"},
		"arn:aws-cn:sts::123456789012:assumed-role/R/a":       {Kind: "role", Name: "R", Session: "a"},
		"nonsense": {Kind: "unknown"},
	} {
		want.ARN, want.Account, want.UserID = arn, "123456789012", "AROA1:s1"
		if got := parseCaller(arn, "123456789012", "AROA1:s1"); got != want {
			t.Errorf("%s: got %+v, want %+v", arn, got, want)
		}
	}
}

func TestProtectedPatternsMatchWhatTheyName(t *testing.T) {
	alice := Target{Kind: User, Name: "break-glass-1", Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/ops/break-glass-1"}
	role := Target{Kind: Role, Name: "IncidentResponder", Account: "123456789012", ARN: "arn:aws:iam::123456789012:role/IncidentResponder"}
	for pattern, want := range map[string][2]bool{
		"user/break-glass*":                        {true, false},
		"USER/Break-Glass-?":                       {true, false},
		"user/break-glass":                         {false, false},
		"role/Incident*":                           {false, true},
		"*/*":                                      {true, true},
		"123456789012":                             {true, true},
		"1234567890??":                             {true, true},
		"210987654321":                             {false, false},
		"123456789012:role/*":                      {false, true},
		"210987654321:role/*":                      {false, false},
		"*:user/break-glass-1":                     {true, false},
		"arn:aws:iam::123456789012:user/ops/*":     {true, false},
		"arn:aws:iam::*:role/IncidentResponder":    {false, true},
		" role/IncidentResponder ":                 {false, true},
		"role/Incident.esponder":                   {false, false},
		"arn:aws:iam::123456789012:user/ops/break": {false, false},
	} {
		ps, err := parsePatterns([]string{pattern})
		if err != nil {
			t.Errorf("%q: %v", pattern, err)
			continue
		}
		if got := [2]bool{ps[0].matches(alice), ps[0].matches(role)}; got != want {
			t.Errorf("%q matches user and role: %v, want %v", pattern, got, want)
		}
	}
	for _, bad := range []string{"", "break-glass", "users/ann", "user/", "x:user/ann", "root"} {
		if _, err := parsePatterns([]string{bad}); err == nil {
			t.Errorf("%q was accepted, and would protect nothing", bad)
		}
	}
}
