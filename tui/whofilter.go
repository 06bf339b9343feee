package tui

import (
	"context"
	"errors"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"cordon/investigate"
	"cordon/investigate/event"
	"cordon/investigate/query"
)

// rankedNames are the fields of a principal that its filter line can ask for.
// An expression with any other is about events.
var rankedNames = []string{"kind", "name", "account", "arn", "score", "level", "events", "errors", "denied"}

// aboutEvents reports whether an expression asks for what only events have.
func aboutEvents(expr *query.Expr) bool {
	return expr != nil && slices.ContainsFunc(expr.Columns(), func(c string) bool { return !slices.Contains(rankedNames, c) })
}

// asked are the principals of the events for which an expression holds.
type asked struct {
	who  map[event.Principal]bool
	busy bool
	err  error
	gen  int
	// search is the question under way.
	search *search
	// version is the store's that the answer is of.
	version uint64
}

// actedMsg answers which principals' events an expression holds for.
type actedMsg struct {
	to      *principals
	gen     int
	version uint64
	who     map[event.Principal]bool
	err     error
	// stopped says that another question came in between.
	stopped bool
}

// drop forgets the answer, and the question under way.
func (a *asked) drop() {
	if a.search != nil {
		a.search.stop()
	}
	*a = asked{gen: a.gen + 1}
}

// put asks the store, unless the answer is of its present state.
func (a *asked) put(m *model, to *principals) tea.Cmd {
	version := m.opt.Store.Version()
	if a.busy || a.who != nil && a.version == version {
		to.arrange(m)
		return nil
	}
	search := m.searches.begin(m.ctx)
	a.busy, a.search = true, search
	store, gen, expr := m.opt.Store, a.gen, to.expr
	return func() tea.Msg {
		msg := actedMsg{to: to, gen: gen, version: version, who: map[event.Principal]bool{}}
		asked := search.run(keyPause, func(ctx context.Context) {
			var got investigate.Selection
			got, msg.err = store.Select(ctx, investigate.Filter{Expr: expr})
			for _, row := range got.Rows {
				msg.who[store.Row(row).Principal] = true
			}
		})
		msg.stopped = !asked || errors.Is(msg.err, context.Canceled)
		return msg
	}
}

// found takes the answer.
func (s *principals) found(m *model, msg actedMsg) tea.Cmd {
	a := &s.acted
	if msg.gen != a.gen {
		return nil
	}
	if msg.stopped {
		a.busy = false
		if m.top() == screen(s) && m.dialog == nil && m.ctx.Err() == nil {
			return s.refresh(m)
		}
		return nil
	}
	a.busy, a.err, a.who, a.version = false, msg.err, msg.who, msg.version
	if m.dialog == nil {
		s.arrange(m)
	}
	return nil
}

// rankedFields lets the filter line ask about a principal of the ranking.
type rankedFields struct{ r *investigate.Ranked }

// Lookup answers the names of the ranking's JSON form.
func (f rankedFields) Lookup(path string) (any, bool) {
	r := f.r
	switch path {
	case "kind":
		return string(r.Kind), true
	case "name":
		return r.Name, true
	case "account":
		return r.Account, true
	case "arn":
		return r.ARN, true
	case "score":
		return float64(r.Score), true
	case "level":
		return string(r.Level), true
	case "events":
		return float64(r.Events), true
	case "errors":
		return float64(r.Errors), true
	case "denied":
		return float64(r.Denied), true
	}
	return nil, false
}

// Contains answers plain words.
func (f rankedFields) Contains(word string) bool {
	r := f.r
	for _, s := range []string{string(r.Kind) + "/" + r.Name, r.ARN, string(r.Level)} {
		if folded(s, word) {
			return true
		}
	}
	for _, list := range [][]string{r.SourceIPs, r.AccessKeys, r.Regions} {
		for _, s := range list {
			if folded(s, word) {
				return true
			}
		}
	}
	for _, x := range r.Findings {
		if folded(x.Title, word) || folded(x.Rule, word) {
			return true
		}
	}
	return r.Denied > 0 && folded("denied", word)
}

func folded(s, word string) bool { return strings.Contains(strings.ToLower(s), word) }
