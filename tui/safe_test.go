package tui

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWrapKeepsFlagsWholeAndBreaksOnlyWordsThatAreTooLong(t *testing.T) {
	for _, tt := range []struct {
		text string
		w    int
		want []safe
	}{
		{"", 10, []safe{""}},
		{"try --sandbox or --from PATH", 14, []safe{"try --sandbox", "or --from PATH"}},
		{"  indented text goes on", 12, []safe{"  indented", "text goes on"}},
		{"arn:aws:iam::123456789012:user/alice", 10, []safe{"arn:aws:ia", "m::1234567", "89012:user", "/alice"}},
		{"田中太郎", 5, []safe{"田中", "太郎"}},
		{"two  blanks   stay", 20, []safe{"two  blanks   stay"}},
		{"a\nb\x1b[2J", 20, []safe{"a", `b\x1b[2J`}},
	} {
		if diff := cmp.Diff(tt.want, wrap(tt.text, tt.w)); diff != "" {
			t.Errorf("%q in %d: %s", tt.text, tt.w, diff)
		}
	}
}

func TestCutsAreByCellsAndSayThatSomethingIsMissing(t *testing.T) {
	const mark = safe("…")
	for _, tt := range []struct {
		name      string
		got, want safe
	}{
		{"fits", safe("alice").cut(5, mark), "alice"},
		{"cut", safe("alice").cut(4, mark), "ali…"},
		{"wide", safe("田中太郎").cut(4, mark), "田…"},
		{"left", safe("role/deploy").cutLeft(7, mark), "…deploy"},
		{"middle", safe("role/stratus-red-team-leave").cutMiddle(15, mark), "role/st…m-leave"},
		{"nothing", safe("alice").cut(0, mark), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, not %q", tt.name, tt.got, tt.want)
		}
	}
}

func FuzzLinesFit(f *testing.F) {
	f.Add("user/alice", "9 events", 20)
	f.Add("田中太郎\x1b[2J", "\u202e", 7)
	f.Fuzz(func(t *testing.T, left, right string, w int) {
		w = max(1, min(w, 500))
		l := between(plain(say(left)), plain(say(right)), w, "…")
		if got := l.width(); got > w {
			t.Errorf("%d cells in %d: %q", got, w, l)
		}
		for _, x := range wrap(left, w) {
			if x.width() > w || strings.ContainsAny(string(x), "\x1b\n\r") {
				t.Errorf("%q in %d", x, w)
			}
		}
		under := in(dim, say(left)).and(normal, say(right))
		if got := over([]line{under}, []line{plain("box")}, w/2, 0, w+8)[0].width(); got > w+8 {
			t.Errorf("laid over: %d cells in %d", got, w+8)
		}
	})
}
