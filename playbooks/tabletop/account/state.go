package account

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// state is everything in the account but its events. Documents are never
// changed once parsed, so copies share them.
type state struct {
	users    map[string]*user
	roles    map[string]*role
	groups   map[string]*group
	policies map[string]*policy // by ARN
	keys     map[string]*accessKey
	sessions map[string]*session // by access key id
	alias    string

	// folded finds a name whatever its case, as names in IAM are unique
	// whatever their case; it is keyed by kind and lower-case name.
	folded map[string]string
	// byID finds users and roles by unique id: what a session belongs to.
	byID map[string]*entity
}

// An entity is what users, roles and groups have in common: what a policy can
// be put on.
type entity struct {
	kind     kind
	name     string
	path     string
	id       string
	created  time.Time
	inline   map[string]*document
	attached []string // ARNs of managed policies, in the order attached
	boundary string   // ARN of a managed policy; empty for none
	tags     []types.Tag
}

type kind string

const (
	kindUser  kind = "user"
	kindRole  kind = "role"
	kindGroup kind = "group"
)

type user struct {
	entity
	login  *login
	groups map[string]bool
}

type login struct {
	created       time.Time
	resetRequired bool
}

type role struct {
	entity
	trust       *document
	description string
	maxSession  int32 // seconds
	lastUsed    time.Time
	lastRegion  string
}

type group struct {
	entity
	members map[string]bool
}

// An accessKey is long-term; owner is the user's name, or empty for root.
type accessKey struct {
	id, secret, owner   string
	active              bool
	created             time.Time
	used                time.Time
	usedFor, usedRegion string
}

func (k *accessKey) credentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: k.id, SecretAccessKey: k.secret, Source: "cordon simulated account"}
}

// A session is a set of temporary credentials, of a role, a user or root.
type session struct {
	id, secret, token string
	owner             string // unique id of the role or user; empty for root
	name              string // role session name
	issued, expires   time.Time
	mfa               bool
	sourceIdentity    string
	ec2               bool // handed out by the EC2 instance metadata service
	chained           bool // opened by another role session
	policies          []*document
	tags              []types.Tag
}

type policy struct {
	entity
	arn            string
	description    string
	updated        time.Time
	versions       []*policyVersion // oldest first
	defaultVersion string
	next           int
}

type policyVersion struct {
	id       string
	document *document
	created  time.Time
}

func newState() *state {
	s := &state{
		users:    map[string]*user{},
		roles:    map[string]*role{},
		groups:   map[string]*group{},
		policies: managedPolicies(),
		keys:     map[string]*accessKey{},
		sessions: map[string]*session{},
		folded:   map[string]string{},
		byID:     map[string]*entity{},
	}
	return s
}

func (e *entity) fold() string { return string(e.kind) + "/" + strings.ToLower(e.name) }

// taken reports whether a name is in use in any case.
func (s *state) taken(k kind, name string) bool {
	_, ok := s.folded[string(k)+"/"+strings.ToLower(name)]
	return ok
}

// index makes an entity findable by folded name and by id; forget undoes it.
func (s *state) index(e *entity) {
	s.folded[e.fold()] = e.name
	s.byID[e.id] = e
}

func (s *state) forget(e *entity) {
	delete(s.folded, e.fold())
	delete(s.byID, e.id)
}

func (s *state) user(name string) (*user, error) {
	if u, ok := s.users[name]; ok {
		return u, nil
	}
	return nil, noSuchEntity("The user with name %s cannot be found.", name)
}

func (s *state) role(name string) (*role, error) {
	if r, ok := s.roles[name]; ok {
		return r, nil
	}
	return nil, noSuchEntity("The role with name %s cannot be found.", name)
}

func (s *state) group(name string) (*group, error) {
	if g, ok := s.groups[name]; ok {
		return g, nil
	}
	return nil, noSuchEntity("The group with name %s cannot be found.", name)
}

// keysOf returns a user's access keys, oldest first.
func (s *state) keysOf(userName string) []*accessKey {
	var keys []*accessKey
	for _, k := range s.keys {
		if k.owner == userName {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b *accessKey) int {
		if c := a.created.Compare(b.created); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	return keys
}

func (e *entity) clone() entity {
	c := *e
	c.inline = maps.Clone(e.inline)
	c.attached = slices.Clone(e.attached)
	c.tags = slices.Clone(e.tags)
	return c
}

func (s *state) clone() *state {
	c := &state{
		users:    make(map[string]*user, len(s.users)),
		roles:    make(map[string]*role, len(s.roles)),
		groups:   make(map[string]*group, len(s.groups)),
		policies: make(map[string]*policy, len(s.policies)),
		keys:     make(map[string]*accessKey, len(s.keys)),
		sessions: maps.Clone(s.sessions), // never changed once opened
		alias:    s.alias,
		folded:   maps.Clone(s.folded),
		byID:     make(map[string]*entity, len(s.byID)),
	}
	for name, u := range s.users {
		n := &user{entity: u.clone(), groups: maps.Clone(u.groups)}
		if u.login != nil {
			l := *u.login
			n.login = &l
		}
		c.users[name], c.byID[n.id] = n, &n.entity
	}
	for name, r := range s.roles {
		n := *r
		n.entity = r.clone()
		c.roles[name], c.byID[n.id] = &n, &n.entity
	}
	for name, g := range s.groups {
		n := &group{entity: g.clone(), members: maps.Clone(g.members)}
		c.groups[name], c.byID[n.id] = n, &n.entity
	}
	for arn, p := range s.policies {
		n := *p
		n.entity = p.clone()
		n.versions = slices.Clone(p.versions)
		c.policies[arn] = &n
	}
	for id, k := range s.keys {
		n := *k
		c.keys[id] = &n
	}
	return c
}
