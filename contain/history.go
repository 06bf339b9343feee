package contain

import (
	"errors"
	"io/fs"

	"cordon/contain/audit"
)

// A history is what the audit log says, put together by operation and by
// target.
type history struct {
	// ops has the first record of each operation, which carries its reason.
	ops map[string]audit.Record
	// last has, by ARN, the last record that says how a target ended up.
	last map[string]audit.Record
	// held are the operations whose policy came through its hold.
	held map[string]bool
	// names are all names that the log's policies had.
	names map[string]bool
	// open are the intents without an outcome.
	open []audit.Record
}

func historyOf(records []audit.Record) history {
	h := history{ops: map[string]audit.Record{}, last: map[string]audit.Record{}, held: map[string]bool{}, names: map[string]bool{}, open: audit.Unfinished(records)}
	for _, r := range records {
		if _, ok := h.ops[r.OpID]; !ok {
			h.ops[r.OpID] = r
		}
		for _, c := range r.Calls {
			h.names[c.Params["PolicyName"]] = true
		}
		if State(r.Outcome) == Held {
			h.held[r.OpID] = true
		}
		switch State(r.Outcome) {
		case Failed, Refused, Planned, "":
			// it changed nothing: what was so before still is
		default:
			h.last[r.Target.ARN] = r
		}
	}
	return h
}

// readLog reads the records of the log; a log that is not there yet has none.
func readLog(path string) ([]audit.Record, []audit.Damage, error) {
	records, damaged, err := audit.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	return records, damaged, err
}

// contained is the record as a line of Status.
func contained(r audit.Record, s State) Contained {
	since := r.Time
	return Contained{
		Target:  targetOfRecord(r.Target),
		Measure: Measure(r.Measure), State: s, Since: &since, By: r.Operator.ARN,
		OpID: r.OpID, Reason: r.Reason, Incident: r.Incident,
	}
}

func targetOfRecord(t audit.Target) Target {
	name, arn, id := t.Name, t.ARN, t.ID
	return Target{Kind: Kind(t.Kind), Name: name, ARN: arn, ID: id, Account: t.Account, Path: pathOf(arn)}
}

// StatusFromLog is what the log alone says, of all accounts in it: the states
// are those that were seen then.
func StatusFromLog(records []audit.Record) []Contained {
	h := historyOf(records)
	found := []Contained{}
	for _, r := range h.last {
		if State(r.Outcome) != Released {
			found = append(found, contained(r, State(r.Outcome)))
		}
	}
	for _, r := range h.open {
		found = append(found, contained(r, Unknown))
	}
	sortContained(found)
	return found
}
