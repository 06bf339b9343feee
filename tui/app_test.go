package tui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"cordon/investigate"
	"cordon/investigate/event"
	"cordon/investigate/rules"
	"cordon/investigate/source"
)

// testNow is when all tests of this package take place.
var testNow = time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)

// app drives a model as Bubble Tea would, without a terminal: commands run
// beside it, and their messages go through Update one at a time.
type app struct {
	testing.TB
	m      *model
	msgs   chan tea.Msg
	ctx    context.Context
	copied []string
	quit   bool

	mu  sync.Mutex
	now time.Time
}

// openApp starts a model in a terminal of w by h cells.
func openApp(tb testing.TB, o Options, w, h int) *app {
	tb.Helper()
	ctx, cancel := context.WithCancel(tb.Context())
	tb.Cleanup(cancel)
	a := &app{TB: tb, msgs: make(chan tea.Msg, 64), ctx: ctx, now: testNow}
	if o.Now == nil {
		o.Now = a.clock
	}
	a.m = newModel(ctx, o)
	tb.Cleanup(func() {
		if !a.m.operations.wait(20 * time.Second) {
			tb.Error("a containment does not end")
		}
	})
	a.run(a.m.Init())
	a.send(tea.WindowSizeMsg{Width: w, Height: h})
	return a
}

func (a *app) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

// pass lets time go by.
func (a *app) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

// run runs a command beside the model.
func (a *app) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		msg := cmd()
		if msg == nil {
			return
		}
		select {
		case a.msgs <- msg:
		case <-a.ctx.Done():
		}
	}()
}

// send gives the model one message.
func (a *app) send(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.BatchMsg:
		for _, cmd := range msg {
			a.run(cmd)
		}
		return
	case tea.QuitMsg:
		a.quit = true
		return
	}
	if fmt.Sprintf("%T", msg) == "tea.setClipboardMsg" {
		a.copied = append(a.copied, fmt.Sprint(msg))
		return
	}
	_, cmd := a.m.Update(msg)
	a.run(cmd)
}

// press types keys: names as Bubble Tea gives them, or text in quotes, which is
// typed one character after the other.
func (a *app) press(keys ...string) {
	a.Helper()
	for _, k := range keys {
		if text, ok := strings.CutPrefix(k, `"`); ok {
			for _, r := range strings.TrimSuffix(text, `"`) {
				a.send(keyOf(string(r)))
			}
			continue
		}
		a.send(keyOf(k))
	}
}

func keyOf(name string) tea.KeyPressMsg {
	special := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab},
		"shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
		"up":        {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
		"backspace": {Code: tea.KeyBackspace}, "space": {Code: tea.KeySpace, Text: " "}, " ": {Code: tea.KeySpace, Text: " "},
		"ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl},
	}
	if k, ok := special[name]; ok {
		return k
	}
	r := []rune(name)
	return tea.KeyPressMsg{Code: r[0], Text: name}
}

// raw is what the terminal would get.
func (a *app) raw() string { return a.m.View().Content }

