package investigate

import (
	"strings"
	"time"
)

// propagation is how long after a role was made a denial to assume it is taken
// for IAM's delay and not for an attempt. Source: propagationTimeout of the
// Terraform AWS provider (internal/service/iam/wait.go), the time for which it
// repeats such calls; "Changes that I make are not always immediately visible",
// IAM user guide, names none.
const propagation = 2 * time.Minute

// delays finds the AssumeRole calls that were denied because the role was too
// new. Events come in any order, so it is decided at the time of ranking.
type delays struct {
	made   map[string][]int64 // by role: when it was created
	denied []deniedAssume
}

type deniedAssume struct {
	row  uint32
	at   int64
	role string
}

func (d *delays) see(row uint32, c *candidate) {
	at := unix(c.Time)
	switch {
	case at == noTime:
	case c.Source == "iam.amazonaws.com" && c.Name == "CreateRole" && !c.Failed():
		if d.made == nil {
			d.made = map[string][]int64{}
		}
		role := c.Account + "/" + parameter(c.skimmed.parameters, "roleName")
		d.made[role] = append(d.made[role], at)
	case c.Source == "sts.amazonaws.com" && c.Name == "AssumeRole" && denied(c.ErrorCode):
		if role := assumed(c); role != "" {
			d.denied = append(d.denied, deniedAssume{row, at, role})
		}
	}
}

// assumed is the role that an AssumeRole was about: "account/name". A denied
// call's record often has no parameters, but its message names the role.
func assumed(c *candidate) string {
	arn := parameter(c.skimmed.parameters, "roleArn")
	if arn == "" {
		_, arn, _ = strings.Cut(c.ErrorMessage, "on resource: ")
		arn, _, _ = strings.Cut(arn, " ")
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || !strings.HasPrefix(parts[5], "role/") {
		return ""
	}
	return parts[4] + "/" + parts[5][strings.LastIndexByte(parts[5], '/')+1:]
}

// rows are those of the calls that were too early.
func (d *delays) rows() map[uint32]bool {
	rows := map[uint32]bool{}
	for _, call := range d.denied {
		for _, made := range d.made[call.role] {
			if since := call.at - made; since >= 0 && since <= int64(propagation/time.Second) {
				rows[call.row] = true
			}
		}
	}
	return rows
}
