package tui

import (
	"context"
	"sync/atomic"
	"testing"
)

func TestAQuestionStopsTheOneBeforeItAndBeginsWhenThatHasEnded(t *testing.T) {
	s := newSearches()
	first := s.begin(t.Context())
	begun, stopped, end := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go first.run(0, func(ctx context.Context) {
		close(begun)
		<-ctx.Done()
		close(stopped)
		<-end // as a store that is slow to notice
	})
	<-begun
	second := s.begin(t.Context())
	<-stopped
	third := s.begin(t.Context())
	if second.run(0, func(context.Context) {}) {
		t.Error("a question that was stopped is asked all the same")
	}
	asked := make(chan bool)
	var ended atomic.Bool
	go func() {
		third.run(0, func(context.Context) { asked <- ended.Load() })
		close(asked)
	}()
	select {
	case <-asked:
		t.Fatal("two questions are asked at once")
	default:
	}
	ended.Store(true)
	close(end)
	if inTurn, ok := <-asked; !ok {
		t.Error("the last question is not asked")
	} else if !inTurn {
		t.Error("it began before the one before it had ended")
	}
}

func TestEveryKeyOfAFilterStopsTheQuestionOfTheKeyBefore(t *testing.T) {
	for _, view := range []string{"principals", "events"} {
		t.Run(view, func(t *testing.T) {
			a := openApp(t, files(storeOf(t, story())), 80, 24)
			a.settled()
			if view == "events" {
				a.press("tab")
				a.settled()
			}
			a.m.searches.slot <- struct{}{} // the store is busy with a question
			a.press("/")
			var before *search
			for _, r := range `eventName like /Create/` {
				a.press(string(r))
				if last := a.m.searches.last; last != before {
					if before != nil && before.ctx.Err() == nil {
						t.Fatalf("%q leaves the question before it going on", string(r))
					}
					before = last
				}
			}
			if before == nil || before.ctx.Err() != nil {
				t.Fatal("the last question is stopped too")
			}
			<-a.m.searches.slot
			want := map[string]string{"principals": "2 of 6", "events": "3 of 42"}[view]
			a.shows(want)
		})
	}
}

func TestAListThatWasLeftWhileItSearchedSearchesWhenItIsBack(t *testing.T) {
	a := openApp(t, files(storeOf(t, story())), 80, 24)
	a.settled()
	a.press("tab")
	a.settled()
	a.m.searches.slot <- struct{}{}
	a.press("/", `"alice"`, "enter", "shift+tab", "enter")
	<-a.m.searches.slot
	a.shows("principals › user/alice", "StopLogging")
	a.press("tab")
	a.shows("7 of 42")
	a.settled()
}
