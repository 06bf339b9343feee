package cli

import (
	"fmt"
	"io"
	"strings"

	"cordon/contain"
	"cordon/investigate/clean"
)

// printPlan writes all that a person needs to decide on: who acts, where, on
// whom, the calls, the document, what it touches, what it leaves open, the undo.
func printPlan(w io.Writer, p contain.Plan) {
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(w, "%-9s %s\n", name, clean.Line(value))
		}
	}
	row("plan", fmt.Sprintf("%s %s (%s)", p.Op, p.Target, p.Measure))
	account := p.Account
	if p.Alias != "" {
		account += " (" + p.Alias + ")"
	}
	row("account", account)
	row("caller", p.Caller.ARN)
	row("target", p.Target.ARN+"  "+p.Target.ID)
	row("already", p.Already)
	for _, call := range p.Calls {
		row("call", call.API)
		fmt.Fprintf(w, "          $ %s\n", clean.Line(call.CLI))
	}
	if p.Policy != "" {
		fmt.Fprintf(w, "policy    %s\n", clean.Line(p.PolicyName))
		for line := range strings.Lines(clean.Text(p.Policy)) {
			fmt.Fprintf(w, "          %s\n", strings.TrimRight(line, "\n"))
		}
	}
	for _, s := range p.Standing {
		by := "put by hand"
		if s.OpID != "" {
			by = "put by operation " + s.OpID
		}
		row("standing", s.Name+", "+by)
	}
	printFacts(w, p.BlastRadius)
	for _, warning := range p.Warnings {
		row("warning", warning)
	}
	printOpen(w, p.StillOpen)
	row("undo", p.Undo)
}

func printFacts(w io.Writer, facts []contain.Fact) {
	for i, f := range facts {
		heading := ""
		if i == 0 {
			heading = "touches"
		}
		value := strings.Join(f.Values, ", ")
		switch {
		case f.Unknown != "":
			value = strings.TrimLeft(value+" unknown: "+f.Unknown, " ")
		case len(f.Values) == 0:
			value = "none"
		}
		fmt.Fprintf(w, "%-9s %s: %s\n", heading, clean.Line(f.Title), clean.Line(value))
	}
}
