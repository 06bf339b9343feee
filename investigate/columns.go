package investigate

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"time"

	"cordon/investigate/event"
)

// chunkRows is how many rows are allocated at once.
const chunkRows = 16 << 10

// A chunk holds chunkRows rows of 49 bytes. The writer fills rows that no reader
// knows of yet, so nothing here needs a lock.
type chunk struct {
	time   [chunkRows]int64 // Unix seconds, or noTime
	id     [chunkRows]eventID
	pools  [dimensions][chunkRows]uint32
	block  [chunkRows]uint32
	offset [chunkRows]uint32
	flags  [chunkRows]flags
}

// noTime stands for the time of a record that has none; it sorts before all.
const noTime = math.MinInt64

// flags are what a row says in one bit each.
type flags uint8

const (
	flagReadOnly flags = 1 << iota
	flagFailed
	flagDenied
	flagOdd     // the columns may differ from the record: see skimmed
	flagNeutral // says nothing about a containment: see Answers
	flagStrange // its id is not a UUID
)

// A dimension groups fields that repeat together: each distinct combination is
// kept once in a pool, and a row holds its number.
type dimension int

const (
	byIdentity dimension = iota // who called, with which credential
	byAction                    // what was called, and about what
	byClient                    // from where
	byAnswer                    // where it was recorded, and how it ended
	dimensions
	byTime // not a pool: each row has its own
)

// The combinations that the pools hold. Beside fields of the record they hold
// what the event's reader made of them.
type (
	identity [14]valueID
	action   [6]valueID
	client   [2]valueID
	answer   [4]valueID
)

// Places in a combination that are not fields of the record.
const (
	principalAt     = 0 // in an identity: a number in the list of principals, not a value
	principalNameAt = 1 // "user/alice"
	principalARNAt  = 2
	sessionAt       = 3
	subjectAt       = 5 // in an action: the names of what it was about
	accountAt       = 3 // in an answer: the account it was recorded in
)

// layout says where each field is kept.
var layout = [fields]struct {
	dim dimension
	at  int
}{
	identityType:       {byIdentity, 4},
	principalID:        {byIdentity, 5},
	identityARN:        {byIdentity, 6},
	identityAccountID:  {byIdentity, 7},
	accessKeyID:        {byIdentity, 8},
	userName:           {byIdentity, 9},
	invokedBy:          {byIdentity, 10},
	issuerUserName:     {byIdentity, 11},
	issuerARN:          {byIdentity, 12},
	mfaAuthenticated:   {byIdentity, 13},
	eventName:          {byAction, 0},
	eventSource:        {byAction, 1},
	eventType:          {byAction, 2},
	readOnly:           {byAction, 3},
	managementEvent:    {byAction, 4},
	sourceIPAddress:    {byClient, 0},
	userAgent:          {byClient, 1},
	awsRegion:          {byAnswer, 0},
	recipientAccountID: {byAnswer, 1},
	errorCode:          {byAnswer, 2},
	eventTime:          {byTime, 0},
}

// searched are the places that a plain word is looked for in, dimension by
// dimension.
var searched = [dimensions][]int{
	byIdentity: {principalNameAt, principalARNAt, sessionAt, layout[identityARN].at, layout[accessKeyID].at, layout[userName].at, layout[invokedBy].at},
	byAction:   {layout[eventName].at, layout[eventSource].at, subjectAt},
	byClient:   {layout[sourceIPAddress].at, layout[userAgent].at},
	byAnswer:   {layout[awsRegion].at, layout[errorCode].at, accountAt},
}

// An eventID is an event's ID in 16 bytes: the UUID that AWS gives, or else the
// beginning of the text's SHA-256.
type eventID [16]byte

// packID packs an event's ID. strange is true if the ID is not a UUID in lower
// case, so that its text must be kept elsewhere.
func packID(id string) (packed eventID, strange bool) {
	if len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-' && strings.ToLower(id) == id {
		digits := id[:8] + id[9:13] + id[14:18] + id[19:23] + id[24:]
		if n, err := hex.Decode(packed[:], []byte(digits)); err == nil && n == len(packed) {
			return packed, false
		}
	}
	sum := sha256.Sum256([]byte(id))
	copy(packed[:], sum[:])
	return packed, true
}

// String is the UUID.
func (id eventID) String() string {
	var text [36]byte
	hex.Encode(text[:8], id[:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:], id[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}

// A Row is what the columns hold of one event: enough for a line of a list,
// without its record. Texts are as the log has them.
type Row struct {
	// N is the event's number in the store. It never changes.
	N int
	// ID is the event's ID.
	ID string
	// Time is in UTC, to the second; zero if the record has none.
	Time                 time.Time
	Name, Source         string
	Region, Account      string
	SourceIP, UserAgent  string
	ErrorCode, AccessKey string
	InvokedBy            string
	Principal            event.Principal
	Session              string
	// Subject names what the call was about ("backdoor AdministratorAccess"),
	// as far as its request names it.
	Subject string
	// Failed is event.Event.Failed; Denied is set if it failed for want of
	// permission.
	ReadOnly, Failed, Denied bool
}

// unix is a time as a column holds it.
func unix(t time.Time) int64 {
	if t.IsZero() {
		return noTime
	}
	return t.Unix()
}

// fromUnix is the time that a column holds.
func fromUnix(seconds int64) time.Time {
	if seconds == noTime {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
