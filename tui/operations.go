package tui

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"

	"cordon/contain"
	"cordon/investigate"
)

// operations are the containments and releases that this program carried out.
// They belong to the model, not to the dialog that started them: closing the
// dialog leaves them running.
type operations struct {
	// ctx ends with the program.
	ctx context.Context
	all []*operation
}

// An operation is one plan being carried out, as far as it has come.
type operation struct {
	plan   contain.Plan
	target safe
	reason string
	began  time.Time
	stop   context.CancelFunc
	mail   mailbox
	// begun tells a command that never came to run from one under way.
	begun atomic.Int32
	ended chan struct{}

	seen []contain.Progress
	// heard is when the last of them came, by this computer's clock: those in
	// them may be AWS's.
	heard time.Time
	done  bool
	// looked says that its end was looked at.
	looked bool
	// told says that the account was asked since its end, and has told what
	// stands.
	told   bool
	result contain.Result
	err    error
	// outcome is how it ended. It may be read once ended is closed.
	outcome appliedMsg

	// answers to the target's calls since the write, as the evidence had them
	// at the version counted.
	answers  *investigate.Answers
	counted  uint64
	counting bool
}

const (
	notBegun int32 = iota
	underWay
	givenUp
)

// mailbox takes what is observed while a plan is carried out, without ever
// keeping the observed waiting.
type mailbox struct {
	mu   sync.Mutex
	post []contain.Progress
	bell chan struct{}
}

func (b *mailbox) put(p contain.Progress) {
	b.mu.Lock()
	b.post = append(b.post, p)
	b.mu.Unlock()
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

func (b *mailbox) take() []contain.Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.post
	b.post = nil
	return out
}

type (
	// progressMsg says that there is mail, or none to come.
	progressMsg struct {
		op   *operation
		over bool
	}
	appliedMsg struct {
		op     *operation
		result contain.Result
		err    error
	}
)

// start carries a plan out.
func (m *model) start(plan contain.Plan, reason string) (*operation, tea.Cmd) {
	ctx, stop := context.WithCancel(m.operations.ctx)
	op := &operation{
		plan: plan, target: say(plan.Target.String()), reason: reason, began: m.opt.Now(), stop: stop, ended: make(chan struct{}),
		mail: mailbox{bell: make(chan struct{}, 1)},
	}
	m.operations.all = append(m.operations.all, op)
	account, order := m.opt.Containment, contain.Order{Reason: reason, Hold: m.opt.Hold, Observe: op.mail.put}
	apply := func() tea.Msg {
		if !op.begun.CompareAndSwap(notBegun, underWay) {
			return nil
		}
		defer stop()
		defer close(op.ended)
		result, err := account.Apply(ctx, plan, order)
		op.outcome = appliedMsg{op, result, err}
		return op.outcome
	}
	return op, tea.Batch(apply, op.listen(), m.tick())
}

// listen waits for the next thing observed.
func (op *operation) listen() tea.Cmd {
	return func() tea.Msg {
		select {
		case <-op.mail.bell:
			return progressMsg{op: op}
		case <-op.ended:
			return progressMsg{op: op, over: true}
		}
	}
}

// hear takes the mail.
func (op *operation) hear(now time.Time) {
	if post := op.mail.take(); len(post) > 0 {
		op.seen = append(op.seen, post...)
		op.heard = now
	}
}

func (m *model) progressed(msg progressMsg) tea.Cmd {
	msg.op.hear(m.opt.Now())
	m.joinContained()
	if msg.over {
		return m.refreshFrozen()
	}
	return tea.Batch(m.refreshFrozen(), msg.op.listen())
}

func (m *model) applied(msg appliedMsg) tea.Cmd {
	op := msg.op
	op.hear(m.opt.Now())
	op.done, op.result, op.err = true, msg.result, msg.err
	m.joinContained()
	if m.quitting {
		if m.operations.running() == nil {
			return tea.Quit
		}
		return nil
	}
	cmds := []tea.Cmd{m.askContained(), m.readAuditLog(), m.tick()}
	if d, ok := m.dialog.(*containDialog); !ok || d.op != op {
		text := op.target + ": " + op.state()
		if op.state() == safe(contain.Held) || op.state() == safe(contain.Released) {
			cmds = append(cmds, m.tell(text))
		} else {
			m.warn(text + safe(", o shows it"))
		}
	}
	return tea.Batch(cmds...)
}

// running is the operation under way that was started last; nil if none is.
func (o *operations) running() *operation {
	for i := len(o.all) - 1; i >= 0; i-- {
		if !o.all[i].done {
			return o.all[i]
		}
	}
	return nil
}

// ended are those that are over.
func (o *operations) ended() []*operation {
	var out []*operation
	for _, op := range o.all {
		if op.done {
			out = append(out, op)
		}
	}
	return out
}

// latest is the operation under way, or else the last one; nil if there is none.
func (o *operations) latest() *operation {
	if op := o.running(); op != nil {
		return op
	}
	if n := len(o.all); n > 0 {
		return o.all[n-1]
	}
	return nil
}

// unseen is the operation under way, or else the last one whose end nobody
// looked at; nil if there is neither.
func (o *operations) unseen() *operation {
	if op := o.latest(); op != nil && !op.looked {
		return op
	}
	return nil
}

// stopAll tells every operation to stop watching.
func (o *operations) stopAll() {
	for _, op := range o.all {
		op.stop()
	}
}

// wait waits until every operation that began has ended; ok is false if one
// has not within the time.
func (o *operations) wait(most time.Duration) (ok bool) {
	o.stopAll()
	late := time.NewTimer(most)
	defer late.Stop()
	for _, op := range o.all {
		if op.begun.CompareAndSwap(notBegun, givenUp) || op.begun.Load() == givenUp {
			continue
		}
		select {
		case <-op.ended:
		case <-late.C:
			return false
		}
	}
	return true
}

// state is the last state seen.
func (op *operation) state() safe {
	switch {
	case op.done && op.result.Outcome != "":
		return safe(op.result.Outcome)
	case op.done && op.err != nil:
		return safe(contain.Failed)
	case len(op.seen) > 0:
		return safe(op.seen[len(op.seen)-1].State)
	}
	return safe(contain.Planned)
}

// left is how much of the hold is still to come.
func (op *operation) left(now time.Time) time.Duration {
	if op.done || len(op.seen) == 0 {
		return 0
	}
	return max(0, op.seen[len(op.seen)-1].Left-now.Sub(op.heard))
}

// indicator is what the header says of an operation whose dialog is closed.
func (op *operation) indicator(m *model) line {
	verb := safe("containing ")
	if op.plan.Op == contain.Release {
		verb = "releasing "
	}
	l := in(caution, " "+m.th.pending+" "+verb+op.target+": "+op.state())
	if left := op.left(m.opt.Now()); left > 0 {
		l = l.and(normal, safe(fmt.Sprintf(", watched for another %d s", int(left.Seconds()+0.999))))
	}
	return l.and(dim, "  o shows it")
}

// showRunning opens the dialog of the operation under way, or else of the last
// one that ended.
func (m *model) showRunning() tea.Cmd {
	op := m.operations.latest()
	if op == nil {
		return m.tell("nothing was contained or released from here yet")
	}
	d := &containDialog{op: op, release: op.plan.Op == contain.Release, ref: op.plan.Target.Ref()}
	m.open(d)
	return m.tick()
}
