package account

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// The prefixes by which AWS tells its unique ids apart.
//
// Source: "IAM identifiers", IAM user guide.
const (
	userID        = "AIDA"
	roleID        = "AROA"
	groupID       = "AGPA"
	policyID      = "ANPA"
	profileID     = "AIPA"
	longTermKey   = "AKIA"
	temporaryKey  = "ASIA"
	accountOffset = 7
	newKeyFormat  = 1 << 47
)

// uniqueID makes an id such as AIDA2QX3M7EXAMPLEID4Z: the prefix and 17
// characters more.
func (a *Account) uniqueID(prefix string) string {
	b := make([]byte, 11)
	a.read(b)
	return prefix + base32.StdEncoding.EncodeToString(b)[:17]
}

// uuid makes a random UUID, the form of event and request ids.
func (a *Account) uuid() string {
	b := make([]byte, 16)
	a.read(b)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// keyID makes an access key id. AWS writes the account into it, which is how
// GetAccessKeyInfo, and anyone with a leaked key, tells whose it is.
//
// Source: "A short note on AWS KEY ID", Tal Be'ery, 2023.
func (a *Account) keyID(prefix string) string {
	b := make([]byte, 10)
	a.read(b)
	number, _ := strconv.ParseUint(a.id, 10, 40)
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], newKeyFormat|number<<accountOffset|uint64(b[5]&0x7f))
	copy(b, head[2:])
	return prefix + base32.StdEncoding.EncodeToString(b)
}

// accountOfKey reads the account out of an access key id; ok is false if the
// id does not carry one.
func accountOfKey(id string) (account string, ok bool) {
	if len(id) != 20 {
		return "", false
	}
	b, err := base32.StdEncoding.DecodeString(id[4:])
	if err != nil {
		return "", false
	}
	head := binary.BigEndian.Uint64(append([]byte{0, 0}, b[:6]...))
	if head&newKeyFormat == 0 {
		return "", false
	}
	number := strconv.FormatUint(head&^newKeyFormat>>accountOffset, 10)
	for len(number) < 12 {
		number = "0" + number
	}
	return number, true
}

func (a *Account) secret() string {
	b := make([]byte, 30)
	a.read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// tokenPrefix is how the session tokens of STS begin.
const tokenPrefix = "IQoJb3JpZ2luX2Vj" // #nosec G101 -- the part that all have in common

func (a *Account) sessionToken() string {
	b := make([]byte, 240)
	a.read(b)
	return tokenPrefix + base64.StdEncoding.EncodeToString(b)
}

func (a *Account) newAccessKey(owner string, at time.Time) *accessKey {
	return &accessKey{id: a.keyID(longTermKey), secret: a.secret(), owner: owner, active: true, created: at}
}
