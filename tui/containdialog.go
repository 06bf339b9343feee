package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/contain"
)

// containDialog takes a person through one containment or release: the plan is
// fetched, read, given a reason, confirmed, and then watched as it is carried
// out. Everything it shows and does is of the one plan it fetched, whatever
// happens to the list below it.
//
// A containment is confirmed with the target's name, typed or pasted; a
// release, which gives a possibly locked-out person back their work, with y.
type containDialog struct {
	ref     contain.Ref
	release bool
	adopt   bool

	// asked numbers the plan that is waited for; cancel stops the waiting.
	asked  int
	since  time.Time
	cancel context.CancelFunc

	plan *contain.Plan
	err  error

	grace  grace
	field  field
	reason edit
	name   edit
	// complaint is what is missing before it can be confirmed.
	complaint safe
	scroll    scroller

	op *operation
}

// field is which line of the dialog takes what is typed.
type field uint8

const (
	reasonField field = iota
	nameField
)

const (
	maxReason = 500
	// maxName is longer than any name that IAM allows.
	maxName = 200
)

// plannedMsg brings a plan, or why there is none.
type plannedMsg struct {
	to   *containDialog
	n    int
	plan contain.Plan
	err  error
}

// askPlan opens the dialog and fetches the plan.
func (m *model) askPlan(r contain.Ref, release bool) tea.Cmd {
	if m.opt.Containment == nil {
		m.warn(say(m.opt.WhyNoContainment))
		if m.opt.WhyNoContainment == "" {
			m.warn("cordon is not connected to an account, so it cannot contain: start it with credentials of that account")
		}
		return nil
	}
	if op := m.operations.running(); op != nil && op.plan.Target.Ref() == r {
		return m.showRunning()
	}
	d := &containDialog{ref: r, release: release, reason: newEdit(maxReason), name: newEdit(maxName)}
	m.open(d)
	return tea.Batch(d.fetch(m), m.tick())
}

func (d *containDialog) fetch(m *model) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	d.asked++
	d.plan, d.err, d.cancel, d.since = nil, nil, cancel, m.opt.Now()
	account, n, r, release, adopt := m.opt.Containment, d.asked, d.ref, d.release, d.adopt
	return func() tea.Msg {
		defer cancel()
		msg := plannedMsg{to: d, n: n}
		if release {
			msg.plan, msg.err = account.PlanRelease(ctx, r, contain.ReleaseOptions{Adopt: adopt})
		} else {
			msg.plan, msg.err = account.Plan(ctx, r)
		}
		return msg
	}
}

func (d *containDialog) planned(m *model, msg plannedMsg) {
	if m.dialog != dialog(d) || msg.n != d.asked {
		return
	}
	if msg.err != nil {
		d.err = msg.err
	} else {
		d.plan = &msg.plan
	}
	// Keys are only meant for the plan once it can be read.
	d.grace.open(m.opt.Now())
}

// idle reports whether the plan has nothing to carry out.
func (d *containDialog) idle() bool { return d.plan != nil && len(d.plan.Calls) == 0 }

// readOnly reports whether the plan can only be looked at. It is contain that
// enforces it; this spares the operator filling in what would be refused.
func (d *containDialog) readOnly(m *model) bool {
	return m.opt.ReadOnly || m.opt.Containment.ReadOnly()
}

func (d *containDialog) press(m *model, k tea.KeyPressMsg) tea.Cmd {
	if k.String() == "esc" {
		return d.leave(m)
	}
	if d.op != nil {
		return d.pressRunning(m, k)
	}
	if d.plan == nil && d.err == nil || !d.grace.pass(m.opt.Now()) {
		return nil
	}
	switch {
	case d.err != nil || d.idle() || d.readOnly(m):
		return d.pressRefused(m, k)
	case d.scroll.move(lookup(m.keys, onList, movement(k))):
		return nil
	}
	return d.pressField(m, k)
}

