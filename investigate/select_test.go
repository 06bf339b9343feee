package investigate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"cordon/investigate/event"
	"cordon/investigate/query"
)

// The texts that records and expressions are drawn from: few, so that they meet.
var drawnTexts = []string{
	"", "alice", "Alice", "ListUsers", "AccessDenied", "iam.amazonaws.com", "arn:aws:iam::123456789012:user/alice",
	"true", "false", "12", "007", "a.b", "ünïcode", "tab\there", `back\slash`, `quo"te`, "2024-05-01T00:00:01Z", "AKIAEXAMPLE",
}

// drawnToken is a JSON value as a record may have it in any place.
func drawnToken() *rapid.Generator[string] {
	text := rapid.Map(rapid.SampledFrom(drawnTexts), func(s string) string {
		return fmt.Sprintf("%q", s)
	})
	plain := rapid.OneOf(text, text, rapid.SampledFrom([]string{"null", "true", "false", `"\u0061lice"`}))
	// Rare, so that most records have nothing strange in them.
	strange := rapid.SampledFrom([]string{"12", "-0.5e1", "{}", "[]", `["alice", {"a": 1}]`, `{"arn": "alice", "0": {}}`, `"\ud800"`})
	return rapid.Custom(func(t *rapid.T) string {
		if rapid.IntRange(0, 49).Draw(t, "kind") == 49 {
			return strange.Draw(t, "strange")
		}
		return plain.Draw(t, "plain")
	})
}

// drawnObject is an object with some of the members, each a token or made by
// nested; now and then one twice, one with a dot in its name, one escaped.
func drawnObject(t *rapid.T, label string, members []string, nested map[string]func() string) string {
	var parts []string
	space := rapid.SampledFrom([]string{"", "", " ", "\n\t"}).Draw(t, "space")
	for _, m := range members {
		times := 1
		switch rapid.IntRange(0, 59).Draw(t, label+m) {
		case 0, 1, 2, 3, 4, 5:
			times = 0
		case 59:
			times = 2
		}
		for range times {
			value := ""
			if make := nested[m]; make != nil && rapid.IntRange(0, 9).Draw(t, "nest") > 0 {
				value = make()
			} else {
				value = drawnToken().Draw(t, m)
			}
			parts = append(parts, fmt.Sprintf("%q%s:%s%s", m, space, space, value))
		}
	}
	if rapid.IntRange(0, 29).Draw(t, "strange") < 2 {
		parts = append(parts, rapid.SampledFrom([]string{`"userIdentity.arn":"alice"`, `"ev\u0065ntType":"alice"`, `"arn.x":1`}).Draw(t, "name"))
	}
	return "{" + space + strings.Join(parts, space+","+space) + space + "}"
}

func drawnRecord(t *rapid.T, id int) string {
	issuer := func() string { return drawnObject(t, "issuer", []string{"userName", "arn"}, nil) }
	attributes := func() string { return drawnObject(t, "attributes", []string{"mfaAuthenticated", "creationDate"}, nil) }
	session := func() string {
		return drawnObject(t, "session", []string{"sessionIssuer", "attributes"}, map[string]func() string{"sessionIssuer": issuer, "attributes": attributes})
	}
	identity := func() string {
		return drawnObject(t, "identity", []string{"type", "principalId", "arn", "accountId", "accessKeyId", "userName", "invokedBy", "sessionContext"},
			map[string]func() string{"sessionContext": session})
	}
	parameters := func() string { return drawnObject(t, "parameters", []string{"userName", "policyArn", "list"}, nil) }
	at := func() string {
		if rapid.IntRange(0, 9).Draw(t, "odd time") == 0 {
			return `"2024-05-01T02:00:01.5+02:00"`
		}
		return fmt.Sprintf(`"2024-05-01T00:00:0%dZ"`, rapid.IntRange(0, 3).Draw(t, "second"))
	}
	record := drawnObject(t, "record", []string{
		"eventSource", "eventTime", "eventType", "awsRegion", "sourceIPAddress", "userAgent", "errorCode", "errorMessage",
		"readOnly", "managementEvent", "recipientAccountId", "userIdentity", "requestParameters",
	}, map[string]func() string{"userIdentity": identity, "requestParameters": parameters, "eventTime": at})
	// Always a name, and an ID of its own.
	name := rapid.SampledFrom([]string{"ListUsers", "alice", "ConsoleLogin"}).Draw(t, "name")
	own := fmt.Sprintf(`"eventName":%q,"eventID":"%08d-aaaa-bbbb-cccc-0123456789ab"`, name, id)
	if strings.Trim(record, "{} \n\t") == "" {
		return "{" + own + "}"
	}
	return strings.Replace(record, "{", "{"+own+",", 1)
}

