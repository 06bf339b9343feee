package tui

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/contain"
	"cordon/contain/audit"
)

// account is what the model knows of the connected account and of its audit
// log, as last asked.
type account struct {
	asking bool
	again  bool
	asked  time.Time
	known  bool
	// told is who is contained as the account last told; list is that together
	// with what operations of this program have read since.
	told   []contain.Contained
	list   []contain.Contained
	unread []contain.Unread
	err    error

	records    []audit.Record
	damaged    []audit.Damage
	verified   audit.Verification
	unfinished []audit.Record
	auditErr   error
	auditRead  bool
}

type (
	containedMsg struct {
		status contain.Status
		err    error
		// after are the operations that had ended when the account was asked.
		after []*operation
	}
	auditMsg struct {
		records    []audit.Record
		damaged    []audit.Damage
		verified   audit.Verification
		unfinished []audit.Record
		err        error
	}
)

// statusAge is how old an answer may be when the list of those contained is
// opened. Asking costs a call for each user, role and group of the account, so
// it is not asked for the count in the header alone.
const statusAge = time.Minute

// askContainedIfOld asks when the last answer is old.
func (m *model) askContainedIfOld() tea.Cmd {
	if m.account.asking || m.opt.Now().Sub(m.account.asked) < statusAge {
		return nil
	}
	return m.askContained()
}

// stamp is what a list says of a containment: that it is one, or what became of
// it.
func stamp(c contain.Contained) safe {
	if c.State.InForce() {
		return "CONTAINED"
	}
	return say(strings.ToUpper(string(c.State)))
}

// askContained asks the account who is contained.
func (m *model) askContained() tea.Cmd {
	a := &m.account
	if m.opt.Containment == nil {
		return nil
	}
	if a.asking {
		a.again = true
		return nil
	}
	a.asking = true
	account, ctx, after := m.opt.Containment, m.ctx, m.operations.ended()
	return func() tea.Msg {
		status, err := account.Status(ctx)
		return containedMsg{status, err, after}
	}
}

func (m *model) gotContained(msg containedMsg) tea.Cmd {
	a := &m.account
	a.asking, a.asked, a.err = false, m.opt.Now(), msg.err
	if msg.err == nil {
		a.told, a.unread, a.known = msg.status.Contained, msg.status.Unread, true
		for _, op := range msg.after {
			op.told = true
		}
	}
	m.joinContained()
	// What was asked for while the answer was under way may be newer than it.
	cmds := []tea.Cmd{m.refreshFrozen()}
	if a.again {
		a.again = false
		cmds = append(cmds, m.askContained())
	}
	return tea.Batch(cmds...)
}

// joinContained puts what the operations of this program read over what the
// account told before, so that a containment stands in every list as soon as it
// was read in the account.
func (m *model) joinContained() {
	a := &m.account
	a.list = slices.Clone(a.told)
	for _, op := range m.operations.all {
		if !op.told {
			a.list = op.over(a.list)
		}
	}
}

// over is a list of the contained with what an operation has read since.
func (op *operation) over(list []contain.Contained) []contain.Contained {
	t, state := op.plan.Target, contain.State(op.state())
	same := func(c contain.Contained) bool { return c.Target.Ref() == t.Ref() && c.Measure == contain.DenyAll }
	switch {
	case op.plan.Op == contain.Release && state == contain.Released:
		return slices.DeleteFunc(list, same)
	case op.plan.Op == contain.Contain && (state.InForce() || state == contain.Reverted):
		since := op.writtenAt()
		now := contain.Contained{
			Target: t, Measure: contain.DenyAll, State: state, Since: &since, By: op.plan.Caller.ARN,
			OpID: op.plan.OpID, Reason: op.reason, PolicyName: op.plan.PolicyName,
		}
		if i := slices.IndexFunc(list, same); i >= 0 {
			now.Incident = list[i].Incident
			list[i] = now
			return list
		}
		return append(list, now)
	}
	return list
}

// refreshFrozen brings the screen up to date, unless a dialog froze its rows:
// then closing the dialog does.
func (m *model) refreshFrozen() tea.Cmd {
	if m.dialog != nil {
		return nil
	}
	return m.refreshTop()
}

// count is how many have a deny that was read in the account; known is false
// until the account was asked, or something was contained from here.
func (a *account) count() (n int, known bool) {
	for _, c := range a.list {
		if c.State.InForce() {
			n++
		}
	}
	return n, a.known || len(a.list) > 0
}

// sinceWhen is when a containment came about, as far as is known.
func sinceWhen(c contain.Contained) time.Time {
	if c.Since == nil {
		return time.Time{}
	}
	return *c.Since
}

// contained finds the measure that stands on a principal, if one does.
func (a *account) contained(account, kind, name string) (contain.Contained, bool) {
	for _, c := range a.list {
		if c.Target.Account == account && string(c.Target.Kind) == kind && c.Target.Name == name {
			return c, true
		}
	}
	return contain.Contained{}, false
}

// readAuditLog reads the audit log and checks its chain.
func (m *model) readAuditLog() tea.Cmd {
	path := m.opt.AuditLog
	if path == "" {
		return nil
	}
	return func() tea.Msg {
		var msg auditMsg
		msg.records, msg.damaged, msg.err = audit.Read(path)
		if errors.Is(msg.err, fs.ErrNotExist) {
			return auditMsg{}
		}
		if msg.err != nil {
			return msg
		}
		msg.verified, msg.err = audit.Verify(path)
		for _, r := range audit.Unfinished(msg.records) {
			if !audit.Running(path, r.OpID) {
				msg.unfinished = append(msg.unfinished, r)
			}
		}
		return msg
	}
}

// gotAudit keeps what was read. At the first reading it tells of operations
// that a crash cut off.
func (m *model) gotAudit(msg auditMsg) {
	a := &m.account
	first := !a.auditRead
	a.auditRead = true
	a.records, a.damaged, a.verified, a.unfinished, a.auditErr = msg.records, msg.damaged, msg.verified, msg.unfinished, msg.err
	switch {
	case first && msg.err != nil:
		m.warn("audit log: " + say(msg.err.Error()))
	case first && len(msg.unfinished) > 0:
		r := msg.unfinished[0]
		m.warn(sayf("unknown: the %s of %s/%s begun %s has no outcome. See the audit log (Tab), and the contained",
			r.Op, r.Target.Kind, r.Target.Name, clock(r.Time, m.opt.Now())))
	case first && len(msg.records)+len(msg.damaged) > 0 && !msg.verified.OK:
		m.warn("audit log: " + say(msg.verified.Reason))
	}
}
