package source

import (
	"bytes"
	"fmt"
	"strings"
)

// An outcome is what became of one stream.
type outcome struct {
	read            bool // to its end, with nothing wrong
	skipped, failed string
}

// judge says what became of the stream that was just read, which looked like a
// log from its beginning, or not, and whose reader ended with err.
func (f *streamReader) judge(loggy bool, arrays int, err error) outcome {
	met := f.events + f.outside
	switch {
	case err != nil:
		return outcome{failed: fmt.Sprintf("%s after %s", reasonOf(err), plural(met, "event"))}
	case f.damaged > 0 && (met > 0 || loggy), f.cut && (met > 0 || f.strays == 0):
		return outcome{failed: f.damageReason(met)}
	case met > 0:
		return outcome{read: true, skipped: f.besides()}
	case f.digests > 0:
		return outcome{skipped: "a CloudTrail digest, which holds no events"}
	case f.insights > 0:
		return outcome{skipped: "CloudTrail Insights, which are no records of calls: " + plural(f.insights, "event")}
	case f.strays > 0 || f.damaged > 0 || f.cut:
		return outcome{skipped: "not a log"}
	case f.others > 0:
		return outcome{skipped: "JSON without a CloudTrail record"}
	case arrays > 0:
		return outcome{read: true}
	}
	return outcome{skipped: "empty"}
}

func (f *streamReader) damageReason(met int) string {
	var parts []string
	if f.damaged > 0 {
		parts = append(parts, fmt.Sprintf("%s could not be read (the first, at byte %d: %s)", plural(f.damaged, "value"), f.damagedAt+1, f.damage))
	}
	if f.cut {
		parts = append(parts, errCut.Error())
	}
	return strings.Join(parts, "; ") + ", after " + plural(met, "event")
}

// besides tells what a log held beside its events.
func (f *streamReader) besides() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{f.others, "value that is not a CloudTrail record"},
		{f.insights, "CloudTrail Insights event"},
		{f.digests, "CloudTrail digest"},
		{f.strays, "line that is not JSON"},
	} {
		if p.n > 0 {
			parts = append(parts, plural(p.n, p.what))
		}
	}
	if parts == nil {
		return ""
	}
	return "in a log that was read: " + strings.Join(parts, ", ")
}

// looksLikeLog reports whether the words of a trail's records are in the first
// part of a stream.
func looksLikeLog(head []byte) bool {
	for _, word := range []string{"eventVersion", "eventName", "eventSource", "userIdentity", `"Records"`, "CloudTrailEvent"} {
		if bytes.Contains(head, []byte(word)) {
			return true
		}
	}
	return false
}

// plural is "1 event" or "2 events": the first word of what gets the s.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	for _, noun := range []string{"value that is", "line that is"} {
		if rest, ok := strings.CutPrefix(what, noun); ok {
			first, _, _ := strings.Cut(noun, " ")
			rest = strings.Replace(rest, "a CloudTrail record", "CloudTrail records", 1)
			return fmt.Sprintf("%d %ss that are%s", n, first, rest)
		}
	}
	return fmt.Sprintf("%d %ss", n, what)
}