func drawnExpr(depth int) *rapid.Generator[*query.Expr] {
	return rapid.Custom(func(t *rapid.T) *query.Expr {
		if depth > 0 {
			args := func() []*query.Expr { return rapid.SliceOfN(drawnExpr(depth-1), 0, 3).Draw(t, "args") }
			switch rapid.IntRange(0, 4).Draw(t, "node") {
			case 0:
				return query.All(args()...)
			case 1:
				return query.Any(args()...)
			case 2:
				return query.Negate(drawnExpr(depth-1).Draw(t, "arg"))
			}
		}
		return drawnTest(t)
	})
}

func drawnTest(t *rapid.T) *query.Expr {
	field := rapid.SampledFrom(append(slices.Clone(paths[:]),
		"@timestamp", "@message", "eventID", "errorMessage", "requestParameters.userName", "requestParameters.list.0", "userIdentity",
		"userIdentity.sessionContext", "userIdentity.sessionContext.attributes.creationDate"))
	path := field.Draw(t, "path")
	var value any = rapid.SampledFrom(drawnTexts).Draw(t, "value")
	if rapid.IntRange(0, 4).Draw(t, "number") == 0 {
		value = rapid.SampledFrom([]any{float64(12), float64(7), true, false}).Draw(t, "other")
	}
	right := query.Literal(value)
	if rapid.IntRange(0, 9).Draw(t, "two fields") == 0 {
		right = query.Field(field.Draw(t, "right"))
	}
	text, _ := value.(string)
	switch op := query.Op(rapid.Uint8Range(uint8(query.Not), uint8(query.Matches)).Draw(t, "op")); op {
	case query.Not, query.Contains:
		return query.Compare(query.Contains, query.Field(path), right)
	case query.In:
		return &query.Expr{Op: op, Left: query.Field(path), Right: []query.Operand{right, query.Literal("alice")}}
	case query.Regexp:
		return &query.Expr{Op: op, Left: query.Field(path), Regexp: regexp.MustCompile(regexp.QuoteMeta(text) + "$")}
	case query.True, query.Present, query.Empty, query.Blank:
		return &query.Expr{Op: op, Left: query.Field(path)}
	case query.Word:
		return query.HasWord(rapid.SampledFrom([]string{"alice", "LISTUSERS", "denied", "user/alice", "tab", "ünï", "00000001-aaaa-bbbb-cccc-0123456789ab"}).Draw(t, "word"))
	case query.Matches:
		kind := rapid.SampledFrom([]query.PatternKind{query.Exact, query.Prefix, query.Suffix, query.Part, query.Null, query.Exists}).Draw(t, "kind")
		return query.MatchesAny(path, query.NewPattern(kind, text, rapid.Bool().Draw(t, "cased")))
	default:
		return query.Compare(op, query.Field(path), right)
	}
}

// plainly reads an event as query does, except that plain words are looked for
// where Filter says, by another way than the store's.
type plainly struct {
	*query.Record
	texts []string
	id    string
}

func newPlainly(t *rapid.T, e *event.Event, subject string) plainly {
	document, err := e.Document()
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{
		e.Principal.String(), e.Principal.ARN, e.Session, e.AccessKey, e.InvokedBy, e.Name, e.Source, subject,
		e.SourceIP, e.UserAgent, e.Region, e.ErrorCode, e.Account,
	}
	for _, path := range []string{"userIdentity.arn", "userIdentity.userName"} {
		if value, ok := document.Lookup(path); ok {
			if text, ok := value.(string); ok {
				texts = append(texts, text)
			}
		}
	}
	return plainly{query.NewRecord(e), texts, e.ID}
}

func (p plainly) Contains(word string) bool {
	return p.id == word || slices.ContainsFunc(p.texts, func(text string) bool {
		return strings.Contains(strings.ToLower(text), word)
	})
}

