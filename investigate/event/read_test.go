package event_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
)

// record is a record with the given userIdentity and other members.
func record(identity, more string) []byte {
	r := `{"eventVersion":"1.11","eventID":"e1","eventName":"ListUsers","eventSource":"iam.amazonaws.com",` +
		`"eventTime":"2024-05-01T10:00:00Z","awsRegion":"us-east-1","recipientAccountId":"111122223333"`
	if identity != "" {
		r += `,"userIdentity":` + identity
	}
	return []byte(r + more + `}`)
}

func mustRead(t testing.TB, raw []byte) event.Event {
	t.Helper()
	e, err := event.Read(raw)
	if err != nil {
		t.Fatalf("Read(%s): %v", raw, err)
	}
	return e
}

func TestEachIdentityResolvesToItsPrincipalAndSession(t *testing.T) {
	const account = "111122223333"
	alice := event.Principal{Kind: event.User, Name: "alice", Account: account, ARN: "arn:aws:iam::111122223333:user/alice"}
	deploy := event.Principal{Kind: event.Role, Name: "deploy", Account: account, ARN: "arn:aws:iam::111122223333:role/ci/deploy"}
	root := event.Principal{Kind: event.Root, Name: "root", Account: account, ARN: "arn:aws:iam::111122223333:root"}
	tests := []struct {
		name, identity, more string
		principal            event.Principal
		session              string
	}{
		{
			name:      "user with a key",
			identity:  `{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIA1","userName":"alice"}`,
			principal: alice, session: "AKIA1",
		},
		{
			name:      "user with a path",
			identity:  `{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/staff/eu/alice","accountId":"111122223333","accessKeyId":"AKIA1","userName":"alice"}`,
			principal: event.Principal{Kind: event.User, Name: "alice", Account: account, ARN: "arn:aws:iam::111122223333:user/staff/eu/alice"}, session: "AKIA1",
		},
		{
			name:      "user in a failed sign-in, without an ARN",
			identity:  `{"type":"IAMUser","principalId":"AIDA1","accountId":"111122223333","accessKeyId":"","userName":"alice"}`,
			more:      `,"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Failure"}`,
			principal: alice, session: "AIDA1",
		},
		{
			name:      "user of another partition, without an ARN",
			identity:  `{"type":"IAMUser","accountId":"111122223333","userName":"alice"}`,
			more:      `,"awsRegion":"cn-north-1"`,
			principal: event.Principal{Kind: event.User, Name: "alice", Account: account, ARN: "arn:aws-cn:iam::111122223333:user/alice"},
		},
		{
			name:      "sign-in with a name that is no user",
			identity:  `{"type":"IAMUser","accountId":"111122223333","userName":"HIDDEN_DUE_TO_SECURITY_REASONS"}`,
			principal: event.Principal{Kind: event.Unknown, Name: "HIDDEN_DUE_TO_SECURITY_REASONS", Account: account},
		},
		{
			name:      "console key of a user",
			identity:  `{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"ASIA1","userName":"alice","sessionContext":{"attributes":{"creationDate":"2024-05-01T09:00:00Z"}}}`,
			more:      `,"sessionCredentialFromConsole":"true"`,
			principal: alice, session: "AIDA1@2024-05-01T09:00:00Z",
		},
		{
			name:      "sign-in that begins such a session",
			identity:  `{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"}`,
			more:      `,"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Success"}`,
			principal: alice, session: "AIDA1@2024-05-01T10:00:00Z",
		},
		{
			name:      "temporary key of a user that is not the console's",
			identity:  `{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"ASIA2","userName":"alice","sessionContext":{"attributes":{"creationDate":"2024-05-01T09:00:00Z"}}}`,
			principal: alice, session: "ASIA2",
		},
		{
			name:      "role session, by its issuer",
			identity:  `{"type":"AssumedRole","principalId":"AROA1:build-7","arn":"arn:aws:sts::111122223333:assumed-role/deploy/build-7","accountId":"111122223333","accessKeyId":"ASIA1","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA1","arn":"arn:aws:iam::111122223333:role/ci/deploy","accountId":"111122223333","userName":"deploy"}}}`,
			principal: deploy, session: "AROA1:build-7",
		},
		{
			name:      "role session without an issuer",
			identity:  `{"type":"AssumedRole","arn":"arn:aws:sts::111122223333:assumed-role/deploy/build-7","accountId":"111122223333","accessKeyId":"ASIA1"}`,
			principal: event.Principal{Kind: event.Role, Name: "deploy", Account: account, ARN: "arn:aws:iam::111122223333:role/deploy"}, session: "build-7",
		},
		{
			name:      "role session in which a service made the call",
			identity:  `{"type":"AssumedRole","principalId":"AROA1:build-7","accountId":"111122223333","invokedBy":"cloudformation.amazonaws.com","sessionContext":{"sessionIssuer":{"type":"Role","arn":"arn:aws:iam::111122223333:role/ci/deploy","accountId":"111122223333","userName":"deploy"}}}`,
			principal: deploy, session: "AROA1:build-7",
		},
		{
			name:      "role itself",
			identity:  `{"type":"Role","arn":"arn:aws:iam::111122223333:role/ci/deploy","accountId":"111122223333"}`,
			principal: deploy,
		},
		{
			name:      "federated user, by the user who issued it",
			identity:  `{"type":"FederatedUser","principalId":"111122223333:bob","arn":"arn:aws:sts::111122223333:federated-user/bob","accountId":"111122223333","accessKeyId":"ASIA1","sessionContext":{"sessionIssuer":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","userName":"alice"}}}`,
			principal: alice, session: "111122223333:bob",
		},
		{
			name:      "federated user that root issued",
			identity:  `{"type":"FederatedUser","principalId":"111122223333:bob","arn":"arn:aws:sts::111122223333:federated-user/bob","accountId":"111122223333","accessKeyId":"ASIA1","sessionContext":{"sessionIssuer":{"type":"Root","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333"}}}`,
			principal: event.Principal{Kind: event.Federated, Name: "bob", Account: account, ARN: "arn:aws:sts::111122223333:federated-user/bob"}, session: "111122223333:bob",
		},
		{
			name:      "root",
			identity:  `{"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"ASIA1","userName":"my-alias"}`,
			principal: root, session: "ASIA1",
		},
		{
			name:      "root in a failed sign-in, without an ARN",
			identity:  `{"type":"Root","accountId":"111122223333"}`,
			principal: root,
		},
		{
			name:      "SAML",
			identity:  `{"type":"SAMLUser","principalId":"abc:eve@example.com","userName":"eve@example.com","identityProvider":"arn:aws:iam::111122223333:saml-provider/Okta"}`,
			principal: event.Principal{Kind: event.Federated, Name: "eve@example.com", Account: account}, session: "abc:eve@example.com",
		},
		{
			name:      "web identity",
			identity:  `{"type":"WebIdentityUser","principalId":"accounts.google.com:app:123","userName":"123","identityProvider":"accounts.google.com"}`,
			principal: event.Principal{Kind: event.Federated, Name: "123"}, session: "accounts.google.com:app:123",
		},
		{
			name:      "service",
			identity:  `{"type":"AWSService","invokedBy":"ec2.amazonaws.com"}`,
			principal: event.Principal{Kind: event.Service, Name: "ec2.amazonaws.com"},
		},
		{
			name:      "null type with invokedBy",
			identity:  `{"type":null,"invokedBy":"autoscaling.amazonaws.com","accountId":"111122223333"}`,
			principal: event.Principal{Kind: event.Service, Name: "autoscaling.amazonaws.com"},
		},
		{
			name:      "another account",
			identity:  `{"type":"AWSAccount","principalId":"AIDA9","accountId":"999900001111"}`,
			principal: event.Principal{Kind: event.Account, Name: "999900001111", Account: "999900001111"}, session: "AIDA9",
		},
		{
			name:      "nobody",
			identity:  `{"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"}`,
			principal: event.Principal{Kind: event.Account, Name: "ANONYMOUS_PRINCIPAL", Account: "ANONYMOUS_PRINCIPAL"},
		},
		{
			name:      "Identity Center user",
			identity:  `{"type":"IdentityCenterUser","accountId":"111122223333","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"},"credentialId":"c"}`,
			principal: event.Principal{Kind: event.IdentityCenter, Name: "u-1", Account: account},
		},
		{
			name:      "Identity Center user of unknown type",
			identity:  `{"type":"Unknown","onBehalfOf":{"userId":"u-1","identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"}}`,
			principal: event.Principal{Kind: event.IdentityCenter, Name: "u-1", Account: account},
		},
		{
			name:      "Directory",
			identity:  `{"type":"Directory","userName":"corp\\eve","accountId":"111122223333"}`,
			principal: event.Principal{Kind: event.Unknown, Name: `corp\eve`, Account: account},
		},
		{
			name:      "unknown type with an ARN that tells",
			identity:  `{"type":"Something","arn":"arn:aws:iam::111122223333:user/alice"}`,
			principal: alice,
		},
		{name: "none", principal: event.Principal{Kind: event.Unknown, Name: "unidentified"}},
		{
			name: "none, in a service event", more: `,"eventType":"AwsServiceEvent"`,
			principal: event.Principal{Kind: event.Service, Name: "iam.amazonaws.com"},
		},
		{name: "null", identity: `null`, principal: event.Principal{Kind: event.Unknown, Name: "unidentified"}},
		{name: "text", identity: `"alice"`, principal: event.Principal{Kind: event.Unknown, Name: "unidentified"}},
		{name: "list", identity: `[{"type":"IAMUser"}]`, principal: event.Principal{Kind: event.Unknown, Name: "unidentified"}},
		{
			name:      "members of odd types",
			identity:  `{"type":"IAMUser","accountId":111122223333,"arn":["x"],"userName":"alice","sessionContext":"none","accessKeyId":{"a":1}}`,
			principal: alice,
		},
		{
			name:      "user without any name",
			identity:  `{"type":"IAMUser","principalId":"AIDA1","accountId":"111122223333"}`,
			principal: event.Principal{Kind: event.Unknown, Name: "AIDA1", Account: account}, session: "AIDA1",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := mustRead(t, record(tt.identity, tt.more))
			if diff := cmp.Diff(tt.principal, e.Principal); diff != "" {
				t.Errorf("principal, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.session, e.Session); diff != "" {
				t.Errorf("session, -want +got:\n%s", diff)
			}
		})
	}
}

