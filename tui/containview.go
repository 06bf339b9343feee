package tui

import (
	"errors"
	"fmt"
	"strings"

	"cordon/contain"
)

func (d *containDialog) view(m *model, w, h int) (box, int, int) {
	bw := min(w, 104)
	iw := bw - 4
	ih := h - 2
	var out box
	var lines []line
	switch {
	case d.op != nil:
		lines = d.scroll.window(d.op.view(m, iw), ih, &m.th)
	case d.err != nil:
		lines = d.scroll.window(d.errorView(m, iw), ih, &m.th)
	case d.plan == nil:
		lines = d.planningView(m, iw)
	case d.idle():
		lines = d.scroll.window(append(planHead(d.plan, iw), d.idleView(iw)...), ih, &m.th)
	default:
		fields, cursor := d.fieldsView(m, iw)
		if d.readOnly(m) {
			fields, cursor = readOnlyView(iw), cell{}
		}
		room := ih - len(fields) - 1
		lines = padded(d.scroll.window(planView(m, d.plan, iw), room, &m.th), room)
		lines = append(append(lines, m.th.divider(iw)), fields...)
		if cursor.on {
			out.cursor = cell{x: cursor.x + 2, y: room + 2 + cursor.y, on: true}
		}
	}
	lines = padded(lines, max(len(lines), min(ih, minBox)))
	out.lines = m.th.frame(d.title(), lines, bw)
	x, y := centered(w, h, bw, len(out.lines))
	return out, x, y
}

// minBox is the height of the dialog's inside where there is room, so that it
// does not change its size with every state.
const minBox = 20

func (d *containDialog) title() line {
	verb := safe("contain ")
	if d.release {
		verb = "release "
	}
	return in(strong, verb+sayf("%s/%s", d.ref.Kind, d.ref.Name))
}

func (d *containDialog) planningView(m *model, w int) []line {
	waited := int(m.opt.Now().Sub(d.since).Seconds())
	out := []line{plain("Looking at it in the account: identity, policies, keys, who uses it. Nothing is changed.").head(w, m.th.more)}
	if waited > 0 {
		out = append(out, in(dim, safe(fmt.Sprintf("%d s", waited))))
	}
	return append(out, nil, in(dim, "Esc stops."))
}

// errorView is a refusal, or a plan that could not be made, with the next step.
func (d *containDialog) errorView(m *model, w int) []line {
	title, message, next := problem(d.err)
	st := bad
	if title == "refused" {
		st = caution
	}
	out := []line{in(st, m.th.warn+" "+title), nil}
	out = append(out, paragraphs(normal, message, w)...)
	if next != "" {
		out = append(out, nil)
		out = append(out, paragraphs(strong, next, w)...)
	}
	out = append(out, nil, in(dim, "Nothing was changed in the account."))
	if d.adoptable() {
		out = append(out, nil)
		out = append(out, paragraphs(normal, "Press a to plan the removal of what stands there even so.", w)...)
	}
	return out
}

// problem takes an error of contain apart: what sort, what, and what next.
func problem(err error) (title safe, message, next string) {
	var refused *contain.RefusedError
	if errors.As(err, &refused) {
		return "refused", refused.Message, refused.Next
	}
	p := contain.Explain(err)
	return "failed", p.Message, p.Next
}

func (d *containDialog) idleView(w int) []line {
	out := []line{nil, in(good, "Nothing to do."), nil}
	return append(out, paragraphs(normal, d.plan.Already, w)...)
}

// fieldsView is the part that is filled in, and where the cursor is in it.
func (d *containDialog) fieldsView(m *model, w int) ([]line, cell) {
	const label = 11
	var cursor cell
	row := func(f field, title safe, e *edit) line {
		st := dim
		if d.field == f {
			st = strong
		}
		text, at := e.view(w-label, &m.th)
		if d.field == f {
			cursor = cell{x: label + at, y: int(f), on: true}
		}
		return append(in(st, title.cut(label-1, "")+spaces(label-min(title.width(), label-1))), text...)
	}
	out := []line{row(reasonField, "Reason", &d.reason)}
	var hint line
	switch {
	case d.release && d.field == nameField:
		out = append(out, in(strong, "Release? ").and(normal, "  ").and(strong, "y / N"))
		cursor = cell{}
		hint = in(dim, "y gives it back; n, Enter or Esc leave it contained")
	case d.release:
		out = append(out, in(dim, "Release?   y / N"))
		hint = in(dim, "why it is released; Enter goes on")
	default:
		out = append(out, row(nameField, "Type name", &d.name))
		switch {
		case d.field == reasonField:
			hint = in(dim, "why it is contained, for the audit log; Enter goes on")
		case d.matches():
			hint = in(strong, "Enter contains "+say(d.plan.Target.Name)+" now")
		default:
			hint = in(dim, "type exactly ").and(strong, say(d.plan.Target.Name)).and(dim, " to allow Enter")
		}
	}
	if d.complaint != "" {
		hint = in(bad, m.th.cross+" "+d.complaint).and(normal, "  ")
	}
	return append(out, hint.head(w, m.th.more)), cursor
}

// readOnlyView stands where the plan would be confirmed.
func readOnlyView(w int) []line {
	return paragraphs(caution, "READ-ONLY: the plan can be looked at, and not carried out. Start cordon without --read-only to act.", w)
}

func (d *containDialog) hints(m *model) []hint {
	scroll := hint{m.arrows(), "scroll"}
	switch {
	case d.op != nil && d.op.done:
		return []hint{scroll, {"Enter Esc", "close"}}
	case d.op != nil:
		return []hint{scroll, {"Esc", "go on in the background"}, {"q", "quit"}}
	case d.err != nil && d.adoptable():
		return []hint{{"a", "adopt"}, {"r", "look again"}, {"Esc", "close"}}
	case d.err != nil || d.idle() || d.readOnly(m):
		return []hint{scroll, {"r", "look again"}, {"Esc", "close"}}
	case d.plan == nil:
		return []hint{{"Esc", "stop"}}
	}
	return []hint{{"Enter", "next"}, {"Tab", "other line"}, {m.arrows() + " PgUp PgDn", "read the plan"}, {"Esc", "do nothing"}}
}

// paragraphs wraps any text.
func paragraphs(st style, s string, w int) []line {
	var out []line
	for _, l := range wrap(strings.TrimSpace(s), w) {
		out = append(out, in(st, l))
	}
	return out
}

// item is text with a mark before its first line.
func item(mark safe, st style, s string, w int) []line {
	var out []line
	for i, l := range wrap(strings.TrimSpace(s), w-mark.width()-1) {
		if i == 0 {
			out = append(out, in(st, mark+" ").and(normal, l))
			continue
		}
		out = append(out, plain(spaces(mark.width()+1)+l))
	}
	return out
}
