package clean

import (
	"bytes"
	"iter"
	"maps"
	"regexp"
	"strings"
	"unicode"
)

// redacted stands where a secret was.
const redacted = "[redacted]"

// secretWords are what the name of a member with a secret in it ends with, in
// any casing, and with or without separators between the words. Facts about
// secrets, such as passwordLastUsed, do not end so.
var secretWords = []string{
	"session token", "security token", "secret access key", "secret key",
	"password", "passphrase", "private key", "secret string", "secret binary",
	"client secret", "access token", "refresh token", "id token", "auth token",
	"bearer token", "web identity token", "signin token", "saml assertion",
	"authorization", "plaintext", "key material", "base32 string seed", "qr code png",
	"passwd", "passwords", "session tokens",
}

// pairWords are what the name in a pair ends with besides: names of environment
// variables and of stacks' parameters are chosen by people. As names of members
// they would hit clientToken, nextToken and keyId.
var pairWords = []string{"secret", "token", "api key", "pwd", "credentials"}

var (
	// secretJSON is a member in text that is not JSON as a whole (cut off, or
	// quoted once more), secretSetting an assignment as in an environment, a command
	// line, a URL's query or a sentence, secretFlag one with a blank between, and
	// secretURL the password in the address of a server.
	secretJSON    = regexp.MustCompile(`(?i)(` + anyOf(secretWords) + `\\*"\s*:\s*\\*")[^"\\]+`)
	secretSetting = regexp.MustCompile(`(?i)(` + anyOf(secretWords) + `(?:=|:\s+))` + settingValue)
	secretFlag    = regexp.MustCompile(`(?i)(--?[-\w]*` + anyOf(secretWords) + `\s+)` + settingValue)
	secretURL     = regexp.MustCompile(`(://[^\s/?#:@"']*:)[^\s/?#@"']+@`)
	// pairName and pairValue are the members of {"name":"...","value":"..."} and
	// its like: environment variables of containers, parameters of stacks.
	pairSecret = regexp.MustCompile(`(?i)(?:` + anyOf(pairWords) + `|\bpass|_pass)\s*$`)
	pairName   = regexp.MustCompile(`(?i)^(parameter)?(name|key)$`)
	pairValue  = regexp.MustCompile(`(?i)^(parameter)?value$`)
)

// settingValue is a value in quotes, escaped or not, or up to what ends one.
const settingValue = `(?:\\*'[^']*'?|\\*"[^"]*"?|[^\s"'\\&,;{}]+)`

// squeezedWords are secretWords without their blanks, and longestSecretWord is
// more than any has.
var squeezedWords = squeeze(secretWords)

const longestSecretWord = 24

func squeeze(phrases []string) [][]byte {
	var out [][]byte
	for _, p := range phrases {
		out = append(out, []byte(strings.ReplaceAll(p, " ", "")))
	}
	return out
}

func anyOf(phrases []string) string {
	all := strings.Join(phrases, "|")
	return "(?:" + strings.ReplaceAll(all, " ", `[-_ .]?`) + ")"
}

// Redact returns v with the values of secrets replaced by "[redacted]", known by
// the names of the members they stand under, at any depth: in objects
// (map[string]any), arrays, JSON inside strings, assignments in text, and pairs
// such as {"name":"DB_PASSWORD","value":"..."}. Null, true and false are no
// secrets. v itself is not changed.
func Redact(v any) any { return redact(v, 0) }

// Secrets returns text with the secrets in it replaced as by Redact, for what is
// shown of a record field by field. It is not safe to be seen yet: see Line.
func Secrets(s string) string { return redactString(s, 0) }

// deepest is how many strings of JSON inside one another are looked into.
const deepest = 4

func redact(v any, depth int) any {
	switch v := v.(type) {
	case map[string]any:
		pair := isSecretPair(maps.All(v))
		out := make(map[string]any, len(v))
		for name, value := range v {
			out[name] = redactMember(name, value, pair, depth)
		}
		return out
	case object:
		pair := isSecretPair(v.all())
		out := make(object, len(v))
		for i, m := range v {
			out[i] = member{m.name, redactMember(m.name, m.value, pair, depth)}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = redact(value, depth)
		}
		return out
	case string:
		return redactString(v, depth)
	}
	return v
}

func redactMember(name string, value any, pair bool, depth int) any {
	switch value {
	case nil, true, false, "":
		return value
	}
	if isSecretName(name) || pair && pairValue.MatchString(name) {
		return redacted
	}
	return redact(value, depth)
}

// isSecretPair reports whether the members are those of a pair that names a
// secret.
func isSecretPair(members iter.Seq2[string, any]) bool {
	for name, value := range members {
		text, ok := value.(string)
		if ok && pairName.MatchString(name) && (isSecretName(text) || pairSecret.MatchString(text)) {
			return true
		}
	}
	return false
}

// redactString looks into a string that is JSON itself, which is left as it was
// if there is no secret in it, and at assignments in any other.
func redactString(s string, depth int) string {
	text := strings.TrimSpace(s)
	if depth < deepest && len(text) > 1 && (text[0] == '{' || text[0] == '[') {
		if v, err := decode([]byte(text)); err == nil {
			before, after := encode(v), encode(redact(v, depth+1))
			if string(before) == string(after) {
				return s
			}
			return string(after)
		}
	}
	// Most strings have nothing of what the expressions need, and looking for
	// that is much cheaper than they are.
	if strings.Contains(s, `"`) {
		s = secretJSON.ReplaceAllString(s, "${1}"+redacted)
	}
	if strings.Contains(s, "=") || strings.Contains(s, ":") && strings.ContainsFunc(s, unicode.IsSpace) {
		s = secretSetting.ReplaceAllString(s, "${1}"+redacted)
	}
	if strings.Contains(s, "-") && strings.ContainsFunc(s, unicode.IsSpace) {
		s = secretFlag.ReplaceAllString(s, "${1}"+redacted)
	}
	if strings.Contains(s, "://") {
		s = secretURL.ReplaceAllString(s, "${1}"+redacted+"@")
	}
	return s
}

// isSecretName reports whether a name ends with one of the words for secrets,
// whatever its casing and whatever stands between the words.
func isSecretName(name string) bool {
	var last [longestSecretWord]byte
	n := len(last)
	for i := len(name) - 1; i >= 0 && n > 0; i-- {
		switch c := name[i]; {
		case strings.IndexByte("-_ .\t\n\r", c) >= 0:
		case 'A' <= c && c <= 'Z':
			n--
			last[n] = c + 'a' - 'A'
		default:
			n--
			last[n] = c
		}
	}
	for _, word := range squeezedWords {
		if bytes.HasSuffix(last[n:], word) {
			return true
		}
	}
	return false
}
