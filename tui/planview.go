package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cordon/contain"
)

// planHead is what the plan is about, in the lines that are read first.
func planHead(p *contain.Plan, w int) []line {
	account := p.Account
	if p.Alias != "" {
		account += " (" + p.Alias + ")"
	}
	out := labelled("Account", account, w)
	out = append(out, labelled("As", p.Caller.ARN, w)...)
	out = append(out, labelled("Target", p.Target.ARN, w)...)
	return append(out, labelled("", "id "+p.Target.ID, w)...)
}

// labelled is a value with its name before it, wrapped under itself. A value of
// many lines is cut: the raw record has all of it.
func labelled(name safe, value string, w int) []line {
	const label, most = 11, 1000
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + " ..."
	}
	var out []line
	for i, l := range wrap(value, w-label) {
		if i > 0 {
			name = ""
		}
		out = append(out, in(dim, name.cut(label-1, "")+spaces(label-min(name.width(), label-1))).and(normal, l))
	}
	return out
}

// planView is the whole plan: warnings, reach, the document and the undo before
// the long list of what is left to do.
func planView(m *model, p *contain.Plan, w int) []line {
	out := planHead(p, w)
	if len(p.Warnings) > 0 {
		out = append(out, nil)
		for _, s := range p.Warnings {
			out = append(out, item(m.th.warn, caution, s, w)...)
		}
	}
	section := func(title safe) { out = append(out, nil, in(strong, title)) }

	section("What will be done")
	for _, c := range p.Calls {
		out = append(out, callView(m, c, w)...)
	}
	if len(p.BlastRadius) > 0 {
		section("Who and what is affected")
		for _, f := range p.BlastRadius {
			out = append(out, factView(m, f, w)...)
		}
	}
	if p.Policy != "" {
		title := safe("The policy that is put: ")
		if p.Op == contain.Release {
			title = "The policy that is removed: "
		}
		section(title + say(p.PolicyName))
		out = append(out, paragraphs(normal, oneLine(p.Policy), w)...)
	}
	section("Undo")
	out = append(out, paragraphs(normal, p.Undo, w)...)
	if len(p.StillOpen) > 0 {
		section(openTitle(p.Op))
		for _, o := range p.StillOpen {
			out = append(out, item(m.th.bullet, normal, o.Text, w)...)
		}
	}
	section("As AWS CLI commands, to copy")
	for _, c := range p.Calls {
		out = append(out, paragraphs(normal, c.CLI, w)...)
	}
	return append(out, nil, in(dim, safe(fmt.Sprintf("operation %s, planned %s", say(p.OpID), full(p.Made)))))
}

func openTitle(op contain.Op) safe {
	if op == contain.Release {
		return "What it can do again at once"
	}
	return "What the deny does not stop"
}

// callView is one call, its document left to the section of the policy.
func callView(m *model, c contain.Call, w int) []line {
	text := c.API
	for _, k := range slices.Sorted(maps.Keys(c.Params)) {
		if v := c.Params[k]; !strings.HasPrefix(strings.TrimSpace(v), "{") {
			text += fmt.Sprintf("  %s=%s", k, v)
		}
	}
	return item(m.th.bullet, normal, text, w)
}

// factView is one fact: known, known to be none, or unknown with the reason.
func factView(m *model, f contain.Fact, w int) []line {
	switch {
	case f.Unknown != "":
		return item("?", caution, f.Title+": unknown. "+f.Unknown, w)
	case len(f.Values) == 0:
		return item(m.th.bullet, dim, f.Title+": none", w)
	}
	return item(m.th.bullet, normal, f.Title+": "+strings.Join(f.Values, ", "), w)
}

// oneLine is a document with blanks at which it can be wrapped.
func oneLine(doc string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(doc), "", "") != nil {
		return doc
	}
	return strings.ReplaceAll(b.String(), "\n", " ")
}
