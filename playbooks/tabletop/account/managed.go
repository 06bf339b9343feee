package account

import (
	_ "embed" // for the policies that AWS manages
	"encoding/json"
	"fmt"
	"time"
)

// managedPrefix begins the ARNs of the policies that AWS manages.
const managedPrefix = "arn:aws:iam::aws:policy/"

//go:embed managed.json
var managedJSON []byte

// A managedRow is one policy of managed.json, which says of each where it was
// read, when, and whether the document is abridged.
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
		d, err := parsePolicy(string(row.Document))
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
