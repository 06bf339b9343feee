package tabletop

import (
	"embed"
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

//go:embed scenarios/*.yaml
var scenarios embed.FS

// ErrUnknownScenario means that no scenario is embedded under a name.
var ErrUnknownScenario = errors.New("unknown scenario")

// Names returns the embedded scenarios' names in alphabetical order.
func Names() []string {
	entries, err := scenarios.ReadDir("scenarios")
	if err != nil {
		return nil // not with an embedded directory
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
	}
	return names
}

// Load returns an embedded scenario. The error is ErrUnknownScenario if there is
// none of that name.
func Load(name string) (*Scenario, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("%w %q: there are %s", ErrUnknownScenario, name, strings.Join(Names(), ", "))
	}
	src, err := scenarios.ReadFile("scenarios/" + name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("reading scenario %s: %w", name, err)
	}
	return Parse(name+".yaml", src)
}

// Parse reads a scenario. file names it in errors, which have the form
// "FILE:LINE: what is wrong", one per line.
func Parse(file string, src []byte) (*Scenario, error) {
	tree, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, located(file, err)
	}
	s := &Scenario{Name: strings.TrimSuffix(path.Base(file), path.Ext(file))}
	if err := yaml.UnmarshalWithOptions(src, s, yaml.Strict()); err != nil {
		return nil, located(file, err)
	}
	check := &checker{file: file, tree: tree}
	check.scenario(s)
	if err := errors.Join(check.problems...); err != nil {
		return nil, err
	}
	return s, nil
}

// located writes a YAML error on one line, with its place first.
func located(file string, err error) error {
	var value *valueError
	if errors.As(err, &value) {
		return fmt.Errorf("%s:%d: %w", file, value.line, err)
	}
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return fmt.Errorf("%s:%d: %s", file, at.GetToken().Position.Line, at.GetMessage())
}

// A checker collects what a scenario says that cannot be played.
type checker struct {
	file     string
	tree     *ast.File
	problems []error
	// known are the credentials that the scenario creates, by reference.
	known map[string]bool
}

// wrong adds a problem at a YAML path such as "$.noise[2].as".
func (c *checker) wrong(at, format string, args ...any) {
	where := c.file
	if line := c.line(at); line > 0 {
		where = fmt.Sprintf("%s:%d", c.file, line)
	}
	c.problems = append(c.problems, fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...)))
}

// line finds the line of a path, or of the nearest thing around it.
func (c *checker) line(at string) int {
	for ; at != "$" && at != ""; at = outer(at) {
		p, err := yaml.PathString(at)
		if err != nil {
			continue
		}
		node, err := p.FilterFile(c.tree)
		if err == nil && node != nil && node.GetToken() != nil {
			return node.GetToken().Position.Line
		}
	}
	return 0
}

func outer(at string) string { return at[:max(strings.LastIndexAny(at, ".["), 0)] }

func (c *checker) scenario(s *Scenario) {
	if s.Title == "" {
		c.wrong("$.title", "title is missing")
	}
	if len(s.Account) != 12 || strings.Trim(s.Account, "0123456789") != "" {
		c.wrong("$.account", "account %q is not twelve digits", s.Account)
	}
	if s.Region == "" {
		c.wrong("$.region", "region is missing")
	}
	c.identities(s.Identities)
	c.key("$.responder", "responder", s.Responder)
	c.adversary(s.Adversary)
	for i, a := range s.Noise {
		c.actor(fmt.Sprintf("$.noise[%d]", i), a)
	}
}

func (c *checker) identities(ids Identities) {
	c.known = make(map[string]bool)
	add := func(at, ref string) {
		if c.known[ref] {
			c.wrong(at, "%s is there twice", ref)
		}
		c.known[ref] = true
	}
	for i, g := range ids.Groups {
		add(fmt.Sprintf("$.identities.groups[%d].name", i), "group/"+g.Name)
	}
	for i, u := range ids.Users {
		at := fmt.Sprintf("$.identities.users[%d]", i)
		add(at+".name", "user/"+u.Name)
		for k, key := range u.Keys {
			add(fmt.Sprintf("%s.keys[%d]", at, k), "user/"+u.Name+"#"+key)
		}
		for g, group := range u.Groups {
			if !c.known["group/"+group] {
				c.wrong(fmt.Sprintf("%s.groups[%d]", at, g), "no group is named %q", group)
			}
		}
	}
	for i, r := range ids.Roles {
		at := fmt.Sprintf("$.identities.roles[%d]", i)
		add(at+".name", "role/"+r.Name)
		if (r.Trust == "") == (r.Service == "") {
			c.wrong(at+".name", "role %s needs a trust policy, or a service that it is linked to", r.Name)
		}
	}
}