func TestReadTakesTheFieldsOfARecord(t *testing.T) {
	raw := `{"eventID":"id","sharedEventID":"shared","eventTime":"2024-05-01T12:00:00+02:00","eventName":"CreateUser",` +
		`"eventSource":"iam.amazonaws.com","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2 \u001b[31m",` +
		`"errorCode":"AccessDenied","errorMessage":"no","requestID":"req","readOnly":false,"recipientAccountId":"1",` +
		`"userIdentity":{"type":"AWSService","invokedBy":"x.amazonaws.com","accessKeyId":"ASIA"},"unknown":{"deep":[1,2,{}]}}`
	got := mustRead(t, []byte(" \n"+raw+"\t"))
	want := event.Event{
		ID: "id", SharedID: "shared", Time: time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC),
		Name: "CreateUser", Source: "iam.amazonaws.com", Region: "us-east-1", SourceIP: "203.0.113.7",
		UserAgent: "aws-cli/2 \x1b[31m", ErrorCode: "AccessDenied", ErrorMessage: "no", RequestID: "req",
		Account: "1", AccessKey: "ASIA", IdentityType: "AWSService", InvokedBy: "x.amazonaws.com",
		Principal: event.Principal{Kind: event.Service, Name: "x.amazonaws.com"}, Session: "ASIA", Raw: []byte(raw),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFieldsOfOddTypesDoNotLoseTheRecord(t *testing.T) {
	raw := `{"eventID":12,"eventTime":1714557600,"eventName":"A","eventSource":null,"awsRegion":["x"],"sourceIPAddress":{"a":1},` +
		`"userAgent":true,"errorCode":false,"readOnly":"TRUE","recipientAccountId":111122223333,"userIdentity":7,"responseElements":"x"}`
	got := mustRead(t, []byte(raw))
	want := event.Event{
		ID: "12", Name: "A", UserAgent: "true", ErrorCode: "false", ReadOnly: true, Account: "111122223333",
		Principal: event.Principal{Kind: event.Unknown, Name: "unidentified"}, Raw: []byte(raw),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestARecordWithoutAnIDIsRecognisedByItsBytes(t *testing.T) {
	a, again := mustRead(t, []byte(`{"eventName":"A"}`)), mustRead(t, []byte(` {"eventName":"A"} `))
	b := mustRead(t, []byte(`{"eventName":"B"}`))
	if a.ID == "" || a.ID != again.ID || a.ID == b.ID {
		t.Errorf("ids %q, %q and %q", a.ID, again.ID, b.ID)
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	tests := []struct {
		name, in string
		want     error
	}{
		{"other JSON", `{"name":"x"}`, event.ErrNotRecord},
		{"number", `12`, event.ErrNotRecord},
		{"list", `[{"eventName":"A"}]`, event.ErrNotRecord},
		{"Insights, by category", `{"eventName":"A","eventCategory":"Insight"}`, event.ErrInsight},
		{"Insights, by type", `{"eventType":"AwsCloudTrailInsight"}`, event.ErrInsight},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := event.Read([]byte(tt.in)); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWhatIsNotJSONIsRefusedWithThePlace(t *testing.T) {
	for _, in := range []string{
		``, ` `, `{`, `{"eventName":"A"`, `{"eventName":"A",}`, `{"eventName":"A"}x`, `{"eventName":tru}`, `{"a":01}`, `{"a":1.}`,
		`{"a":1e}`, `{"a":-}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, "{\"a\":\"\n\"}", `{"a" 1}`, `{'a':1}`, `[1,]`, `nul`, "\x00",
		`{"eventName":"A","x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		_, err := event.Read([]byte(in))
		if err == nil || errors.Is(err, event.ErrNotRecord) || !strings.Contains(err.Error(), "at byte") {
			t.Errorf("%.40q: got %v", in, err)
		}
	}
}

func TestACallFailedIfItsRecordOrItsSignInSaysSo(t *testing.T) {
	tests := []struct {
		name, more string
		want       bool
	}{
		{"plain success", ``, false},
		{"error code", `,"errorCode":"AccessDenied"`, true},
		{"error message alone", `,"errorMessage":"Failed authentication"`, true},
		{"sign-in that failed", `,"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Failure"}`, true},
		{"sign-in that succeeded", `,"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Success"}`, false},
		{"second factor that failed", `,"eventSource":"signin.amazonaws.com","eventName":"CheckMfa","responseElements":{"CheckMfa":"Failure"}`, true},
		{"the word in another service's response", `,"responseElements":{"ListUsers":"Failure"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := mustRead(t, record("", tt.more))
			if got := e.Failed(); got != tt.want {
				t.Errorf("Failed() = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAReaderReadsAsReadDoes(t *testing.T) {
	alice := record(`{"type":"IAMUser","accountId":"1","userName":"alice","accessKeyId":"A"}`, "")
	nobody := record("", "")
	root := record(`{"type":"Root","accountId":"1"}`, `,"awsRegion":"cn-north-1"`)
	var r event.Reader
	for _, raw := range [][]byte{alice, alice, nobody, alice, root, nobody, root} {
		got, err := r.Read(raw)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(mustRead(t, raw), got); diff != "" {
			t.Errorf("-alone +after others:\n%s", diff)
		}
	}
}

func TestLookupFollowsAPath(t *testing.T) {
	e := mustRead(t, []byte(`{"eventName":"A","a":{"b":[{"c":1},null,"x"],"d.e":{"f":true},"d":{"e":{"g":2}}},"x.y":"dotted","n":12345678901234567890}`))
	d, err := e.Document()
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path  string
		want  any
		found bool
	}{
		{"eventName", "A", true},
		{"a.b.0.c", json.Number("1"), true},
		{"a.b.1", nil, true},
		{"a.b.2", "x", true},
		{"a.b.3", nil, false},
		{"a.b.-1", nil, false},
		{"a.b.x", nil, false},
		{"a.b.2.z", nil, false},
		{"a.d.e.f", true, true},
		{"a.d.e.g", json.Number("2"), true},
		{"x.y", "dotted", true},
		{"n", json.Number("12345678901234567890"), true},
		{"A", nil, false},
		{"a.", nil, false},
		{"", nil, false},
		{".", nil, false},
		{"a..b", nil, false},
	}
	for _, tt := range tests {
		got, found := d.Lookup(tt.path)
		if diff := cmp.Diff(tt.want, got); diff != "" || found != tt.found {
			t.Errorf("Lookup(%q) = %v, %v; want %v, %v", tt.path, got, found, tt.want, tt.found)
		}
	}
}

func TestLevelsRankFromMildToCritical(t *testing.T) {
	for i, l := range []event.Level{event.Informational, event.Low, event.Medium, event.High, event.Critical} {
		if l.Rank() != i {
			t.Errorf("%s ranks %d, want %d", l, l.Rank(), i)
		}
	}
}

func TestContainableSaysWhyNotAndWhatToDo(t *testing.T) {
	tests := []struct {
		name    string
		p       event.Principal
		ok      bool
		mention string
	}{
		{"user", event.Principal{Kind: event.User, Name: "alice"}, true, ""},
		{"group", event.Principal{Kind: event.Group, Name: "admins"}, true, ""},
		{"role", event.Principal{Kind: event.Role, Name: "deploy", ARN: "arn:aws:iam::1:role/ci/deploy"}, true, ""},
		{"role with a name like a path", event.Principal{Kind: event.Role, Name: "aws-service-role", ARN: "arn:aws:iam::1:role/aws-service-role"}, true, ""},
		{"service-linked role", event.Principal{Kind: event.Role, Name: "AWSServiceRoleForECS", ARN: "arn:aws:iam::1:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"}, false, "stop the resource"},
		{"Identity Center's role", event.Principal{Kind: event.Role, Name: "AWSReservedSSO_Admin_1", ARN: "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1"}, false, "permission set"},
		{"Identity Center's role, path not known", event.Principal{Kind: event.Role, Name: "AWSReservedSSO_Admin_1"}, false, "permission set"},
		{"root", event.Principal{Kind: event.Root, Name: "root"}, false, "service control policy"},
		{"federated from root", event.Principal{Kind: event.Federated, Name: "bob", ARN: "arn:aws:sts::1:federated-user/bob"}, false, "root's access keys"},
		{"federated by a provider", event.Principal{Kind: event.Federated, Name: "eve"}, false, "the role that it assumed"},
		{"service", event.Principal{Kind: event.Service, Name: "ec2.amazonaws.com"}, false, "role"},
		{"another account", event.Principal{Kind: event.Account, Name: "999900001111"}, false, "that account's owner"},
		{"nobody", event.Principal{Kind: event.Account, Name: "ANONYMOUS_PRINCIPAL"}, false, "public access"},
		{"Identity Center user", event.Principal{Kind: event.IdentityCenter, Name: "u-1"}, false, "Identity Center"},
		{"unknown", event.Principal{Kind: event.Unknown, Name: "unidentified"}, false, "find out"},
		{"sign-in with a name that is no user", event.Principal{Kind: event.Unknown, Name: "HIDDEN_DUE_TO_SECURITY_REASONS"}, false, "source address"},
		{"user without a name", event.Principal{Kind: event.User}, false, "find out"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ok, why := tt.p.Containable()
			if ok != tt.ok || !strings.Contains(why, tt.mention) || ok != (why == "") {
				t.Errorf("got %v, %q; want %v and %q", ok, why, tt.ok, tt.mention)
			}
			if !ok && (strings.Count(why, ".") != 1 || !strings.HasSuffix(why, ".")) {
				t.Errorf("not one sentence: %q", why)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(record(`{"type":"IAMUser","accountId":"1","userName":"alice"}`, `,"x":[1,-2.5e+3,true,null,"\u00e9\n"]`))
	f.Add(record(`{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/r/s","sessionContext":{"sessionIssuer":{"arn":"arn:::::"}}}`, ""))
	f.Add(record(`{"type":"FederatedUser"}`, `,"eventSource":"signin.amazonaws.com","responseElements":{"ListUsers":1}`))
	f.Add([]byte(`{"eventN\u0061me":"A","userIdentity":{"type":null,"onBehalfOf":{}}}`))
	f.Add([]byte(`[[[{"a":{}}]]]`))
	paths, err := filepath.Glob("../../../shared/data/stratus/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		var records []json.RawMessage
		if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &records) == nil && len(records) > 0 {
			f.Add([]byte(records[0]))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := event.Read(raw)
		isJSON := err == nil || errors.Is(err, event.ErrNotRecord) || errors.Is(err, event.ErrInsight)
		if isJSON != json.Valid(raw) && !strings.Contains(err.Error(), "inside one another") {
			t.Fatalf("err is %v, but valid JSON is %v", err, json.Valid(raw))
		}
		if err != nil {
			return
		}
		if e.ID == "" || e.Principal.Kind == "" || e.Principal.Name == "" || !json.Valid(e.Raw) {
			t.Errorf("incomplete: %+v", e)
		}
		if _, why := e.Principal.Containable(); strings.ContainsAny(why, "\x1b\n") {
			t.Errorf("why not: %q", why)
		}
		d, err := e.Document()
		if err != nil {
			t.Fatal(err)
		}
		if name, ok := d["eventName"].(string); ok && name != e.Name {
			t.Errorf("eventName %q, document has %q", e.Name, name)
		}
	})
}
