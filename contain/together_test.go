package contain_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"cordon/contain"
)

// TestTwoRespondersContainingAtOnce lets both find the name free, so that the
// second write goes over the first: the target is contained all the time, and
// neither may hear of an attacker.
func TestTwoRespondersContainingAtOnce(t *testing.T) {
	for _, ref := range []contain.Ref{alice, deploy, admins} {
		for _, when := range []string{"before it is read back", "in the hold"} {
			t.Run(ref.String()+" "+when, func(t *testing.T) {
				w := newWorld(t)
				first, second := w.connect(w.account.Root()), w.connect(w.account.Root())
				mine, other := w.plan(first, ref), w.plan(second, ref)
				var once sync.Once
				reads := 0
				w.before = func(operation string, _ url.Values) {
					if !strings.HasPrefix(operation, "Get") || !strings.HasSuffix(operation, "Policy") || w.count(strings.Replace(operation, "Get", "Put", 1)) == 0 {
						return
					}
					if reads++; when == "in the hold" && reads < 3 {
						return
					}
					once.Do(func() { w.putPolicy(ref, "DenyAll", other.Policy) })
				}
				got := w.apply(first, mine)
				if got.Outcome != contain.Held || got.Targets[0].Error != nil {
					t.Fatalf("%s", asJSON(t, got))
				}
				if told := strings.Join(got.Targets[0].Warnings, "\n"); strings.Count(told, other.OpID) != 1 {
					t.Errorf("the warnings tell of operation %s not once: %s", other.OpID, told)
				}
				records := w.records()
				if last := records[len(records)-1]; last.After["policy/DenyAll"] != other.Policy || !strings.Contains(last.Note, other.OpID) {
					t.Errorf("recorded: %+v", last)
				}
			})
		}
	}
}
