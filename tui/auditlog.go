package tui

import (
	"encoding/json"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"cordon/contain/audit"
	"cordon/investigate/clean"
)

// auditLog is what was done, newest first, and whether the log is whole.
type auditLog struct {
	filter
	list  list
	shown []audit.Record
	// picked is the number of the record selected.
	picked int64
}

func (s *auditLog) crumb() safe { return "audit log" }

func (s *auditLog) scope(*model) scope {
	if len(s.shown) == 0 {
		return onList
	}
	return onList | onOpen | onJSON
}

func (s *auditLog) filtering() *filter { return &s.filter }

func (s *auditLog) refilter(m *model) tea.Cmd { return s.refresh(m) }

func (s *auditLog) refresh(m *model) tea.Cmd {
	s.shown = s.shown[:0]
	rs := m.account.records
	for i := len(rs) - 1; i >= 0; i-- {
		r := rs[i]
		if s.expr == nil || s.expr.Match(words{
			r.Target.Kind + "/" + r.Target.Name, r.Target.ARN, r.OpID, r.Op, string(r.Kind),
			r.Reason, r.Incident, r.Outcome, r.Operator.ARN, r.Operator.OSUser,
		}) {
			s.shown = append(s.shown, r)
		}
	}
	for i, r := range s.shown {
		if r.Seq == s.picked {
			s.list.jump(i)
		}
	}
	s.list.clamp(len(s.shown))
	return nil
}

func (s *auditLog) aside(m *model) safe {
	n := safe(count(len(s.shown)))
	if s.expr != nil {
		n += safe(" of " + count(len(m.account.records)))
	}
	return n + m.th.dot + "newest first"
}

func (s *auditLog) do(m *model, a action) tea.Cmd {
	moved := s.list.move(a, len(s.shown))
	if s.list.cursor >= len(s.shown) {
		return nil
	}
	r := s.shown[s.list.cursor]
	s.picked = r.Seq
	switch {
	case moved:
	case a == actOpen:
		return m.push(newRecordPage(r))
	case a == actCopyJSON:
		return m.copyJSON(r, "the record")
	}
	return nil
}

func (s *auditLog) view(m *model, w, h int) []line {
	a := &m.account
	switch {
	case m.opt.AuditLog == "":
		return notice(w, h, "There is no audit log here.", m.opt.WhyNoContainment)
	case a.auditErr != nil:
		return notice(w, h, "The audit log could not be read.", a.auditErr.Error(), "r tries again.")
	case !a.auditRead:
		return notice(w, h, "Reading the audit log"+m.th.more)
	case len(a.records) == 0 && len(a.damaged) == 0:
		return notice(w, h, "Nothing was done yet.", "Every containment and release is recorded in "+m.opt.AuditLog+".")
	}
	out := s.chain(m, w)
	t := newTable(&m.th, w,
		column{title: "no", width: 4, right: true},
		column{title: "time", width: 8},
		column{title: "what", width: 16},
		column{title: "target", width: max(16, w/5)},
		column{title: "outcome", width: 10},
		column{title: "operator", width: 20, from: 110},
		column{title: "reason", width: 0},
	)
	out = append(out, t.head())
	from, to := s.list.window(len(s.shown), h-len(out))
	for i := from; i < to; i++ {
		out = append(out, s.row(m, t, &s.shown[i], i == s.list.cursor))
	}
	return out
}

func (s *auditLog) row(m *model, t *table, r *audit.Record, picked bool) line {
	outcome := span{text: say(r.Outcome)}
	if r.Kind == audit.Intent {
		outcome = span{text: "-", style: dim}
		if m.account.cutOff(r) {
			outcome = span{text: "unknown", style: bad}
		}
	}
	return t.row(picked,
		span{text: safe(fmt.Sprint(r.Seq)), style: dim},
		span{text: short(r.Time, m.opt.Now()), style: dim},
		span{text: sayf("%s %s", r.Op, r.Kind)},
		span{text: sayf("%s/%s", r.Target.Kind, r.Target.Name)},
		outcome,
		span{text: say(shortARN(r.Operator.ARN)), style: dim},
		span{text: say(r.Reason)},
	)
}

// cutOff reports whether an intent has no outcome and nobody at work on it.
func (a *account) cutOff(r *audit.Record) bool {
	for i := range a.unfinished {
		if a.unfinished[i].Seq == r.Seq {
			return true
		}
	}
	return false
}

// chain says whether the log is whole.
func (s *auditLog) chain(m *model, w int) []line {
	a := &m.account
	v := a.verified
	if v.OK {
		l := in(good, " "+m.th.check+" whole ").and(normal, safe(fmt.Sprintf("%d %s, each with the hash of the one before. ", v.Records, plural("record", v.Records))))
		return []line{l.and(dim, say(m.opt.AuditLog)).head(w, m.th.more)}
	}
	at := 0
	if v.BrokenAt != nil {
		at = *v.BrokenAt
	}
	var out []line
	for i, t := range wrap(fmt.Sprintf("The log does not verify, from line %d on: %s.", at, v.Reason), w-4) {
		mark := m.th.cross
		if i > 0 {
			mark = " "
		}
		out = append(out, in(bad, " "+mark+" "+t))
	}
	return out
}

// page is text that scrolls.
type page struct {
	title  safe
	text   string
	scroll scroller
}

// newRecordPage shows one record of the audit log in full.
func newRecordPage(r audit.Record) *page {
	raw, err := json.Marshal(r)
	if err != nil {
		return &page{title: "record", text: err.Error()}
	}
	return &page{title: safe(fmt.Sprintf("record %d", r.Seq)), text: string(clean.Indented(raw))}
}

func (p *page) crumb() safe { return p.title }

func (p *page) scope(*model) scope { return onList }

func (p *page) do(_ *model, a action) tea.Cmd {
	p.scroll.move(a)
	return nil
}

func (p *page) view(m *model, w, h int) []line {
	var out []line
	for _, l := range wrap(p.text, w-2) {
		out = append(out, plain(" "+l))
	}
	return p.scroll.window(out, h, &m.th)
}
