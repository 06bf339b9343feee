package account

import (
	"bytes"
	_ "embed" // for the policies that AWS manages
	"encoding/json"
	"fmt"
	"time"
)

// managedPrefix begins the ARNs of the policies that AWS manages.
const managedPrefix = "arn:aws:iam::aws:policy/"

//go:embed managed.json
var managedJSON []byte

// A managedRow is one policy of managed.json, which says of each where its
// document was read, when, and what it leaves out of AWS's, if anything. The
// ids, versions and dates are the policies' own only as far as they are public.
type managedRow struct {
	Name, Path, ID, Version, Description string
	Created, Updated                     time.Time
	Document                             json.RawMessage
}

// managedPolicies returns the policies that every account has. The file is
// part of the program, so a mistake in it is one of the program's.
func managedPolicies() map[string]*policy {
	var rows []managedRow
	if err := json.Unmarshal(managedJSON, &rows); err != nil {
		panic(fmt.Sprintf("account: managed.json: %v", err))
	}
	all := make(map[string]*policy, len(rows))
	for _, row := range rows {
		var text bytes.Buffer
		if err := json.Indent(&text, row.Document, "", "    "); err != nil {
			panic(fmt.Sprintf("account: managed.json: %s: %v", row.Name, err))
		}
		d, err := parsePolicy(text.String())
		if err != nil {
			panic(fmt.Sprintf("account: managed.json: %s: %v", row.Name, err))
		}
		p := &policy{
			entity:      entity{kind: kindPolicy, name: row.Name, path: row.Path, id: row.ID, created: row.Created},
			arn:         managedPrefix + row.Path[1:] + row.Name,
			description: row.Description, updated: row.Updated, defaultVersion: row.Version,
			versions: []*policyVersion{{row.Version, d, row.Updated}},
		}
		all[p.arn] = p
	}
	return all
}
