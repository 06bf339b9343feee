package tabletop

import (
	"fmt"
	"strings"
	"time"
)

// A Scenario is an account, the people and programs that work in it, and an
// attack on it.
type Scenario struct {
	// Name is the file's name without its extension.
	Name string `yaml:"-"`
	// Title is one line for a header; Summary, what a responder is told at the
	// beginning, which is not who did it.
	Title   string `yaml:"title"`
	Summary string `yaml:"summary"`
	// Account is the account's id of twelve digits; Alias its alias.
	Account string `yaml:"account"`
	Alias   string `yaml:"alias"`
	// Region is the home Region: where calls go that name no other.
	Region string `yaml:"region"`
	// Identities are what is in the account before anything happens.
	Identities Identities `yaml:"identities"`
	// Responder is the access key that the responder works with, "user/NAME#KEY".
	Responder string `yaml:"responder"`
	// Adversary is the one who acts against the account.
	Adversary Adversary `yaml:"adversary"`
	// Noise is everyone else.
	Noise []Actor `yaml:"noise"`
}

// Identities are the IAM entities of an account. Managed is in the order of
// creation; users may name any group, and everything may attach any managed
// policy, of the account's own or of AWS.
type Identities struct {
	Managed []Managed `yaml:"managed"`
	Groups  []Entity  `yaml:"groups"`
	Users   []Entity  `yaml:"users"`
	Roles   []Entity  `yaml:"roles"`
}

// Managed is a customer managed policy.
type Managed struct {
	Name     string   `yaml:"name"`
	Path     string   `yaml:"path"`
	Document Document `yaml:"document"`
}

// An Entity is a user, a role or a group; which fields apply depends on the
// list that it is in.
type Entity struct {
	Name string `yaml:"name"`
	Path string `yaml:"path"`
	// Inline policies by name; Attached managed policies by ARN, or by name for
	// those under Managed.
	Inline   map[string]Document `yaml:"inline"`
	Attached []string            `yaml:"attached"`
	Tags     map[string]string   `yaml:"tags"`

	// Groups that a user is in, and the names by which the scenario refers to
	// its access keys ("user/NAME#KEY").
	Groups []string `yaml:"groups"`
	Keys   []string `yaml:"keys"`

	// Trust is a role's trust policy.
	Trust       Document `yaml:"trust"`
	Description string   `yaml:"description"`
	// Service is the service principal that a service-linked role is linked to,
	// as in "autoscaling.amazonaws.com". IAM gives such a role its path and its
	// trust.
	Service string `yaml:"service"`
}

// An Adversary follows Steps from the first to the last, except where a step's
// On sends it elsewhere. It holds credentials: first the stolen one, then what
// its steps Save. It acts with one of them, its hand.
type Adversary struct {
	// Name is what a debriefing calls it.
	Name string `yaml:"name"`
	// Stolen is the access key it begins with, "user/NAME#KEY".
	Stolen string `yaml:"stolen"`
	// IPs and Agents: it acts from the first of each, and goes on to the next
	// at every fallback.
	IPs    []string `yaml:"ips"`
	Agents []string `yaml:"agents"`
	// Opens is the step that it waits to take when the exercise begins. Steps
	// above it are history.
	Opens string `yaml:"opens"`
	// Backoff multiplies its waits while every credential that it holds is
	// denied. Zero means 1.
	Backoff float64 `yaml:"backoff"`
	Steps   []Step  `yaml:"steps"`
}

// A Step is one call, made Repeat times (zero means once) with a Wait before
// each.
type Step struct {
	ID     string `yaml:"id"`
	Wait   Span   `yaml:"wait"`
	Call   `yaml:",inline"`
	Repeat int `yaml:"repeat"`
	// Save keeps a part of the answer under a name: an access key, which the
	// adversary then holds as a credential.
	Save map[string]string `yaml:"save"`
	// On says what to do about an outcome. Where it says nothing, and the step
	// has been repeated, Goto follows, or else the next step. After the last one
	// the adversary is done.
	On   map[Outcome]Branch `yaml:"on"`
	Goto string             `yaml:"goto"`
}

// An Outcome is how a call ended, as its caller sees it.
type Outcome string

// The outcomes. Denied is any answer that means that the credential may not do
// this, or is not valid any more; Failed is any other error.
const (
	Success Outcome = "success"
	Denied  Outcome = "denied"
	Failed  Outcome = "error"
)

