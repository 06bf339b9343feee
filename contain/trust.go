package contain

import (
	"encoding/json"
	"slices"
)

// trustedBy lists who a trust policy lets assume the role: one line for each
// principal of its Allow statements, as the policy writes it, and whether a
// condition narrows it. A document that cannot be read is told as such.
func trustedBy(doc string) []string {
	var d map[string]any
	if err := json.Unmarshal([]byte(doc), &d); err != nil {
		return []string{"unknown: the trust policy is not readable JSON"}
	}
	var lines []string
	for _, s := range list(d["Statement"]) {
		statement, ok := s.(map[string]any)
		if !ok || statement["Effect"] != "Allow" {
			continue
		}
		suffix := ""
		if statement["Condition"] != nil {
			suffix = " (under a condition)"
		}
		for _, who := range principalsOf(statement) {
			lines = append(lines, who+suffix)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

func principalsOf(statement map[string]any) []string {
	if statement["NotPrincipal"] != nil {
		return []string{"everyone but those named in NotPrincipal"}
	}
	switch who := statement["Principal"].(type) {
	case string:
		return []string{who}
	case map[string]any:
		var names []string
		for kind, v := range who {
			for _, name := range list(v) {
				if name, ok := name.(string); ok {
					names = append(names, kind+" "+name)
				}
			}
		}
		return names
	}
	return nil
}