// screen is what a person would read.
func (a *app) screen() string {
	lines := strings.Split(ansi.Strip(a.raw()), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// until lets commands answer until the screen is as wanted.
func (a *app) until(what string, ok func(screen string) bool) {
	a.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for !ok(a.screen()) {
		select {
		case msg := <-a.msgs:
			a.send(msg)
		case <-late.C:
			a.Fatalf("the screen never shows %s:\n%s", what, a.screen())
		}
	}
}

// shows waits until the screen has all of the texts.
func (a *app) shows(texts ...string) {
	a.Helper()
	a.until(fmt.Sprintf("%q", texts), func(s string) bool {
		for _, t := range texts {
			if !strings.Contains(s, t) {
				return false
			}
		}
		return true
	})
}

// settled waits until the source was read and ranked, and no question is open.
func (a *app) settled() {
	a.Helper()
	a.until("the end of reading", func(string) bool {
		ev := &a.m.evidence
		return !ev.reading && ev.have && ev.version == a.m.opt.Store.Version() && !a.m.searching()
	})
}

// lacks fails if the screen has the text.
func (a *app) lacks(text string) {
	a.Helper()
	if s := a.screen(); strings.Contains(s, text) {
		a.Errorf("the screen shows %q:\n%s", text, s)
	}
}

// selected is the line with the selection mark.
func (a *app) selected() string {
	for _, l := range strings.Split(a.screen(), "\n") {
		if strings.HasPrefix(l, "▸") || strings.HasPrefix(l, ">") {
			return l
		}
	}
	return ""
}

// A record is a CloudTrail record with what a test cares for.
type record struct {
	at               time.Duration // before testNow
	user, role, name string
	source           string
	ip, agent, code  string
	message          string // what AWS says of a denial if empty
	request          map[string]any
	account          string // testAccount if empty
}

const testAccount = "123456789012"

// raw is the record as CloudTrail writes it.
func (r record) raw(tb testing.TB, n int) []byte {
	tb.Helper()
	account := or(r.account, testAccount)
	identity := map[string]any{
		"type": "IAMUser", "accountId": account, "userName": r.user, "principalId": "AIDA" + r.user,
		"arn": "arn:aws:iam::" + account + ":user/" + r.user, "accessKeyId": "AKIA" + strings.ToUpper(strings.ReplaceAll(r.user, ".", "")),
	}
	if r.role != "" {
		identity = map[string]any{
			"type": "AssumedRole", "accountId": testAccount, "principalId": "AROA" + r.role + ":job-1",
			"arn": "arn:aws:sts::" + testAccount + ":assumed-role/" + r.role + "/job-1", "accessKeyId": "ASIA" + strings.ToUpper(r.role),
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{
				"type": "Role", "userName": r.role, "accountId": testAccount, "principalId": "AROA" + r.role,
				"arn": "arn:aws:iam::" + testAccount + ":role/" + r.role,
			}},
		}
	}
	rec := map[string]any{
		"eventVersion": "1.08", "eventID": fmt.Sprintf("00000000-0000-4000-8000-%012d", n), "eventTime": testNow.Add(-r.at).Format(time.RFC3339),
		"eventName": r.name, "eventSource": or(r.source, "iam.amazonaws.com"), "awsRegion": "us-east-1",
		"sourceIPAddress": or(r.ip, "198.51.100.7"), "userAgent": or(r.agent, "aws-cli/2.16.12"), "userIdentity": identity,
		"recipientAccountId": testAccount, "eventType": "AwsApiCall", "readOnly": false, "requestParameters": r.request,
	}
	if r.code != "" {
		rec["errorCode"], rec["errorMessage"] = r.code, or(r.message, "User is not authorized to perform: "+r.name)
	}
	raw, err := json.Marshal(rec)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// story is the fixture of most tests: alice's key has leaked, the others work.
func story() []record {
	m := time.Minute
	out := []record{
		{at: 50 * m, user: "alice", name: "GetCallerIdentity", source: "sts.amazonaws.com", ip: "203.0.113.47", agent: "Boto3/1.34"},
		{at: 48 * m, user: "alice", name: "ListBuckets", source: "s3.amazonaws.com", ip: "203.0.113.47", agent: "Boto3/1.34"},
		{at: 46 * m, user: "alice", name: "GetSecretValue", source: "secretsmanager.amazonaws.com", ip: "203.0.113.47", code: "AccessDenied", request: map[string]any{"secretId": "prod/db"}},
		{at: 40 * m, user: "alice", name: "CreateUser", ip: "203.0.113.47", request: map[string]any{"userName": "backdoor"}},
		{at: 39 * m, user: "alice", name: "CreateAccessKey", ip: "203.0.113.47", request: map[string]any{"userName": "backdoor"}},
		{at: 38 * m, user: "alice", name: "AttachUserPolicy", ip: "203.0.113.47", request: map[string]any{"userName": "backdoor", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}},
		{at: 30 * m, user: "alice", name: "StopLogging", source: "cloudtrail.amazonaws.com", ip: "203.0.113.47", code: "AccessDenied", request: map[string]any{"name": "main"}},
		{at: 90 * m, role: "deploy", name: "UpdateFunctionCode", source: "lambda.amazonaws.com"},
		{at: 89 * m, role: "deploy", name: "PutObject", source: "s3.amazonaws.com", code: "AccessDenied"},
		{at: 20 * m, user: "bob", name: "CreateAccessKey", request: map[string]any{"userName": "bob"}},
		{at: 26 * time.Hour, user: "田中太郎", name: "ListUsers"},
		{at: 10 * m, role: "AWSReservedSSO_Administrators_0123456789abcdef", name: "DescribeInstances", source: "ec2.amazonaws.com"},
	}
	for i := range 30 {
		out = append(out, record{at: 2*time.Hour + time.Duration(i)*m, role: "reporting-nightly-export-to-warehouse", name: "GetObject", source: "s3.amazonaws.com"})
	}
	return out
}

// testRules are three rules, so that these tests do not change with the
// project's own.
var testRules = fstest.MapFS{
	"key.yml":    rule("Access key created", "6f0c0b52-1c5e-4c8f-9d0a-0a4a51a5b6a1", "medium", "iam.amazonaws.com", "CreateAccessKey"),
	"admin.yml":  rule("Managed policy attached to a user", "7a1d1c63-2d6f-4d90-8e1b-1b5b62b6c7b2", "high", "iam.amazonaws.com", "AttachUserPolicy"),
	"trail.yml":  rule("Trail stopped", "8b2e2d74-3e70-4ea1-9f2c-2c6c73c7d8c3", "critical", "cloudtrail.amazonaws.com", "StopLogging"),
	"secret.yml": rule("Secret read", "9c3f3e85-4f81-4fb2-a03d-3d7d84d8e9d4", "low", "secretsmanager.amazonaws.com", "GetSecretValue"),
}

func rule(title, id, level, src, name string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(fmt.Sprintf(`title: %s
id: %s
status: test
description: Seen.
tags: [attack.t1098]
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventSource: %s, eventName: %s}
  condition: selection
level: %s
`, title, id, src, name, level))}
}

// storeOf makes a store of records, read to the end.
func storeOf(tb testing.TB, records []record) *investigate.Store {
	tb.Helper()
	set, problems, err := rules.Load(testRules)
	if err != nil || len(problems) > 0 {
		tb.Fatal(err, problems)
	}
	s := investigate.NewStore(set, func() time.Time { return testNow })
	add(tb, s, 0, records)
	s.SetCoverage(source.Origin{Kind: "files", Location: "logs"}, event.Coverage{Files: 3, Read: 3})
	return s
}

// add puts records into a store; from keeps their ids apart from earlier ones.
func add(tb testing.TB, s *investigate.Store, from int, records []record) {
	tb.Helper()
	var events []event.Event
	for i, r := range records {
		e, err := event.Read(r.raw(tb, from+i))
		if err != nil {
			tb.Fatal(err)
		}
		events = append(events, e)
	}
	if err := s.Add(events); err != nil {
		tb.Fatal(err)
	}
}

// files are the options of a UI on log files, without an account.
func files(s *investigate.Store) Options {
	return Options{
		Store: s, WhyNoContainment: "no AWS credentials: start cordon with --profile NAME",
		Header: Header{Source: "logs", Window: "last 24h"},
	}
}

// contextT keeps the signatures of Load in tests short.
type contextT = context.Context

var errTest = errors.New("the disk is on fire")