// A Branch is what the adversary does about an outcome, in the order of the
// fields.
type Branch struct {
	// After makes the branch wait until the credential in hand has had so many
	// denials in a row; until then the next step follows. One denial is enough
	// for a credential that the adversary has already fallen back from.
	After int `yaml:"after"`
	// Fallback takes the next credential that the adversary holds, if it has
	// another, and comes round to the first again.
	Fallback bool `yaml:"fallback"`
	// GiveUp ends the attack.
	GiveUp bool `yaml:"give_up"`
	// Goto is the step that follows. Empty means the next one.
	Goto string `yaml:"goto"`
}

// A Call is one API call.
type Call struct {
	// Call is "SERVICE Operation", as in "iam ListUsers".
	Call string `yaml:"call"`
	// Input is the request, in the SDK's names for operations that the account
	// simulates (of IAM, STS and CloudTrail) and in CloudTrail's for all others.
	Input Parameters `yaml:"input"`
	// Vary gives a field of Input one of several values, drawn for each call.
	Vary map[string][]any `yaml:"vary"`
	// Resource is the ARN that a call to another service is authorized on, with
	// ${NAME} for the input of that name. Empty means *.
	Resource string `yaml:"resource"`
	// Region overrides the scenario's.
	Region string `yaml:"region"`
}

// service and operation are the two words of Call, which Parse has checked.
func (c Call) service() string   { s, _, _ := strings.Cut(c.Call, " "); return s }
func (c Call) operation() string { _, o, _ := strings.Cut(c.Call, " "); return o }

// An Actor is a benign principal at work. It works in sessions: one through
// its own credential, then nothing until the next.
type Actor struct {
	// Name says what this is, for people.
	Name string `yaml:"name"`
	// As is who acts: "user/NAME#KEY", or "role/NAME" with By.
	As string `yaml:"as"`
	// By is who assumes the role: "user/NAME#KEY", "service/NAME" as in
	// "service/lambda.amazonaws.com", or "identity-center" for people who sign
	// in there. Such sign-ins leave no event in the account: its trail does not
	// have what happens in Identity Center's own Region and account.
	By string `yaml:"by"`
	// Session is the role session's name. ${n} in it is the number of the
	// session, and ${hex} eight random hex digits.
	Session string `yaml:"session"`
	// IPs and Agents: each session has one of each.
	IPs    []string `yaml:"ips"`
	Agents []string `yaml:"agents"`
	// Hours are those, in UTC, in which sessions begin. Zero means always.
	Hours Hours `yaml:"hours"`
	// Every is the time from a session's end to the next one's beginning; Gap
	// the time between two calls; Size the number of calls after Routine.
	Every Span  `yaml:"every"`
	Gap   Span  `yaml:"gap"`
	Size  Count `yaml:"size"`
	// Routine is called in this order at the beginning of each session; Calls
	// are then drawn by weight.
	Routine []Call     `yaml:"routine"`
	Calls   []Weighted `yaml:"calls"`
}

// Weighted is a Call and how often it is drawn, in relation to the others.
// Zero means 1.
type Weighted struct {
	Call   `yaml:",inline"`
	Weight int `yaml:"weight"`
}

// identityCenter is By of those who sign in through IAM Identity Center.
const identityCenter = "identity-center"

// A credential is a reference to one, as written in a scenario.
type credential struct {
	kind string // user, role or service
	name string
	key  string // of a user
}

func parseCredential(s string) (credential, error) {
	kind, rest, ok := strings.Cut(s, "/")
	name, key, hasKey := strings.Cut(rest, "#")
	c := credential{kind: kind, name: name, key: key}
	switch {
	case !ok || name == "":
	case kind == "user" && hasKey && key != "":
		return c, nil
	case (kind == "role" || kind == "service") && !hasKey:
		return c, nil
	}
	return credential{}, fmt.Errorf("%q is not user/NAME#KEY, role/NAME or service/NAME", s)
}

// open says whether sessions may begin at t.
func (h Hours) open(t time.Time) bool {
	hour := t.UTC().Hour()
	switch {
	case h.From == h.To:
		return true
	case h.From < h.To:
		return h.From <= hour && hour < h.To
	default:
		return hour >= h.From || hour < h.To
	}
}

// next returns the first moment from t on at which sessions may begin.
func (h Hours) next(t time.Time) time.Time {
	if h.open(t) {
		return t
	}
	t = t.UTC()
	opening := time.Date(t.Year(), t.Month(), t.Day(), h.From, 0, 0, 0, time.UTC)
	if opening.Before(t) {
		opening = opening.AddDate(0, 0, 1)
	}
	return opening
}
