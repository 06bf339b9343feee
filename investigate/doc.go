// Package investigate holds the events of an investigation and ranks who acted.
//
// # Store
//
// A Store keeps each event once, by its ID. What lists, filters and rankings
// need is kept in columns of numbers that stand for distinct values; the records
// themselves are kept compressed, and one is opened by decompressing the block
// that it is in. One goroutine adds, any number read: a reader sees a snapshot
// that never changes, and does not wait for the one who adds. Texts are as the
// log has them, so they go through package clean before a person sees them.
//
// A filter is answered from the columns where they hold what it asks for, and
// from the records where they do not; the answer is the same.
//
// # Ranking
//
// Every principal that acted is ranked, by the sum of what its findings add.
//
//   - A finding is worth the points of its level: low 15, medium 25, high 40,
//     critical 100, informational nothing. Each doubling of its count is worth 1
//     more, 5 at most. A failed attempt is worth what it attempted; errors by
//     themselves are worth nothing.
//   - The kind of a finding is the first tactic of ATT&CK that its rule names. Of
//     one kind, the first adds all it is worth, the second half, the third a
//     quarter, and so on.
//   - If nothing is critical, and there are not two kinds of evidence that rest on
//     different events, the sum is at most 39. So any repetition of one rule stays
//     below two kinds of which one is medium, and below three of any.
//   - A score amounts to a level of alarm: from 1 low, from 25 medium, from 55
//     high, from 100 critical, but at most one level above the worst finding's.
//     High and critical are an alarm. One critical finding thus alarms alone.
//   - Equal scores are ordered by level, denied calls, latest event, and name.
//
// A call that an AWS service made on a principal's behalf counts as that
// principal's, but its key and address are not listed as the principal's. A
// denied AssumeRole within two minutes of the role's creation is IAM's own delay
// and gives no finding. User agents of infrastructure-as-code tools earn a badge
// and no exemption.
package investigate
