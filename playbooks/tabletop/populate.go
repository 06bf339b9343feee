package tabletop

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// age is how long before the start the identities were made: more than the 90
// days that LookupEvents goes back, and more than an access key should be old.
const age = 400 * 24 * time.Hour

// A seeder makes identities, and keeps the first thing that goes wrong.
type seeder struct {
	world *world
	at    time.Time
	err   error
}

// make carries out one operation as nobody, unrecorded.
func (s *seeder) make(operation string, parameters map[string]any) any {
	if s.err != nil {
		return nil
	}
	maps.DeleteFunc(parameters, func(_ string, v any) bool { return v == "" })
	input, err := s.world.account.Input("iam", operation, parameters)
	if err == nil {
		var answer any
		if answer, err = s.world.account.Seed(s.at, input); err == nil {
			return answer
		}
	}
	s.err = fmt.Errorf("%s %v: %w", operation, parameters, err)
	return nil
}

// populate makes the scenario's identities.
func (w *world) populate(s *Scenario) error {
	seed := &seeder{world: w, at: w.stage.start.Add(-age)}
	if s.Alias != "" {
		seed.make("CreateAccountAlias", map[string]any{"AccountAlias": s.Alias})
	}
	managed := make(map[string]string)
	for _, p := range s.Identities.Managed {
		managed[p.Name] = "arn:aws:iam::" + s.Account + ":policy" + rooted(p.Path) + p.Name
		seed.make("CreatePolicy", map[string]any{"PolicyName": p.Name, "Path": p.Path, "PolicyDocument": string(p.Document)})
	}
	for _, g := range s.Identities.Groups {
		seed.make("CreateGroup", map[string]any{"GroupName": g.Name, "Path": g.Path})
		seed.policies("Group", g, managed)
	}
	for _, u := range s.Identities.Users {
		seed.make("CreateUser", map[string]any{"UserName": u.Name, "Path": u.Path, "Tags": tagList(u.Tags)})
		seed.policies("User", u, managed)
		seed.memberships(u)
		seed.keys(u)
	}
	w.roles = make(map[string]string)
	for _, r := range s.Identities.Roles {
		path, trust := r.Path, string(r.Trust)
		if r.Service != "" {
			path, trust = "/aws-service-role/"+r.Service+"/", serviceTrust(r.Service)
		}
		w.roles["role/"+r.Name] = "arn:aws:iam::" + s.Account + ":role" + rooted(path) + r.Name
		seed.make("CreateRole", map[string]any{
			"RoleName": r.Name, "Path": path, "Description": r.Description,
			"AssumeRolePolicyDocument": trust, "Tags": tagList(r.Tags),
		})
		seed.policies("Role", r, managed)
	}
	return seed.err
}

func rooted(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// serviceTrust is the trust policy of a service-linked role.
func serviceTrust(service string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`
}

func tagList(tags map[string]string) []map[string]string {
	list := make([]map[string]string, 0, len(tags))
	for _, name := range sortedKeys(tags) {
		list = append(list, map[string]string{"Key": name, "Value": tags[name]})
	}
	return list
}

// policies puts an entity's policies on it; kind is as in the operations'
// names.
func (s *seeder) policies(kind string, e Entity, managed map[string]string) {
	for _, name := range sortedKeys(e.Inline) {
		s.make("Put"+kind+"Policy", map[string]any{
			kind + "Name": e.Name, "PolicyName": name, "PolicyDocument": string(e.Inline[name]),
		})
	}
	for _, name := range e.Attached {
		arn, own := managed[name]
		switch {
		case strings.HasPrefix(name, "arn:"):
			arn = name
		case !own:
			arn = "arn:aws:iam::aws:policy/" + name
		}
		s.make("Attach"+kind+"Policy", map[string]any{kind + "Name": e.Name, "PolicyArn": arn})
	}
}

func (s *seeder) memberships(u Entity) {
	for _, g := range u.Groups {
		s.make("AddUserToGroup", map[string]any{"GroupName": g, "UserName": u.Name})
	}
}

func (s *seeder) keys(u Entity) {
	for _, name := range u.Keys {
		answer := s.make("CreateAccessKey", map[string]any{"UserName": u.Name})
		if s.err != nil {
			return
		}
		var k key
		if k, s.err = keyIn(answer, "AccessKey"); s.err == nil {
			s.world.keys["user/"+u.Name+"#"+name] = k
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
