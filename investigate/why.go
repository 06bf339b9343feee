package investigate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

const (
	mostNames    = 3 // event names told in a sentence
	mostSubjects = 2 // of what one name's calls were about
)

// calls are the calls of one name among a finding's events.
type calls struct {
	name     string
	count    int
	subjects []string // distinct, in order of time
}

// seen says what the events of a finding were: "called AttachUserPolicy
// (AdministratorAccess, backdoor)", "called ListUsers 12 times and 4 others, all
// failed".
func (r *ranker) seen(rows []uint32) string {
	var names []*calls
	failed := 0
	for _, row := range rows {
		c, i := r.view.at(int(row))
		what := r.view.actions[c.pools[byAction][i]]
		names = note(names, r.view.texts[what[layout[eventName].at]], r.view.texts[what[subjectAt]])
		if c.flags[i]&flagFailed != 0 {
			failed++
		}
	}
	slices.SortStableFunc(names, func(a, b *calls) int { return cmp.Compare(b.count, a.count) })
	var said []string
	rest := 0
	for i, n := range names {
		if i < mostNames {
			said = append(said, n.String())
		} else {
			rest += n.count
		}
	}
	if rest > 0 {
		said = append(said, fmt.Sprintf("%d other calls", rest))
	}
	return "called " + list(said) + failures(failed, len(rows))
}

func note(names []*calls, name, subject string) []*calls {
	i := slices.IndexFunc(names, func(c *calls) bool { return c.name == name })
	if i < 0 {
		i = len(names)
		names = append(names, &calls{name: name})
	}
	n := names[i]
	n.count++
	if subject != "" && len(n.subjects) <= mostSubjects && !slices.Contains(n.subjects, subject) {
		n.subjects = append(n.subjects, subject)
	}
	return names
}

func (c *calls) String() string {
	s := c.name
	if c.count > 1 {
		s = fmt.Sprintf("%s %d times", s, c.count)
	}
	if len(c.subjects) == 0 {
		return s
	}
	about := c.subjects[:min(len(c.subjects), mostSubjects)]
	if len(c.subjects) > mostSubjects {
		return fmt.Sprintf("%s (%s; ...)", s, strings.Join(about, "; "))
	}
	return fmt.Sprintf("%s (%s)", s, strings.Join(about, "; "))
}

// list joins parts as a sentence does: "a, b and c".
func list(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}

func failures(failed, of int) string {
	switch {
	case failed == 0:
		return ""
	case of == 1:
		return ", which failed"
	case failed == of:
		return ", all failed"
	}
	return fmt.Sprintf(", %d of them failed", failed)
}

// suppressed says what did not count as it might have.
func (r *ranker) suppressed(t *tally, v verdict) []Suppression {
	out := []Suppression{}
	if n := t.early; n > 0 {
		out = append(out, Suppression{Events: n, Reason: fmt.Sprintf(
			"%s to assume a role within 2 minutes of its creation left out: IAM may take that long to let it in",
			plural(n, "denied call"))})
	}
	if len(t.invokedBy) > 0 {
		n := 0
		services := set{}
		for id, count := range t.invokedBy {
			n += count
			services.add(id)
		}
		out = append(out, Suppression{Events: n, Reason: fmt.Sprintf(
			"%s that AWS made on its behalf (%s) counted as its own; their keys and addresses are not listed",
			plural(n, "call"), strings.Join(r.texts(services), ", "))})
	}
	if v.held > 0 {
		out = append(out, Suppression{Reason: fmt.Sprintf(
			"%d points held back: all evidence is of one kind, and only a second kind, or something critical, makes an alarm", v.held)})
	}
	return out
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
