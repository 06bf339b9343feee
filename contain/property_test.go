package contain_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cordon/contain"
)

// An actor does to one account what responders, intruders and other tools do,
// in any order, and keeps a model of the policies that are not cordon's.
type actor struct {
	*world
	responder *contain.Account
	// foreign are the policies that cordon did not make, by "kind/name/policy".
	foreign map[string]string
}

func anyRef(t *rapid.T) contain.Ref {
	return rapid.SampledFrom([]contain.Ref{alice, deploy, admins}).Draw(t, "target")
}

// somebodyPuts writes a policy past cordon, now and then over cordon's own.
func (a *actor) somebodyPuts(t *rapid.T) {
	ref := anyRef(t)
	name := rapid.SampledFrom([]string{"DenyAll", "Work", "denyall", "DenyAll-2"}).Draw(t, "name")
	doc := rapid.SampledFrom([]string{allowAll, denyAll, denyMore}).Draw(t, "document")
	a.putPolicy(ref, name, doc)
	a.foreign[ref.String()+"/"+name] = doc
}

// somebodyDeletes removes a policy past cordon, cordon's own included.
func (a *actor) somebodyDeletes(t *rapid.T) {
	ref := anyRef(t)
	names := slices.Sorted(maps.Keys(a.policiesOf(ref)))
	if len(names) == 0 {
		t.Skip("nothing to delete")
	}
	name := rapid.SampledFrom(names).Draw(t, "name")
	a.deletePolicy(ref, name)
	delete(a.foreign, ref.String()+"/"+name)
}

func (a *actor) contain(t *rapid.T) {
	ref := anyRef(t)
	plan, err := a.responder.Plan(a.Context(), ref)
	if err != nil {
		return // over the quota: nothing may have changed, which check sees
	}
	a.somethingBetween(t)
	got, err := a.responder.Apply(a.Context(), plan, order)
	a.truthfulAbout(t, ref, got, err)
}

func (a *actor) release(t *rapid.T) {
	ref := anyRef(t)
	adopt := rapid.Bool().Draw(t, "adopt")
	plan, err := a.responder.PlanRelease(a.Context(), ref, contain.ReleaseOptions{Adopt: adopt})
	if err != nil {
		return
	}
	a.somethingBetween(t)
	stood := a.policiesOf(ref)
	if _, err := a.responder.Apply(a.Context(), plan, order); err != nil {
		t.Logf("release: %v", err)
	}
	if !adopt {
		return
	}
	// Adopting takes what denies everything and says nothing else.
	for name, doc := range stood {
		if _, still := a.policiesOf(ref)[name]; !still && doc == denyAll {
			delete(a.foreign, ref.String()+"/"+name)
		}
	}
}

// somethingBetween is what may happen between a plan and its being carried out.
func (a *actor) somethingBetween(t *rapid.T) {
	switch rapid.SampledFrom([]string{"nothing", "put", "delete", "break"}).Draw(t, "between") {
	case "put":
		a.somebodyPuts(t)
	case "delete":
		if len(a.policies()) > 0 {
			a.deleteAny(t)
		}
	case "break":
		call := rapid.SampledFrom([]string{"PutUserPolicy", "GetUserPolicy", "DeleteUserPolicy", "PutRolePolicy", "GetRolePolicy", "DeleteGroupPolicy", "GetCallerIdentity"}).Draw(t, "call")
		way := rapid.SampledFrom([]answer{lost, hangsUp, awsError(400, "Throttling", "x"), awsError(404, "NoSuchEntity", "x"), awsError(403, "AccessDenied", "x")}).Draw(t, "way")
		a.breaks(call, rapid.IntRange(1, 9).Draw(t, "times"), way)
	}
}

func (a *actor) deleteAny(t *rapid.T) {
	for _, ref := range []contain.Ref{alice, deploy, admins} {
		for name := range a.policiesOf(ref) {
			a.deletePolicy(ref, name)
			delete(a.foreign, ref.String()+"/"+name)
			t.Logf("deleted %s of %s", name, ref)
			return
		}
	}
}

func (a *actor) truthfulAbout(t *rapid.T, ref contain.Ref, got contain.Result, err error) {
	ours := false
	for name, doc := range a.policiesOf(ref) {
		ours = ours || a.foreign[ref.String()+"/"+name] != doc
	}
	if got.Outcome.InForce() && !ours {
		t.Fatalf("said %s, and nothing of cordon's stands; %v", got.Outcome, err)
	}
}

// check holds after every step: all that cordon did not make is as it was, and
// the log is whole.
func (a *actor) check(t *rapid.T) {
	a.mend()
	now := a.policies()
	for name, doc := range a.foreign {
		if now[name] != doc {
			t.Fatalf("%s was %q and is %q", name, doc, now[name])
		}
	}
	a.records()
}

func TestWhatCordonDidNotMakeStaysAsItWas(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		w.now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		a := &actor{world: w, responder: w.connect(w.account.Root()), foreign: map[string]string{}}
		rt.Repeat(map[string]func(*rapid.T){
			"":                 a.check,
			"somebody puts":    a.somebodyPuts,
			"somebody deletes": a.somebodyDeletes,
			"contain":          a.contain,
			"release":          a.release,
		})
		// However it came, a release that adopts ends in nothing being denied by
		// cordon, and a containment in a deny.
		for _, ref := range []contain.Ref{alice, deploy, admins} {
			plan, err := a.responder.Plan(a.Context(), ref)
			if err != nil {
				rt.Fatal(err)
			}
			if got, err := a.responder.Apply(a.Context(), plan, order); err != nil || got.Outcome != contain.Held {
				rt.Fatalf("%v: %s", err, got.Outcome)
			}
		}
		a.check(rt)
	})
}