// key wants the access key of a user.
func (c *checker) key(at, what, ref string) {
	if !strings.Contains(ref, "#") || !c.known[ref] {
		c.wrong(at, "%s %q is not the access key of a user under identities, as user/NAME#KEY", what, ref)
	}
}

func (c *checker) adversary(a Adversary) {
	c.key("$.adversary.stolen", "stolen", a.Stolen)
	c.network("$.adversary", a.IPs, a.Agents)
	if len(a.Steps) == 0 {
		c.wrong("$.adversary.steps", "the adversary has no steps")
	}
	ids := make(map[string]bool)
	for i, s := range a.Steps {
		if ids[s.ID] || s.ID == "" {
			c.wrong(fmt.Sprintf("$.adversary.steps[%d].id", i), "a step needs an id of its own")
		}
		ids[s.ID] = true
	}
	if !ids[a.Opens] {
		c.wrong("$.adversary.opens", "opens: no step has the id %q", a.Opens)
	}
	for i, s := range a.Steps {
		at := fmt.Sprintf("$.adversary.steps[%d]", i)
		c.call(at, s.Call)
		if s.Goto != "" && !ids[s.Goto] {
			c.wrong(at+".goto", "goto: no step has the id %q", s.Goto)
		}
		for outcome, b := range s.On {
			c.branch(at+".on."+string(outcome), outcome, b, ids)
		}
	}
}

func (c *checker) branch(at string, outcome Outcome, b Branch, ids map[string]bool) {
	if !slices.Contains([]Outcome{Success, Denied, Failed}, outcome) {
		c.wrong(at, "%q is no outcome: there are success, denied, error", outcome)
	}
	if b.Goto != "" && !ids[b.Goto] {
		c.wrong(at+".goto", "goto: no step has the id %q", b.Goto)
	}
	if outcome != Denied && (b.After > 0 || b.Fallback) {
		c.wrong(at, "after and fallback are for denied alone")
	}
}

func (c *checker) actor(at string, a Actor) {
	as, err := parseCredential(a.As)
	switch {
	case err != nil:
		c.wrong(at+".as", "as: %w", err)
	case !c.known[a.As]:
		c.wrong(at+".as", "as: nothing under identities is %q", a.As)
	case as.kind == "role":
		c.assumption(at, a)
	case a.By != "":
		c.wrong(at+".by", "by: only roles are assumed")
	}
	c.network(at, a.IPs, a.Agents)
	if a.Every.Max == 0 {
		c.wrong(at+".every", "every is missing")
	}
	if a.Size.Max > 0 && len(a.Calls) == 0 {
		c.wrong(at+".size", "there are no calls to draw from")
	}
	for i, call := range a.Routine {
		c.call(fmt.Sprintf("%s.routine[%d]", at, i), call)
	}
	for i, call := range a.Calls {
		c.call(fmt.Sprintf("%s.calls[%d]", at, i), call.Call)
	}
}

func (c *checker) assumption(at string, a Actor) {
	by, err := parseCredential(a.By)
	switch {
	case a.By == identityCenter:
	case err != nil:
		c.wrong(at+".by", "by: who assumes the role: %w", err)
	case by.kind == "role":
		c.wrong(at+".by", "by: a role is assumed by a user's key or a service")
	case by.kind == "user" && !c.known[a.By]:
		c.wrong(at+".by", "by: nothing under identities is %q", a.By)
	}
	if a.Session == "" {
		c.wrong(at+".session", "session: a role session has a name")
	}
}

func (c *checker) network(at string, ips, agents []string) {
	if len(ips) == 0 || len(agents) == 0 {
		c.wrong(at, "ips and agents are missing")
	}
	for i, ip := range ips {
		// Calls that a service makes have its name where others have an address.
		if _, err := netip.ParseAddr(ip); err != nil && !strings.HasSuffix(ip, ".amazonaws.com") {
			c.wrong(fmt.Sprintf("%s.ips[%d]", at, i), "%q is not an IP address", ip)
		}
	}
}

func (c *checker) call(at string, call Call) {
	service, operation, ok := strings.Cut(call.Call, " ")
	if !ok || service == "" || operation == "" || strings.Contains(operation, " ") {
		c.wrong(at+".call", "call %q is not a service and an operation, as in \"iam ListUsers\"", call.Call)
	}
	for _, name := range sortedKeys(call.Vary) {
		if len(call.Vary[name]) == 0 {
			c.wrong(at+".vary."+name, "vary: %s has no values", name)
		}
	}
}
