package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"
)

// quit ends the program. While a containment is running it asks first, and
// then waits for the outcome, which the audit log needs.
func (m *model) quit() tea.Cmd {
	if m.operations.running() == nil {
		return tea.Quit
	}
	if _, asked := m.dialog.(*quitDialog); asked {
		// Only ctrl-c comes here while it is asked. Whoever presses it again
		// means it, be it quick: nothing is lost by leaving.
		return m.leave()
	}
	d := &quitDialog{below: m.dialog}
	d.grace.open(m.opt.Now())
	m.open(d)
	return nil
}

// leave stops watching. The program ends when the outcomes have come, which may
// be while it is asked.
func (m *model) leave() tea.Cmd {
	m.quitting = true
	m.operations.stopAll()
	if m.operations.running() == nil {
		return tea.Quit
	}
	return nil
}

// quitDialog asks whether to leave while a containment is running.
type quitDialog struct {
	below dialog
	grace grace
}

func (d *quitDialog) press(m *model, k tea.KeyPressMsg) tea.Cmd {
	if m.quitting || !d.grace.pass(m.opt.Now()) {
		return nil
	}
	switch k.String() {
	case "y", "Y":
		return m.leave()
	case "n", "N", "enter", "esc", "q":
		m.dialog = d.below
		if m.dialog == nil {
			return m.closeDialog()
		}
	}
	return nil
}

func (d *quitDialog) paste(*model, tea.PasteMsg) {}

func (d *quitDialog) view(m *model, w, h int) (box, int, int) {
	bw := min(w, 64)
	op := m.operations.running()
	var lines []line
	say := func(s string) {
		for _, l := range wrap(s, bw-4) {
			lines = append(lines, plain(l))
		}
	}
	switch {
	case m.quitting:
		say("Stopping. The outcome goes to the audit log.")
	case op == nil:
		say("It has ended, and the outcome is in the audit log.")
		lines = append(lines, nil, in(strong, "Quit? y / N"))
	default:
		say(fmt.Sprintf("%s is still being watched: %s.", op.target, op.state()))
		lines = append(lines, nil)
		say("If you quit, cordon stops watching. What is written in the account stays, " +
			"and the audit log says how far it came.")
		lines = append(lines, nil, in(strong, "Quit? y / N"))
	}
	out := m.th.frame(in(caution, "quit"), lines, bw)
	x, y := centered(w, h, bw, len(out))
	return box{lines: out}, x, y
}

func (d *quitDialog) hints(*model) []hint {
	return []hint{{"y ctrl-c", "quit"}, {"n Esc", "stay"}}
}