// Whatever the records and the expression, a selection is what reading every
// record and asking the expression gives, in order of time.
func TestSelectionIsWhatReadingEveryRecordGives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var events []event.Event
		for i := range rapid.IntRange(1, 12).Draw(t, "events") {
			e, err := event.Read([]byte(drawnRecord(t, i)))
			if err != nil {
				t.Fatalf("the drawn record is none: %v", err)
			}
			events = append(events, e)
		}
		s := NewStore(nil, testClock)
		if err := s.Add(events); err != nil {
			t.Fatal(err)
		}
		f := Filter{Descending: rapid.Bool().Draw(t, "descending"), Everywhere: rapid.Bool().Draw(t, "everywhere")}
		exprs := rapid.SliceOfN(drawnExpr(3), 5, 5).Draw(t, "expressions")
		for _, expr := range append(exprs, simple()...) {
			f.Expr = expr
			got, err := s.Select(context.Background(), f)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(byReading(t, s, events, f), got.Rows, cmpopts.EquateEmpty()); diff != "" {
				for _, e := range events {
					t.Logf("%s", e.Raw)
				}
				t.Fatalf("%+v: selected rows (-want +got):\n%s", expr, diff)
			}
		}
	})
}

// simple is one test of each sort for each field, and words.
func simple() []*query.Expr {
	var all []*query.Expr
	for _, path := range append([]string{"@timestamp"}, paths[:]...) {
		for _, op := range []query.Op{query.Present, query.Empty, query.True} {
			all = append(all, &query.Expr{Op: op, Left: query.Field(path)})
		}
		all = append(all,
			query.Negate(query.Compare(query.Contains, query.Field(path), query.Literal("alice"))),
			query.Compare(query.Equal, query.Field(path), query.Literal("2024-05-01T00:00:01Z")),
			query.Compare(query.LessEqual, query.Field(path), query.Literal("alice")),
			query.MatchesAny(path, query.NewPattern(query.Exists, "", false)),
		)
	}
	return append(all, query.HasWord("alice"), query.Negate(query.HasWord("user/alice")), query.HasWord("00000001-aaaa-bbbb-cccc-0123456789ab"))
}

// byReading selects by reading every record.
func byReading(t *rapid.T, s *Store, events []event.Event, f Filter) []int {
	var rows []int
	for n := range events {
		var fields query.Fields = newPlainly(t, &events[n], s.Row(n).Subject)
		if f.Everywhere {
			fields = query.NewRecord(&events[n])
		}
		if f.Expr.Match(fields) {
			rows = append(rows, n)
		}
	}
	slices.SortFunc(rows, func(a, b int) int {
		return cmp.Or(events[a].Time.Compare(events[b].Time), strings.Compare(events[a].ID, events[b].ID))
	})
	if f.Descending {
		slices.Reverse(rows)
	}
	return rows
}

// What the columns and the blocks give back is the event that was added.
func TestRowAndEventAreWhatWasAdded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, err := event.Read([]byte(drawnRecord(t, 1)))
		if err != nil {
			t.Fatal(err)
		}
		s := NewStore(nil, testClock)
		if err := s.Add([]event.Event{e}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Event(0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(e, got); diff != "" {
			t.Errorf("the event (-added +opened):\n%s", diff)
		}
		row := s.Row(0)
		want := Row{
			ID: e.ID, Time: e.Time, Name: e.Name, Source: e.Source, Region: e.Region, Account: e.Account, SourceIP: e.SourceIP,
			UserAgent: e.UserAgent, ErrorCode: e.ErrorCode, AccessKey: e.AccessKey, InvokedBy: e.InvokedBy, Principal: e.Principal,
			Session: e.Session, Subject: row.Subject, ReadOnly: e.ReadOnly, Failed: e.Failed(), Denied: strings.HasPrefix(e.ErrorCode, "AccessDenied"),
		}
		if diff := gocmp.Diff(want, row); diff != "" {
			t.Errorf("the row (-event +row):\n%s", diff)
		}
	})
}

