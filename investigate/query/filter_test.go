package query

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cordon/investigate/event"
)

const sample = `{
	"eventName": "CreateUser", "eventSource": "iam.amazonaws.com", "eventTime": "2026-01-02T03:04:05Z",
	"eventID": "11111111-2222-3333-4444-555555555555", "awsRegion": "us-east-1",
	"sourceIPAddress": "192.0.2.1", "userAgent": "aws-cli/2.31", "errorCode": "Client.UnauthorizedOperation",
	"recipientAccountId": "123456789012", "readOnly": false,
	"userIdentity": {
		"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/alice", "accountId": "123456789012",
		"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "alice",
		"sessionContext": {"attributes": {"mfaAuthenticated": "false"}}
	},
	"requestParameters": {
		"userName": "bob", "count": 10, "text": "9", "float": 1.50, "padded": "007", "empty": "", "blank": " \t", "null": null,
		"on": true, "items": [{"name": "first", "n": 1}, {"name": "second"}], "x-amz-acl": "private", "dotted.key": "d",
		"policyDocument": "{\"Action\":\"*\",\"Effect\":\"Allow\"}"
	},
	"responseElements": null
}`

func sampleRecord(t testing.TB) *Record {
	t.Helper()
	e, err := event.Read([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	return NewRecord(&e)
}

func TestFiltersSelectAsLogsInsightsDoes(t *testing.T) {
	tests := []struct {
		filter string
		want   bool
	}{
		{`eventName = "CreateUser"`, true},
		{`eventName = 'CreateUser'`, true},
		{`eventName = "createuser"`, false},
		{`EventName = "CreateUser"`, false},
		{`eventName != "CreateUser"`, false},
		{`eventName="DeleteUser" or eventName = "CreateUser"`, true},
		{`eventName = "CreateUser" and eventSource = "s3.amazonaws.com"`, false},
		{`eventName = "CreateUser" AND NOT eventSource = "s3.amazonaws.com"`, true},
		// and binds tighter than or, not tighter than both
		{`eventName = "CreateUser" or eventName = "x" and eventName = "y"`, true},
		{`(eventName = "CreateUser" or eventName = "x") and eventName = "y"`, false},
		{`not eventName = "x" and eventName = "y"`, false},
		{`not (eventName = "x" and eventName = "y")`, true},
		{`not not eventName = "CreateUser"`, true},
		// like and regular expressions
		{`errorCode like /Unauthorized|Denied|Forbidden/`, true},
		{`errorCode like /unauthorized/`, false},
		{`errorCode like /(?i)unauthorized/`, true},
		{`errorCode =~ /^Client\./`, true},
		{`errorCode not like /Unauthorized/`, false},
		{`errorCode like "Unauthorized"`, true},
		{`errorCode like "unauthorized"`, false},
		{`errorCode like "Un.*d"`, false},
		{`errorCode not like "x"`, true},
		{`userAgent like /aws-cli\/2/`, true},
		// in
		{`eventName in ["DeleteUser", "CreateUser"]`, true},
		{`eventName in ['deleteuser']`, false},
		{`eventName in []`, false},
		{`eventName not in ["DeleteUser"]`, true},
		{`requestParameters.count in [9, 10]`, true},
		// numbers, and text that is one
		{`requestParameters.count > 9`, true},
		{`requestParameters.count >= 10`, true},
		{`requestParameters.count < 10`, false},
		{`requestParameters.count <= 9.99`, false},
		{`requestParameters.count = "10"`, true},
		{`requestParameters.count > "9"`, true},
		{`requestParameters.text < 10`, true},
		{`requestParameters.text < "10"`, false},
		{`requestParameters.float = 1.5`, true},
		{`requestParameters.padded = 7`, true},
		{`requestParameters.padded = "7"`, false},
		{`userIdentity.accountId = 123456789012`, true},
		{`userIdentity.accountId = 123456789013`, false},
		{`requestParameters.count > -1e3`, true},
		{`eventName > 5`, true}, // as text
		{`eventTime >= "2026-01-02" and eventTime < "2026-01-03"`, true},
		// booleans
		{`readOnly = false`, true},
		{`readOnly = 0`, true},
		{`requestParameters.on = true`, true},
		{`requestParameters.on = "true"`, true},
		{`requestParameters.on = 1`, true},
		{`userIdentity.sessionContext.attributes.mfaAuthenticated = "false"`, true},
		{`userIdentity.sessionContext.attributes.mfaAuthenticated = false`, true},
		// fields that are absent, or null
		{`errorMessage = "x"`, false},
		{`errorMessage != "x"`, true},
		{`errorMessage < "x"`, false},
		{`errorMessage > "x"`, false},
		{`errorMessage like /.*/`, false},
		{`errorMessage not like /x/`, true},
		{`errorMessage in ["x"]`, false},
		{`errorMessage not in ["x"]`, true},
		{`errorMessage = errorMessage`, false},
		{`not errorMessage = "x"`, true},
		{`responseElements = ""`, false},
		{`ispresent(errorMessage)`, false},
		{`ispresent(errorCode)`, true},
		{`not ispresent(errorMessage)`, true},
		{`ispresent(responseElements)`, false},
		{`ispresent(requestParameters)`, true},
		{`IsPresent(requestParameters.empty)`, true},
		{`isempty(requestParameters.empty)`, true},
		{`isempty(requestParameters.blank)`, false},
		{`isempty(requestParameters.missing)`, true},
		{`isblank(requestParameters.blank)`, true},
		{`isblank(requestParameters.null)`, true},
		{`isblank(requestParameters.text)`, false},
		// strcontains gives a number
		{`strcontains(eventName, "User")`, true},
		{`strcontains(eventName, "user")`, false},
		{`strcontains(eventName, "User") = 1`, true},
		{`strcontains(eventName, "Role") = 0`, true},
		{`strcontains(userIdentity.arn, userIdentity.accountId)`, true},
		// paths
		{`requestParameters.items.0.name = "first"`, true},
		{`requestParameters.items[1].name = "second"`, true},
		{`requestParameters.items.2.name = "second"`, false},
		{"requestParameters.`x-amz-acl` = \"private\"", true},
		{"`requestParameters.x-amz-acl` = \"private\"", true},
		{"requestParameters.`dotted.key` = \"d\"", true},
		{`userIdentity.userName != requestParameters.userName`, true},
		{"`in` = 1 or `like` = 2", false},
		{`@message like "AKIAIOSFODNN7EXAMPLE"`, true},
		{`@message like /"userName":\s*"bob"/`, true},
		{`@timestamp = 1767323045000`, true},
		{`@timestamp > 1767323045000`, false},
		// quotes, space and comments
		{`requestParameters.policyDocument like "\"Action\":\"*\""`, true},
		{`requestParameters.policyDocument like '"Action":"*"'`, true},
		{"\n\teventName\n=\n'CreateUser' # who\n", true},
		{`eventName = "#no comment"`, false},
	}
	for _, tc := range tests {
		t.Run(tc.filter, func(t *testing.T) {
			e, err := ParseFilter(tc.filter)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Match(sampleRecord(t)); got != tc.want {
				t.Errorf("selects: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestASyntaxErrorSaysWhereAndWhatWasExpected(t *testing.T) {
	tests := []struct{ filter, want string }{
		{``, `line 1, column 1: found nothing, expected a field, a function or (`},
		{`  `, `line 1, column 1: found nothing, expected a field, a function or (`},
		{`eventName =`, `line 1, column 12: found the end, expected a value ("text", a number or a field)`},
		{`eventName == "x"`, `line 1, column 12: found "=", expected a value ("text", a number or a field)`},
		{`eventName like x`, `line 1, column 16: found "x", expected "text" or a /regular expression/`},
		{`eventName =~ "x" y`, `line 1, column 18: found "y", expected and, or or the end`},
		{`eventName in "x"`, `line 1, column 14: found "\"x\"", expected a list in [brackets]`},
		{`eventName in ["x" "y"]`, `line 1, column 19: found "\"y\"", expected , or ]`},
		{`eventName in ["x",]`, `line 1, column 19: found "]", expected "text" or a number`},
		{`= 3`, `line 1, column 1: found "=", expected a field, a function or (`},
		{`a = 1 and`, `line 1, column 10: found the end, expected a field, a function or (`},
		{`a = 1 or or b = 2`, `line 1, column 10: found "or", expected a field, a function or (`},
		{`(a = 1`, `line 1, column 7: found the end, expected and, or or )`},
		{`a = 1)`, `line 1, column 6: found ")", expected and, or or the end`},
		{`a not 1`, `line 1, column 7: found "1", expected in or like`},
		{"a = 1 and\n  b ~ 2", "line 2, column 5: found '~'"},
		{"ü = 1", "line 1, column 1: found 'ü'; a field name with such characters needs `backticks`, text needs \"quotes\""},
		{`a = "é" b`, `line 1, column 9: found "b", expected and, or or the end`},
		{`a = "x`, `line 1, column 5: text in quotes that are not closed`},
		{`a like /x`, `line 1, column 8: a regular expression that is not closed by /`},
		{"`a = 1", `line 1, column 1: a field name in backticks that are not closed`},
		{`a like /(/`, `line 1, column 8: a regular expression that cannot be used`},
		{`a like /(?!x)/`, `regular expressions are RE2: no look-around, no back-references`},
		{`a`, `line 1, column 1: a condition that compares nothing, expected an operator (= != < <= > >= =~ like in) after it`},
		{`a = 1 | fields b`, `line 1, column 7: found "|", expected only the condition of one filter`},
		{`a = 1 && b = 2`, `line 1, column 7: found "&"; write and`},
		{`!a = 1`, `line 1, column 1: found "!"; write not`},
		{`foo(a) = 1`, `line 1, column 1: unknown function "foo", expected ispresent, isempty, isblank or strcontains`},
		{`ispresent()`, `line 1, column 1: ispresent() with 0 arguments, expected one field`},
		{`ispresent(a) = 1`, `line 1, column 1: ispresent() is a condition already`},
		{`strcontains(a)`, `line 1, column 1: strcontains() with 1 arguments, expected a field and a text`},
		{`@timestamp > "2026-01-01"`, `line 1, column 14: @timestamp is a number of milliseconds since 1970; compare a time written as text with eventTime`},
		{"a = \xff", `not valid UTF-8`},
		{strings.Repeat("a", maxLength+1), `too long`},
		{strings.Repeat("(", 101) + "a = 1" + strings.Repeat(")", 101), `line 1, column 101: more than 100 parentheses`},
	}
	for _, tc := range tests {
		_, err := ParseFilter(tc.filter)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%.60s: %v is no SyntaxError", tc.filter, err)
			continue
		}
		if got := err.Error(); !strings.Contains(got, tc.want) {
			t.Errorf("%.60s:\n got %s\nwant %s", tc.filter, got, tc.want)
		}
	}
}

func TestHostileExpressionsEndSoon(t *testing.T) {
	for name, src := range map[string]string{
		"negations":   strings.Repeat("not ", 10000) + "a = 1",
		"terms":       strings.Repeat("a=1 or ", 8000) + "a = 1",
		"parentheses": strings.Repeat("(", 60000),
		"brackets":    "a in " + strings.Repeat("[", 60000),
		"calls":       strings.Repeat("strcontains(", 5000),
		"nested":      strings.Repeat("(", 100) + "a = 1" + strings.Repeat(")", 100),
		"regexp":      "a like /" + strings.Repeat("(a+)+", 5000) + "/",
	} {
		if e, err := ParseFilter(src); err == nil {
			e.Match(sampleRecord(t))
		} else if !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinesAreExpressionsOrPlainWords(t *testing.T) {
	tests := []struct {
		line  string
		want  bool
		words []string
	}{
		{``, true, nil},
		{`   `, true, nil},
		{`alice`, true, []string{"alice"}},
		{`ALICE createuser`, true, []string{"alice", "createuser"}},
		{`alice nowhere`, false, []string{"alice", "nowhere"}},
		{`!nowhere`, true, []string{"nowhere"}},
		{`alice !createuser`, false, []string{"alice", "createuser"}},
		{`"192.0.2.1"`, true, []string{"192.0.2.1"}},
		{`arn:aws:iam::123456789012:user/alice`, true, []string{"arn:aws:iam::123456789012:user/alice"}},
		{`"us-east-1" !"no such phrase"`, true, []string{"us-east-1", "no such phrase"}},
		{`'"Action":"*"'`, true, []string{`"action":"*"`}},
		{`"a = b"`, false, []string{"a = b"}},
		{`o'brien`, false, []string{"o'brien"}},
		{`"AND"`, false, []string{"and"}},
		{`likes`, false, []string{"likes"}},
		{`eventName = "CreateUser"`, true, nil},
		{`eventName="DeleteUser"`, false, nil},
		{`ispresent(errorCode)`, true, nil},
		{`not (eventName like "User")`, false, nil},
	}
	for _, tc := range tests {
		t.Run(tc.line, func(t *testing.T) {
			e, err := ParseLine(tc.line)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Match(sampleRecord(t)); got != tc.want {
				t.Errorf("selects: %v, want %v", got, tc.want)
			}
			if diff := cmp.Diff(tc.words, e.Words()); diff != "" {
				t.Errorf("words: %s", diff)
			}
		})
	}
}

func TestALineMeantAsAnExpressionIsNeverTakenForWords(t *testing.T) {
	tests := []struct{ line, want string }{
		{`eventName =`, "column 12"},
		{`eventName = CreateUser extra`, "expected and, or or the end"},
		{`errorCode like Denied`, `expected "text" or a /regular expression/`},
		{`errorCode in AccessDenied`, "expected a list in [brackets]"},
		{`alice and bob`, "compares nothing"},
		{`alice or eventName = "x"`, "compares nothing"},
		{`not alice`, "compares nothing"},
		{`ispresent(errorCode`, "expected"},
		{`count > `, "expected a value"},
		{`alice "bob`, "not closed"},
		{`!`, "no word here"},
		{`alice ! bob`, "no word here"},
		{`""`, "no word here"},
	}
	for _, tc := range tests {
		_, err := ParseLine(tc.line)
		if !errors.As(err, new(*SyntaxError)) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", tc.line, err, tc.want)
		}
	}
	if _, err := ParseLine("alice or bob"); !strings.Contains(err.Error(), `put them in "quotes"`) {
		t.Errorf("the error does not say how to look for the words: %v", err)
	}
}

func TestColumnsAreThePathsAnExpressionReads(t *testing.T) {
	e, err := ParseFilter("b.c[0] = a and not (strcontains(d, \"x\") = 1 or ispresent(`e-f`)) and b.c[0] like /x/ and @message in [\"y\"]")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"@message", "a", "b.c.0", "d", "e-f"}, e.Columns()); diff != "" {
		t.Error(diff)
	}
}

// row stands for a store that answers from a few columns, without a record.
type row map[string]any

func (r row) Lookup(path string) (any, bool) { v, ok := r[path]; return v, ok }

func TestAnExpressionNeedsNoRecord(t *testing.T) {
	e, err := ParseFilter(`eventName = "CreateUser" and n > 3`)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []any{4, int64(4), 4.0, json.Number("4"), "4"} {
		if !e.Match(row{"eventName": "CreateUser", "n": n}) {
			t.Errorf("does not hold for %T", n)
		}
	}
	words, err := ParseLine("alice")
	if err != nil {
		t.Fatal(err)
	}
	if !words.Match(row{"@message": "by ALICE"}) || words.Match(row{"eventName": "alice"}) {
		t.Error("plain words are looked for in @message where there is no Searcher")
	}
	if !(&Expr{}).Match(row{}) {
		t.Error("the zero expression holds for every event")
	}
}

func TestTheJSONIsParsedOnlyForFieldsThatTheEventLacks(t *testing.T) {
	for filter, parsed := range map[string]bool{
		`eventName = "x" or eventSource = "x" or userIdentity.type = "x" or awsRegion = "x" or errorCode = "x"`: false,
		`eventName = "x" and requestParameters.userName = "bob"`:                                                false,
		`eventName = "CreateUser" and requestParameters.userName = "bob"`:                                       true,
	} {
		e, err := ParseFilter(filter)
		if err != nil {
			t.Fatal(err)
		}
		r := sampleRecord(t)
		e.Match(r)
		if r.parsed != parsed {
			t.Errorf("%s: parsed is %v", filter, r.parsed)
		}
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, s := range []string{
		`errorCode like /Unauthorized|Denied/ and not (a.0.b in ["x", 1] or ispresent(c))`, "`a-b` =~ /x/ # c", `strcontains(a, 'b') = 1`,
		`alice !bob "a phrase"`, `a = "\"`, `((((`, `a[0][1] >= -1.5e3`, "@timestamp != 3 or\n x not like 'y'",
	} {
		f.Add(s)
	}
	record := sampleRecord(f)
	f.Fuzz(func(t *testing.T, src string) {
		for _, parse := range []func(string) (*Expr, error){ParseFilter, ParseLine} {
			e, err := parse(src)
			if err == nil {
				e.Match(record)
				e.Columns()
				continue
			}
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 || syntax.Column < 1 {
				t.Errorf("%q: %v", src, err)
			}
		}
	})
}

func BenchmarkMatchFilter(b *testing.B) {
	e, err := ParseFilter(`eventName = "CreateUser" and errorCode like /Denied|Unauthorized/ and sourceIPAddress != "192.0.2.9"`)
	if err != nil {
		b.Fatal(err)
	}
	r := sampleRecord(b)
	for b.Loop() {
		e.Match(r)
	}
}

func BenchmarkParseLine(b *testing.B) {
	for b.Loop() {
		if _, err := ParseLine(`eventName = "CreateUser" and errorCode like /Denied|Unauthorized/`); err != nil {
			b.Fatal(err)
		}
	}
}
