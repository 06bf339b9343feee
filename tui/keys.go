package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// action is what a key asks for. Screens see actions, never keys.
type action uint8

const (
	actNone action = iota
	actUp
	actDown
	actHalfUp
	actHalfDown
	actPageUp
	actPageDown
	actTop
	actBottom
	actOpen
	actBack
	actNext
	actPrevious
	actFilter
	actSort
	actRaw
	actContain
	actRelease
	actRunning
	actCopyARN
	actCopyJSON
	actRefresh
	actCoverage
	actCancel
	actHelp
	actQuit
)

// scope is a set of places where a binding works.
type scope uint16

const (
	onList    scope = 1 << iota // anything with a cursor or that scrolls
	onOpen                      // items that open
	onFilter                    // lists that filter
	onSort                      // lists that sort
	onTarget                    // a principal or identity is selected
	onRelease                   // something that can be released is selected
	onEvent                     // one event is open
	onJSON                      // something that has a JSON form is selected
	onDeep                      // not at the root of a view
	onLoading                   // something is being read
	onRunning                   // a containment is running, or ended unseen
	onGaps                      // something could not be read
	anywhere  scope = 1 << 15
)

// A Binding is one row of the table that feeds the key handler, the footer,
// the help screen and the README.
type Binding struct {
	key.Binding
	act action
	on  scope
	// foot is the word in the footer; bindings without one are only in help.
	foot safe
	// worth is where the footer has the word; zero is wherever it works.
	worth scope
}

// offered reports whether the footer has the binding.
func (b Binding) offered(on scope) bool {
	if b.foot == "" || b.on&(on|anywhere) == 0 {
		return false
	}
	return b.worth == 0 || b.worth&on != 0
}

// bindings returns the table, in the order of the help screen. Movements come
// with arrows and vi keys always; no binding needs a key that a keyboard layout
// may lack.
func bindings() []Binding {
	b := func(a action, on scope, foot safe, shown, does string, keys ...string) Binding {
		return Binding{key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does)), a, on, foot, 0}
	}
	// worth has the word in the footer only where there is something to see.
	worth := func(on scope, x Binding) Binding {
		x.worth = on
		return x
	}
	return []Binding{
		b(actUp, onList, "", "↑ k", "up", "up", "k"),
		b(actDown, onList, "", "↓ j", "down", "down", "j"),
		b(actHalfUp, onList, "", "ctrl-u", "half a page up", "ctrl+u"),
		b(actHalfDown, onList, "", "ctrl-d", "half a page down", "ctrl+d"),
		b(actPageUp, onList, "", "PgUp ctrl-b", "a page up", "pgup", "ctrl+b"),
		b(actPageDown, onList, "", "PgDn ctrl-f space", "a page down", "pgdown", "ctrl+f", "space"),
		b(actTop, onList, "", "g Home", "first", "g", "home"),
		b(actBottom, onList, "", "G End", "last", "G", "end"),
		b(actOpen, onOpen, "open", "Enter → l", "open what is selected", "enter", "right", "l"),
		b(actBack, onDeep, "back", "Esc ← h", "close the dialog, then the filter, then the screen", "esc", "left", "h"),
		b(actContain, onTarget, "contain", "c", "contain the principal: shows the plan first", "c"),
		b(actRelease, onRelease, "release", "u", "release the principal: shows the plan first", "u"),
		worth(onRunning, b(actRunning, anywhere, "running", "o", "show the containment or release that runs, or ran last", "o")),
		b(actCancel, onLoading, "stop reading", "x", "stop reading the source; what was read stays", "x"),
		b(actRaw, onEvent, "raw", "v", "the event explained, or as raw JSON with secrets redacted", "v"),
		b(actFilter, onFilter, "filter", "/", "filter: plain words, !word to exclude, or an expression", "/"),
		b(actSort, onSort, "sort", "s", "sort by the next column", "s"),
		b(actNext, anywhere, "views", "Tab", "next of: principals, events, contained, audit log, directory", "tab"),
		b(actPrevious, anywhere, "", "shift-Tab", "the one before", "shift+tab"),
		b(actCopyARN, onTarget, "", "y", "copy the ARN (OSC 52)", "y"),
		b(actCopyJSON, onJSON, "", "Y", "copy as JSON, secrets redacted (OSC 52)", "Y"),
		worth(onGaps, b(actCoverage, anywhere, "not read", "i", "what was read, what was skipped, what could not be read", "i")),
		b(actRefresh, anywhere, "", "r", "read the source and the account again", "r"),
		b(actHelp, anywhere, "help", "?", "this help", "?"),
		b(actQuit, anywhere, "quit", "q ctrl-c", "quit; asks while a containment is running", "q", "ctrl+c"),
	}
}

// lookup finds the action of a key press among the bindings of a scope.
func lookup(table []Binding, on scope, k tea.KeyPressMsg) action {
	for _, b := range table {
		if b.on&(on|anywhere) != 0 && key.Matches(k, b.Binding) {
			return b.act
		}
	}
	return actNone
}

// Keys returns the bindings as a Markdown table, for the README.
func Keys() string {
	var b strings.Builder
	b.WriteString("| key | what it does |\n| --- | --- |\n")
	for _, x := range bindings() {
		h := x.Help()
		b.WriteString("| `" + strings.ReplaceAll(h.Key, " ", "` `") + "` | " + h.Desc + " |\n")
	}
	return b.String()
}

// shown is the binding's key in the footer and in help, for this theme.
func (b Binding) shown(th *theme) safe {
	s := b.Help().Key
	if th.ascii {
		s = strings.NewReplacer("↑", "up", "↓", "down", "←", "left", "→", "right").Replace(s)
	}
	return safe(s)
}
