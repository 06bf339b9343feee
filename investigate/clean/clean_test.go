package clean_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/clean"
)

func TestLineMakesHostileTextVisibleAndHarmless(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain text stays", "alice@example.com", "alice@example.com"},
		{"printable text of any script stays", "naïve Ünïcode 日本語 עברית 🔥 ❤️", "naïve Ünïcode 日本語 עברית 🔥 ❤️"},
		{"a colour is seen, not shown", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"a window title is not set", "\x1b]0;owned\a", `\x1b]0;owned\x07`},
		{"a link cannot be followed", "\x1b]8;;http://x\x1b\\click\x1b]8;;\x1b\\", `\x1b]8;;http://x\x1b\click\x1b]8;;\x1b\`},
		{"the clipboard is not written", "\x1b]52;c;cm0gLXJm\x07", `\x1b]52;c;cm0gLXJm\x07`},
		{"a device control string does nothing", "\x1bP$q\"p\x1b\\", `\x1bP$q"p\x1b\`},
		{"a carriage return cannot overwrite the row", "evil\rgood", `evil\rgood`},
		{"one line stays one line", "a\nb\vc\fd\u0085e\u2028f\u2029g", `a\nb\x0bc\x0cd\u0085e\u2028f\u2029g`},
		{"a tab does not move columns", "a\tb", `a\tb`},
		{"C1 as characters", "\u009b31m", `\u009b31m`},
		{"C1 as bytes", "\x9b31m", `\x9b31m`},
		{"NUL, DEL", "a\x00b\x7fc", `a\x00b\x7fc`},
		{"text is not reversed", "user\u202etxt.exe\u2066\u2069\u200e\u200f\u061c", `user\u202etxt.exe\u2066\u2069\u200e\u200f\u061c`},
		{"zero width", "ad\u200bmin\u200c\u200d\u2060\ufeff", `ad\u200bmin\u200c\u200d\u2060\ufeff`},
		{"tag characters", "a\U000e0041\U000e007f", `a\U000e0041\U000e007f`},
		{"variation selectors beyond those of emoji", "a\ufe00\U000e0100", `a\ufe00\U000e0100`},
		{"fillers without an appearance", "a\u3164\u115f\u2800\u034f", `a\u3164\u115f\u2800\u034f`},
		{"soft hyphen", "ad\u00admin", `ad\u00admin`},
		{"bytes that are not UTF-8", "a\xff\xc3(", `a\xff\xc3(`},
		{"a real replacement character stays", "a\ufffd", "a\ufffd"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, clean.Line(tt.in)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestTextKeepsLinesAndTabsAndNothingElse(t *testing.T) {
	got := clean.Text("a\tb\nc\rd\x1b[2J")
	if diff := cmp.Diff("a\tb\nc"+`\rd\x1b[2J`, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRecordRedactsSecretsAndNothingElse(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"keeps order, digits and escapes of text", `{"b":1.50,"a":"x\u001b[0m\u202e"}`, `{"b":1.50,"a":"x\u001b[0m\u202e"}`},
		{
			"credentials", `{"credentials":{"accessKeyId":"ASIA1","secretAccessKey":"s","sessionToken":"t"}}`,
			`{"credentials":{"accessKeyId":"ASIA1","secretAccessKey":"[redacted]","sessionToken":"[redacted]"}}`,
		},
		{
			"in any casing", `{"SessionToken":"t","SECRET_ACCESS_KEY":"s","x-amz-security-token":"y"}`,
			`{"SessionToken":"[redacted]","SECRET_ACCESS_KEY":"[redacted]","x-amz-security-token":"[redacted]"}`,
		},
		{
			"passwords, not facts about them", `{"newPassword":"n","oldPassword":"o","passwordLastUsed":"2024","passwordResetRequired":true,"manageMasterUserPassword":true,"password":null}`,
			`{"newPassword":"[redacted]","oldPassword":"[redacted]","passwordLastUsed":"2024","passwordResetRequired":true,"manageMasterUserPassword":true,"password":null}`,
		},
		{
			"whatever the secret's type", `{"password":["a"],"plaintext":{"x":1},"privateKey":7}`,
			`{"password":"[redacted]","plaintext":"[redacted]","privateKey":"[redacted]"}`,
		},
		{"deep inside", `[{"a":[{"SecretString":"x"}]}]`, `[{"a":[{"SecretString":"[redacted]"}]}]`},
		{
			"JSON inside a string", `{"body":"{\"serviceSpecificCredential\":{\"servicePassword\":\"p\"},\"n\":1}"}`,
			`{"body":"{\"serviceSpecificCredential\":{\"servicePassword\":\"[redacted]\"},\"n\":1}"}`,
		},
		{
			"JSON inside JSON inside a string", `{"a":"{\"b\":\"{\\\"password\\\":\\\"p\\\"}\"}"}`,
			`{"a":"{\"b\":\"{\\\"password\\\":\\\"[redacted]\\\"}\"}"}`,
		},
		{
			"a policy in a string keeps its bytes", `{"policyDocument":"{ \"Version\" : \"2012-10-17\" }"}`,
			`{"policyDocument":"{ \"Version\" : \"2012-10-17\" }"}`,
		},
		{"JSON in a string that was cut off", `{"a":"{\"sessionToken\": \"FwoG"}`, `{"a":"{\"sessionToken\": \"[redacted]"}`},
		{
			"assignments", `{"command":"AWS_SECRET_ACCESS_KEY=abc aws s3 ls","url":"https://x/?X-Amz-Security-Token=a%2F&b=1"}`,
			`{"command":"AWS_SECRET_ACCESS_KEY=[redacted] aws s3 ls","url":"https://x/?X-Amz-Security-Token=[redacted]&b=1"}`,
		},
		{
			"pairs", `{"environment":[{"name":"DB_PASSWORD","value":"p"},{"name":"HOME","value":"/"}],"p":{"ParameterKey":"DbPassword","ParameterValue":"p"}}`,
			`{"environment":[{"name":"DB_PASSWORD","value":"[redacted]"},{"name":"HOME","value":"/"}],"p":{"ParameterKey":"DbPassword","ParameterValue":"[redacted]"}}`,
		},
		{
			"assignments in quotes, in sentences, and after a flag", `{"a":"password='a b' x","b":"secretAccessKey: s, then","c":"mysql --password p -h db","d":"psql --db-password 'a b' x"}`,
			`{"a":"password=[redacted] x","b":"secretAccessKey: [redacted], then","c":"mysql --password [redacted] -h db","d":"psql --db-password [redacted] x"}`,
		},
		{
			"in the address of a server", `{"a":"postgres://app:pw@db:5432/x","b":"https://db:5432/a@b","c":"arn:aws:iam::1:user/a@b"}`,
			`{"a":"postgres://app:[redacted]@db:5432/x","b":"https://db:5432/a@b","c":"arn:aws:iam::1:user/a@b"}`,
		},
		{
			"pairs that people name", `{"environment":[{"name":"API_KEY","value":"a"},{"name":"DB_PASS","value":"b"},{"name":"COMPASS","value":"c"}],"nextToken":"d"}`,
			`{"environment":[{"name":"API_KEY","value":"[redacted]"},{"name":"DB_PASS","value":"[redacted]"},{"name":"COMPASS","value":"c"}],"nextToken":"d"}`,
		},
		{"prose about passwords", `{"a":"the password must have: 8 letters","b":"no password policy"}`, `{"a":"the password must have: 8 letters","b":"no password policy"}`},
		{"a name with blanks", `{"sessionToken ":"t"}`, `{"sessionToken ":"[redacted]"}`},
		{"member names are cleaned too", `{"\u001b]0;x\u0007":1}`, `{"\u001b]0;x\u0007":1}`},
		{"characters beyond the basic plane", `{"a":"\udb40\udc41🔥"}`, `{"a":"\udb40\udc41🔥"}`},
		{"what is not JSON", "\x1b[2J{\"password\":\"p\"", `"\u001b[2J{\"password\":\"[redacted]\""`},
		{"nothing", ``, `""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, string(clean.Record([]byte(tt.in)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRedactLeavesItsArgumentAlone(t *testing.T) {
	in := map[string]any{"password": "p", "list": []any{map[string]any{"sessionToken": "t"}}}
	got := clean.Redact(in)
	want := map[string]any{"password": "[redacted]", "list": []any{map[string]any{"sessionToken": "[redacted]"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if in["password"] != "p" {
		t.Error("the argument was changed")
	}
}

func TestIndentedHasALineForEachMember(t *testing.T) {
	got := string(clean.Indented([]byte(`{"a":{"password":"p"},"b":[1,2]}`)))
	want := "{\n  \"a\": {\n    \"password\": \"[redacted]\"\n  },\n  \"b\": [\n    1,\n    2\n  ]\n}"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
