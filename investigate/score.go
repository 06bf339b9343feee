package investigate

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"

	"cordon/investigate/event"
	"cordon/investigate/rules"
)

// points are what one finding of a level is worth. What is informational helps
// to understand, but accuses nobody.
var points = map[event.Level]int{
	event.Informational: 0,
	event.Low:           15,
	event.Medium:        25,
	event.High:          40,
	event.Critical:      100,
}

const (
	// mostRepeats is the most that repeats add to a finding: a point each time
	// that its count doubles. It is less than the mildest finding, so that no
	// repetition outweighs a further kind of evidence.
	mostRepeats = 5
	// oneKind is the most that evidence of one kind amounts to unless some of it
	// is critical. It is less than two kinds of which one is medium, and than
	// any three kinds.
	oneKind = 39
)

// alarms are the levels that scores amount to, the worst first.
var alarms = []struct {
	from  int
	level event.Level
}{
	{100, event.Critical},
	{55, event.High},
	{25, event.Medium},
	{1, event.Low},
}

// ladder has the levels in order, for the rule that a level of alarm is at most
// one above the worst finding's.
var ladder = []event.Level{event.Informational, event.Low, event.Medium, event.High, event.Critical}

// evidence is one finding on its way into a ranking.
type evidence struct {
	rule *rules.Rule
	rows []uint32 // in order of time

	worth  int // points and repeats
	adds   int // what it adds to the score in the end
	place  int // among those of its kind, from 0
	kind   string
	capped bool // adds less because all evidence is of one kind
}

// A verdict is what the findings of a principal amount to.
type verdict struct {
	score int
	level event.Level
	held  int // what was held back because all evidence is of one kind
}

// judge puts the findings in the order in which they count, decides what each
// adds, and adds it up. The package comment has the arithmetic.
func judge(found []*evidence) verdict {
	for _, e := range found {
		e.worth = worth(e.rule.Level, len(e.rows))
	}
	slices.SortFunc(found, func(a, b *evidence) int {
		return cmp.Or(
			cmp.Compare(b.worth, a.worth),
			cmp.Compare(b.rule.Level.Rank(), a.rule.Level.Rank()),
			cmp.Compare(a.rule.ID, b.rule.ID),
		)
	})
	size := map[string]int{} // of each kind, so far
	for _, e := range found {
		e.kind = kind(e.rule)
		e.place = size[e.kind]
		e.adds = e.worth >> min(e.place, bits.UintSize-1)
		size[e.kind]++
	}
	v := verdict{}
	limit := int(^uint(0) >> 1)
	if !corroborated(found) && !slices.ContainsFunc(found, func(e *evidence) bool { return e.rule.Level == event.Critical }) {
		limit = oneKind
	}
	for _, e := range found {
		if v.score+e.adds > limit {
			v.held += v.score + e.adds - limit
			e.adds, e.capped = limit-v.score, true
		}
		v.score += e.adds
	}
	slices.SortStableFunc(found, func(a, b *evidence) int { return cmp.Compare(b.adds, a.adds) })
	v.level = alarm(v.score, found)
	return v
}

func worth(level event.Level, count int) int {
	base := points[level]
	if base == 0 {
		return 0
	}
	return base + min(bits.Len(uint(count))-1, mostRepeats) //nolint:gosec // a count is not negative
}

// kind is the sort of evidence that a rule gives: the first tactic of ATT&CK
// that it names. Rules that name none are of one kind.
func kind(r *rules.Rule) string {
	if len(r.Tactics) == 0 {
		return "no tactic"
	}
	return r.Tactics[0]
}

// corroborated reports whether there are two kinds of evidence, and not only two
// views of the same events.
func corroborated(found []*evidence) bool {
	for i, a := range found {
		for _, b := range found[:i] {
			if a.worth > 0 && b.worth > 0 && a.kind != b.kind && !slices.Equal(a.rows, b.rows) {
				return true
			}
		}
	}
	return false
}

func alarm(score int, found []*evidence) event.Level {
	level := event.Informational
	for _, a := range alarms {
		if score >= a.from {
			level = a.level
			break
		}
	}
	worst := 0
	for _, e := range found {
		worst = max(worst, e.rule.Level.Rank())
	}
	return ladder[min(level.Rank(), worst+1, len(ladder)-1)]
}

// effect says what the finding adds to the score, and why not more.
func (e *evidence) effect() string {
	own := e.worth >> min(e.place, bits.UintSize-1)
	switch {
	case e.worth == 0:
		return "adds nothing by itself"
	case own == 0:
		return fmt.Sprintf("adds nothing more, being the %dth of its kind (%s)", e.place+1, e.kind)
	case e.capped && e.adds == 0:
		return fmt.Sprintf("adds nothing (%d held back) until there is a second kind of evidence", own)
	case e.capped:
		return fmt.Sprintf("adds %d of %d until there is a second kind of evidence", e.adds, own)
	case e.place > 0:
		return fmt.Sprintf("adds %d of %d, being more of the same kind (%s)", e.adds, e.worth, e.kind)
	}
	return fmt.Sprintf("adds %d", e.adds)
}