func TestSelectNarrowsByPrincipalSessionIDsAndTime(t *testing.T) {
	events := generated(t, 2, 3*chunkRows/2)
	s := filled(t, nil, events)
	p, session := events[0].Principal, events[0].Session
	ids := []string{events[700].ID, events[3].ID, "no such id", events[chunkRows+5].ID}
	since, until := testDay.Add(6*time.Hour), testDay.Add(7*time.Hour)
	denied, err := query.ParseLine(`errorCode = "AccessDenied"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		filter Filter
		wants  func(e *event.Event) bool
	}{
		{"everything", Filter{}, func(*event.Event) bool { return true }},
		{"a principal", Filter{Principal: &p}, func(e *event.Event) bool { return e.Principal == p }},
		{"a principal that never acted", Filter{Principal: &event.Principal{Kind: event.User, Name: "nobody"}}, func(*event.Event) bool { return false }},
		{"a session", Filter{Session: session}, func(e *event.Event) bool { return e.Session == session }},
		{"some events", Filter{IDs: ids}, func(e *event.Event) bool { return slices.Contains(ids, e.ID) }},
		{"no events", Filter{IDs: []string{}}, func(*event.Event) bool { return false }},
		{"an hour", Filter{Since: since, Until: until}, func(e *event.Event) bool { return !e.Time.Before(since) && !e.Time.After(until) }},
		{"all of them", Filter{Principal: &p, Session: session, Since: since, Expr: denied}, func(e *event.Event) bool {
			return e.Principal == p && e.Session == session && !e.Time.Before(since) && e.ErrorCode == "AccessDenied"
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want []string
			for i := range events {
				if test.wants(&events[i]) {
					want = append(want, events[i].Time.Format(time.RFC3339)+" "+events[i].ID)
				}
			}
			slices.Sort(want)
			for _, descending := range []bool{false, true} {
				test.filter.Descending = descending
				selected, err := s.Select(context.Background(), test.filter)
				if err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, n := range selected.Rows {
					row := s.Row(n)
					got = append(got, row.Time.Format(time.RFC3339)+" "+row.ID)
				}
				if descending {
					slices.Reverse(got)
				}
				if !slices.Equal(want, got) {
					t.Errorf("descending %t: %d events selected, want %d, or in another order", descending, len(got), len(want))
				}
			}
		})
	}
}

func TestSelectTellsHowFarItHasCome(t *testing.T) {
	s := filled(t, nil, generated(t, 3, 10_000))
	expr, err := query.ParseLine(`requestParameters.userName like "person"`)
	if err != nil {
		t.Fatal(err)
	}
	var seen []Progress
	selected, err := s.Select(context.Background(), Filter{Expr: expr, Observe: func(p Progress) { seen = append(seen, p) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(selected.Rows) == 0 || selected.Scanned != 10_000 {
		t.Fatalf("%d rows of %d records scanned, want some of 10000", len(selected.Rows), selected.Scanned)
	}
	if len(seen) < 3 || seen[0].Scanned != 0 || seen[0].Total != 10_000 {
		t.Fatalf("told %d times, first %+v; want it told at once, in between and at the end", len(seen), seen[0])
	}
	for i := 1; i < len(seen); i++ {
		if seen[i].Scanned < seen[i-1].Scanned || len(seen[i].Rows) < len(seen[i-1].Rows) {
			t.Errorf("progress went back from %d to %d records", seen[i-1].Scanned, seen[i].Scanned)
		}
	}
	if diff := gocmp.Diff(Progress{10_000, 10_000, selected.Rows}, seen[len(seen)-1]); diff != "" {
		t.Errorf("the last thing told (-want +got):\n%s", diff)
	}
}

func TestSelectEndsWhenItsContextDoes(t *testing.T) {
	s := filled(t, nil, generated(t, 3, 10_000))
	expr, err := query.ParseLine(`requestParameters.userName like "person"`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	scanned := 0
	_, err = s.Select(ctx, Filter{Expr: expr, Observe: func(p Progress) {
		scanned = p.Scanned
		cancel()
	}})
	if !errors.Is(err, context.Canceled) || scanned == 10_000 {
		t.Errorf("ended with %v after %d records, want it canceled before the end", err, scanned)
	}
}

// The columns must suffice for what they hold: no record is read.
func TestColumnsAnswerWithoutReadingRecords(t *testing.T) {
	s := filled(t, nil, generated(t, 4, 5_000))
	for _, path := range paths {
		expr, err := query.ParseFilter(path + ` like "1" or ` + path + ` != "x"`)
		if err != nil {
			t.Fatal(err)
		}
		selected, err := s.Select(context.Background(), Filter{Expr: expr})
		if err != nil || selected.Scanned != 0 || len(selected.Rows) == 0 {
			t.Errorf("%s: %d rows, %d records read, error %v; want rows from columns alone", path, len(selected.Rows), selected.Scanned, err)
		}
	}
	words, err := query.ParseLine("alice !denied")
	if err != nil {
		t.Fatal(err)
	}
	if selected, err := s.Select(context.Background(), Filter{Expr: words}); err != nil || selected.Scanned != 0 {
		t.Errorf("plain words read %d records, error %v", selected.Scanned, err)
	}
	narrow, err := query.ParseFilter(`eventName = "CreateUser" and requestParameters.userName like "person"`)
	if err != nil {
		t.Fatal(err)
	}
	selected, err := s.Select(context.Background(), Filter{Expr: narrow})
	if err != nil || selected.Scanned != len(selected.Rows) {
		t.Errorf("%d records read for %d rows, error %v; want only those that the columns leave open", selected.Scanned, len(selected.Rows), err)
	}
}
