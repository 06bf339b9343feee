package audit

import (
	"errors"
	"os"
	"regexp"

	"github.com/gofrs/flock"
)

// Unfinished returns the intents that have no outcome, oldest first: the
// process ended between the two, or is still at work (see Running).
func Unfinished(records []Record) []Record {
	type key struct{ op, target, measure string }
	of := func(r Record) key { return key{r.OpID, r.Target.ARN, r.Measure} }
	done := map[key]bool{}
	for _, r := range records {
		if r.Kind == Outcome {
			done[of(r)] = true
		}
	}
	var open []Record
	for _, r := range records {
		if r.Kind == Intent && !done[of(r)] {
			open = append(open, r)
		}
	}
	return open
}

// An operation's id becomes part of a file name only in this form.
var plainID = regexp.MustCompile(`^[a-z0-9]{1,64}$`)

func runningPath(log, opID string) string { return log + ".op-" + opID }

// Begin marks the operation as being at work in this process, until done is
// called or the process ends, in whatever way.
func (l *Log) Begin(opID string) (done func() error, err error) {
	if !plainID.MatchString(opID) {
		return nil, l.fail("marking an operation in", errors.New("the operation's id is not of lower-case letters and digits"))
	}
	mark := flock.New(runningPath(l.path, opID))
	ok, err := mark.TryLock()
	if err != nil {
		return nil, l.fail("marking an operation in", err)
	}
	if !ok {
		return nil, l.fail("marking an operation in", errors.New("operation "+opID+" is already at work"))
	}
	return func() error {
		return errors.Join(os.Remove(mark.Path()), mark.Unlock())
	}, nil
}

// Running tells whether the operation is at work in a living process on this
// computer: then its intent only waits for its outcome.
func Running(path, opID string) bool {
	if !plainID.MatchString(opID) {
		return false
	}
	mark := flock.New(runningPath(path, opID), flock.SetFlag(os.O_RDONLY))
	ok, err := mark.TryLock()
	if err != nil {
		return false // no mark: the process ended, or never began
	}
	if ok {
		_ = mark.Unlock() // the mark of a process that is gone; the file is closed either way
	}
	return !ok
}
