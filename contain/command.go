package contain

import (
	"cmp"
	"regexp"
	"strings"
)

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote makes one word of s for a POSIX shell.
func quote(s string) string {
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func compareNames(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}

// putCall and deleteCall describe the writes, before they are made.
func (a *Account) putCall(t Target, p policy) Call {
	return a.call(t, "Put", "put", map[string]string{"PolicyName": p.name, "PolicyDocument": p.doc})
}

func (a *Account) deleteCall(t Target, name string) Call {
	return a.call(t, "Delete", "delete", map[string]string{"PolicyName": name})
}

func (a *Account) call(t Target, verb, cliVerb string, params map[string]string) Call {
	kind := t.Kind.title()
	words := []string{"aws", "iam", cliVerb + "-" + string(t.Kind) + "-policy", "--" + string(t.Kind) + "-name", t.Name, "--policy-name", params["PolicyName"]}
	if doc, ok := params["PolicyDocument"]; ok {
		words = append(words, "--policy-document", doc)
	}
	if a.o.Profile != "" {
		words = append(words, "--profile", a.o.Profile)
	}
	for i, w := range words {
		words[i] = quote(w)
	}
	params[kind+"Name"] = t.Name
	return Call{API: "iam:" + verb + kind + "Policy", Params: params, CLI: strings.Join(words, " ")}
}
