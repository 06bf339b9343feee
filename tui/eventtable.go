package tui

import (
	"cordon/investigate"
	"cordon/investigate/event"
)

// eventTable has the columns of a list of events; withWho is for lists of more than one
// principal's.
func eventTable(th *theme, w int, withWho bool) *table {
	who := column{title: "principal", width: 18, name: true}
	switch {
	case !withWho:
		who.from = w + 1
	case w >= 100:
		who.width = 26
	}
	return newTable(th, w,
		column{title: "time (UTC)", width: 14},
		who,
		column{title: "event", width: 0},
		column{title: "on", width: 24, from: 96},
		column{title: "service", width: 12, from: 130},
		column{title: "result", width: 8},
		column{title: "region", width: 14, from: 110},
		column{title: "from", width: 15, from: 64},
	)
}

// eventRow is one event in such a table.
func eventRow(th *theme, t *table, r investigate.Row, picked bool) line {
	mark, word, st := result(th, r.Failed, r.Denied)
	return t.row(picked,
		span{text: safe(r.Time.UTC().Format("01-02 15:04:05")), style: dim},
		span{text: say(who(r.Principal))},
		span{text: say(r.Name)},
		span{text: say(r.Subject), style: dim},
		span{text: say(service(r.Source)), style: dim},
		span{text: mark + word, style: st},
		span{text: say(r.Region), style: dim},
		span{text: say(r.SourceIP), style: dim},
	)
}

// result is how a call ended, as a mark, a word and a style.
func result(th *theme, failed, denied bool) (mark, word safe, st style) {
	switch {
	case denied:
		return th.cross + " ", "denied", caution
	case failed:
		return th.cross + " ", "failed", dim
	}
	return "  ", "ok", normal
}

// who is a principal as it is typed.
func who(p event.Principal) string {
	switch {
	case p.Name == "":
		return string(p.Kind)
	case p.Kind == event.Service:
		return string(p.Kind) + "/" + service(p.Name)
	}
	return p.String()
}
