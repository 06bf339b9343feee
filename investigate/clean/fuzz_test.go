package clean_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"cordon/investigate/clean"
)

// harmful is what no cleaned text may have, said apart from how clean says it.
func harmful(r rune) bool {
	switch {
	case r < 0x20, r == 0x7f, 0x80 <= r && r <= 0x9f: // C0, DEL, C1
	case 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c: // bidi
	case 0x200b <= r && r <= 0x200d, r == 0x2060, r == 0xfeff, r == 0x180e, r == 0xad: // zero width
	case r == 0x2028, r == 0x2029: // separators
	case 0xe0000 <= r && r <= 0xe01ef: // tags, variation selectors
	case 0xfe00 <= r && r <= 0xfe0d:
	case unicode.Is(unicode.Cf, r):
	default:
		return false
	}
	return true
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{
		"plain", "\x1b]8;;x\x1b\\y", "\x1b]52;c;eA==\a", "a\rb\nc\td", "\u009b\x9b\xc2", "\u202eabc\u2066", "日本語🔥",
		`{"password":"x","a":"{\"sessionToken\":\"y\"}"}`, `[{"name":"DB_PASSWORD","value":"v"}]`, "\U000e0041\ufe0f\u3164",
		`{"k":"\ud800 \udb40\udc41"}`, "\xff\xfe{", `{"a":"secretAccessKey=abc"}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line, text := clean.Line(s), clean.Text(s)
		check(t, "Line", line, "", clean.Line)
		check(t, "Text", text, "\n\t", clean.Text)

		record := clean.Record([]byte(s))
		if !json.Valid(record) {
			t.Errorf("Record(%q) is no JSON: %q", s, record)
		}
		check(t, "Record", string(record), "", func(s string) string { return string(clean.Record([]byte(s))) })
		check(t, "Indented", string(clean.Indented([]byte(s))), "\n", func(s string) string { return string(clean.Indented([]byte(s))) })
	})
}

func check(t *testing.T, name, got, allowed string, again func(string) string) {
	t.Helper()
	if !utf8.ValidString(got) {
		t.Errorf("%s: not UTF-8: %q", name, got)
	}
	for _, r := range got {
		if harmful(r) && !strings.ContainsRune(allowed, r) {
			t.Errorf("%s: %U in %q", name, r, got)
		}
	}
	if twice := again(got); twice != got {
		t.Errorf("%s: once %q, twice %q", name, got, twice)
	}
}