// movement is the key if it scrolls even while text is typed.
func movement(k tea.KeyPressMsg) tea.KeyPressMsg {
	switch k.String() {
	case "up", "down", "pgup", "pgdown":
		return k
	}
	return tea.KeyPressMsg{}
}

// leave closes the dialog. What is running goes on in the background.
func (d *containDialog) leave(m *model) tea.Cmd {
	if d.cancel != nil {
		d.cancel()
	}
	d.asked++
	cmd := m.closeDialog()
	if d.op != nil && !d.op.done {
		return tea.Batch(cmd, m.tell(d.op.target+" is still being watched: o shows it"))
	}
	return cmd
}

func (d *containDialog) pressRunning(m *model, k tea.KeyPressMsg) tea.Cmd {
	if d.scroll.move(lookup(m.keys, onList, k)) {
		return nil
	}
	switch k.String() {
	case "enter":
		if d.op.done {
			return m.closeDialog()
		}
	case "q":
		if d.op.done {
			return m.closeDialog()
		}
		return m.quit()
	}
	return nil
}

func (d *containDialog) pressRefused(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch {
	case d.scroll.move(lookup(m.keys, onList, k)):
		return nil
	case k.String() == "r":
		return d.fetch(m)
	case k.String() == "a" && d.adoptable():
		d.adopt = true
		return d.fetch(m)
	case k.String() == "enter" || k.String() == "q":
		return d.leave(m)
	}
	return nil
}

// adoptable reports whether the release was refused only because what stands
// was not put there by cordon.
func (d *containDialog) adoptable() bool {
	var refused *contain.RefusedError
	return d.release && !d.adopt && errors.As(d.err, &refused) && refused.Guard == contain.GuardNotOurs
}

// pressField is a key press while the reason or the confirmation is given.
func (d *containDialog) pressField(m *model, k tea.KeyPressMsg) tea.Cmd {
	switch k.String() {
	case "tab", "shift+tab":
		d.turn()
		return nil
	case "enter":
		return d.enter(m)
	}
	if d.field == nameField && d.release {
		switch k.String() {
		case "y", "Y":
			return d.confirm(m)
		case "n", "N":
			return d.leave(m)
		}
		return nil
	}
	d.complaint = ""
	d.focused().update(k)
	return nil
}

func (d *containDialog) focused() *edit {
	if d.field == nameField {
		return &d.name
	}
	return &d.reason
}

// turn moves between the lines.
func (d *containDialog) turn() {
	d.complaint = ""
	if d.field == nameField {
		d.field = reasonField
		return
	}
	if strings.TrimSpace(d.reason.value()) == "" {
		d.complaint = "a reason first: it goes into the audit log"
		return
	}
	d.field = nameField
}

// enter goes on to the next line, and on the last one carries the plan out if
// the name is the target's. For a release it does nothing there: the answer
// that a held-down Enter gives is no answer.
func (d *containDialog) enter(m *model) tea.Cmd {
	if d.field == reasonField {
		d.turn()
		return nil
	}
	if d.release {
		return d.leave(m)
	}
	if !d.matches() {
		d.complaint = "this is not the name"
		return nil
	}
	return d.confirm(m)
}

// matches reports whether what was typed is the target's name, to the letter.
func (d *containDialog) matches() bool { return d.name.value() == d.plan.Target.Name }

func (d *containDialog) confirm(m *model) tea.Cmd {
	if strings.TrimSpace(d.reason.value()) == "" {
		d.field = reasonField
		d.turn()
		return nil
	}
	op, cmd := m.start(*d.plan, strings.TrimSpace(d.reason.value()))
	d.op = op
	d.scroll = scroller{}
	return cmd
}

func (d *containDialog) paste(m *model, p tea.PasteMsg) {
	if d.op != nil || d.plan == nil || d.idle() || d.readOnly(m) || !d.grace.pass(m.opt.Now()) {
		return
	}
	if d.field == nameField && d.release {
		return
	}
	// A name copied from a line comes with its end.
	p.Content = strings.TrimRight(p.Content, "\r\n")
	d.complaint = ""
	d.focused().update(p)
}
