package cli

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestATableIsAlignedByDisplayWidth(t *testing.T) {
	table := &table{header: []string{"NAME", "N"}}
	table.add("日本", "1")
	table.add("e\u0301", "2")
	table.add("\x1b[31mred", "3")
	var out bytes.Buffer
	table.print(&out)
	want := "NAME         N\n" +
		"日本         1\n" +
		"e\u0301            2\n" +
		`\x1b[31mred` + "  3\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestCSVCannotRunInASpreadsheet(t *testing.T) {
	table := &table{header: []string{"a", "b"}}
	table.add("=cmd|' /C calc'!A0", "+1")
	table.add("@SUM(A1)", "-2")
	table.add("user/a,b", `say "hi"`)
	table.add("\tx", "plain")
	var out bytes.Buffer
	if err := table.printCSV(&out); err != nil {
		t.Fatal(err)
	}
	want := "a,b\n" +
		"'=cmd|' /C calc'!A0,'+1\n" +
		"'@SUM(A1),'-2\n" +
		"\"user/a,b\",\"say \"\"hi\"\"\"\n" +
		"\\tx,plain\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestJSONKeepsValuesAndHarmsNoTerminal(t *testing.T) {
	hostile := "a\x1b[2J\u009b31m\u202eb\U000e0041\x7f日"
	var out bytes.Buffer
	if err := writeJSON(&out, map[string]string{"name": hostile}); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"name\": \"a\\u001b[2J\\u009b31m\\u202eb\\udb40\\udc41\\u007f日\"\n}\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hostile, back["name"]); diff != "" {
		t.Errorf("the value is not what it was: %s", diff)
	}
}
