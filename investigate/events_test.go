package investigate

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"cordon/investigate/event"
	"cordon/investigate/rules"
)

// A call is a record in few words. Who is "user/alice", or "role/ci" for a
// session of it named by Session.
type call struct {
	At         time.Duration // after testDay
	Who, Name  string
	Source     string // "iam" if empty
	Error      string
	Message    string
	Session    string
	IP, Agent  string
	Region     string
	InvokedBy  string
	Key        string
	Parameters map[string]any
	Response   map[string]any
}

// events makes events of calls; the n-th has an ID that ends in n.
func events(tb testing.TB, calls ...call) []event.Event {
	tb.Helper()
	out := make([]event.Event, len(calls))
	for n, c := range calls {
		raw, err := json.Marshal(c.record(n))
		if err != nil {
			tb.Fatal(err)
		}
		if out[n], err = event.Read(raw); err != nil {
			tb.Fatalf("reading %s: %v", raw, err)
		}
	}
	return out
}

func testID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

func (c call) record(n int) map[string]any {
	either := func(text, other string) string {
		if text == "" {
			return other
		}
		return text
	}
	kind, name, _ := strings.Cut(c.Who, "/")
	identity := map[string]any{
		"type": "IAMUser", "principalId": "AIDA" + name, "accountId": "111122223333", "userName": name,
		"arn": "arn:aws:iam::111122223333:user/" + name, "accessKeyId": either(c.Key, "AKIA"+strings.ToUpper(name)),
	}
	if kind == "role" {
		session := either(c.Session, "s1")
		identity = map[string]any{
			"type": "AssumedRole", "principalId": "AROA" + name + ":" + session, "accountId": "111122223333",
			"arn":         "arn:aws:sts::111122223333:assumed-role/" + name + "/" + session,
			"accessKeyId": either(c.Key, "ASIA"+strings.ToUpper(name)),
			"sessionContext": map[string]any{"sessionIssuer": map[string]any{
				"type": "Role", "arn": "arn:aws:iam::111122223333:role/" + name, "accountId": "111122223333", "userName": name,
			}},
		}
	}
	if c.InvokedBy != "" {
		identity["invokedBy"] = c.InvokedBy
	}
	record := map[string]any{
		"eventID": testID(n), "eventTime": testDay.Add(c.At).Format(time.RFC3339), "eventName": c.Name,
		"eventSource": either(c.Source, "iam") + ".amazonaws.com", "awsRegion": either(c.Region, "us-east-1"),
		"sourceIPAddress": either(c.IP, "198.51.100.1"), "userAgent": either(c.Agent, "aws-cli/2"),
		"userIdentity": identity, "recipientAccountId": "111122223333",
	}
	for name, text := range map[string]string{"errorCode": c.Error, "errorMessage": c.Message} {
		if text != "" {
			record[name] = text
		}
	}
	if c.Parameters != nil {
		record["requestParameters"] = maps.Clone(c.Parameters)
	}
	if c.Response != nil {
		record["responseElements"] = maps.Clone(c.Response)
	}
	return record
}

// testRules are rules named after the call that they match: "low-discovery-1"
// matches the call LowDiscovery1. Of each level and tactic there are three.
func testRules(tb testing.TB) *rules.Set {
	tb.Helper()
	files := fstest.MapFS{}
	for _, level := range []string{"informational", "low", "medium", "high", "critical"} {
		for _, tactic := range []string{"discovery", "persistence", "impact", "credential-access"} {
			for i := 1; i <= 3; i++ {
				id := fmt.Sprintf("%s-%s-%d", level, tactic, i)
				files[id+".yml"] = &fstest.MapFile{Data: fmt.Appendf(nil, `
title: Rule %s
id: %s
level: %s
tags: [attack.%s, attack.t1000]
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {eventName: %s}
  condition: selection
`, id, id, level, tactic, callOf(id))}
			}
		}
	}
	files["denied.yml"] = &fstest.MapFile{Data: []byte(`
title: Denied
id: denied
name: denied
level: informational
tags: [attack.discovery]
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {errorCode: AccessDenied}
  condition: selection
---
title: Role not to be had
id: role-denied
level: low
tags: [attack.privilege-escalation]
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {errorCode: AccessDenied, eventName: AssumeRole}
  condition: selection
---
title: Burst of denials
id: burst
level: medium
tags: [attack.discovery, attack.t1580]
correlation:
  type: event_count
  rules: [denied]
  group-by: [principal]
  timespan: 10m
  condition: {gte: 5}
---
title: Denials from one address
id: burst-of-address
level: high
tags: [attack.reconnaissance]
correlation:
  type: event_count
  rules: [denied]
  group-by: [sourceIPAddress]
  timespan: 10m
  condition: {gte: 20}
`)}
	set, problems, err := rules.Load(files)
	if err != nil || len(problems) > 0 {
		tb.Fatalf("the rules of this test: %v %v", problems, err)
	}
	return set
}

// callOf is the call that a test rule matches.
func callOf(id string) string {
	var name strings.Builder
	for part := range strings.SplitSeq(id, "-") {
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}

// repeat is n calls a second apart.
func repeat(n int, c call) []call {
	calls := make([]call, n)
	for i := range calls {
		calls[i] = c
		calls[i].At += time.Duration(i) * time.Second
	}
	return calls
}
