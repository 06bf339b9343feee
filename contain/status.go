package contain

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"cordon/contain/audit"
)

// A Contained is one target that is, or should be, denied everything.
type Contained struct {
	Target  Target  `json:"target"`
	Measure Measure `json:"measure"`
	// State is in_place if the policy was read in the account, and held if the
	// log says besides that it came through its hold; reverted if the log says
	// that it should be there and the account says that it is not; unknown if an
	// operation has no outcome, or the target could not be read.
	State State `json:"state"`
	// Since is when the log says that this came about, in UTC; nil if the log
	// does not know.
	Since *time.Time `json:"since"`
	// By is the ARN of who did it, and Reason and Incident theirs; empty if the
	// log does not know.
	By       string `json:"by"`
	OpID     string `json:"op_id"`
	Reason   string `json:"reason"`
	Incident string `json:"incident"`
	// PolicyName is the policy that stands; empty if none does.
	PolicyName string `json:"policy_name"`
	// ByHand: the policy denies everything, and was not put there by cordon.
	ByHand bool `json:"by_hand"`
}

// A Status is who is contained, and how far that is known.
type Status struct {
	Contained []Contained `json:"contained"`
	// Unread is what could not be read. Unless it is empty, that something is
	// not in Contained does not mean that it is not contained.
	Unread []Unread `json:"unread"`
	// Principals counts the users, roles and groups that were read.
	Principals int `json:"principals"`
	// Read is when the reading began, in UTC.
	Read time.Time `json:"read"`
}

// An Unread is something that could not be read, and why.
type Unread struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Status reads every user, role and group of the account, and joins what it
// finds with the audit log. Policies are looked at if they have a name that
// cordon uses or the log knows: IAM offers no search, so each principal costs
// one call. The error is not nil only if ctx ended.
func (a *Account) Status(ctx context.Context) (Status, error) {
	s := survey{a: a, status: Status{Contained: []Contained{}, Unread: []Unread{}, Read: a.o.Now().UTC()}}
	s.readLog()
	s.readAccount(ctx)
	if err := ctx.Err(); err != nil {
		return s.status, a.explain(err, "reading who is contained")
	}
	s.join()
	sortContained(s.status.Contained)
	slices.SortFunc(s.status.Unread, func(x, y Unread) int { return compareNames(x.Name, y.Name) })
	return s.status, nil
}

// A survey is one Status at work.
type survey struct {
	a       *Account
	history history

	mu     sync.Mutex
	status Status
	// seen are the targets that were read, by ARN.
	seen map[string]bool
	// unread are the targets that were not.
	unread map[string]bool
}

func (s *survey) readLog() {
	s.seen, s.unread = map[string]bool{}, map[string]bool{}
	if s.a.o.Log == nil {
		s.history = historyOf(nil)
		return
	}
	records, damaged, err := readLog(s.a.o.Log.Path())
	if err != nil {
		s.miss("the audit log", err)
	}
	for _, d := range damaged {
		s.status.Unread = append(s.status.Unread, Unread{fmt.Sprintf("line %d of the audit log", d.Line), d.Reason})
	}
	s.history = historyOf(records)
}

func (s *survey) miss(name string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unread[name] = true
	s.status.Unread = append(s.status.Unread, Unread{name, Explain(err).Message})
}

func (s *survey) readAccount(ctx context.Context) {
	targets := make(chan Target)
	var lists, readers sync.WaitGroup
	for _, kind := range Kinds() {
		lists.Go(func() {
			entries, err := s.a.List(ctx, kind)
			if err != nil {
				s.miss(string(kind)+"s", err)
			}
			for _, e := range entries {
				if e.WhyNot == "" {
					targets <- Target{Kind: e.Kind, Name: e.Name, ARN: e.ARN, ID: e.ID, Account: e.Account, Path: e.Path}
				}
			}
		})
	}
	for range maxAtOnce {
		readers.Go(func() {
			for t := range targets {
				s.look(ctx, t)
			}
		})
	}
	lists.Wait()
	close(targets)
	readers.Wait()
}

// look reads one target's policies of telling names.
func (s *survey) look(ctx context.Context, t Target) {
	if ctx.Err() != nil {
		return
	}
	names, err := s.a.listInline(ctx, t)
	if isGone(err) {
		return // deleted since it was listed
	}
	if err != nil {
		s.miss(t.String(), err)
		return
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !s.telling(n) })
	set := s.a.readNamed(ctx, t, names)
	for name, err := range set.unread {
		s.miss(t.String()+" policy "+name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[t.ARN] = true
	s.status.Principals++
	for _, standing := range set.standing() {
		s.status.Contained = append(s.status.Contained, s.line(t, standing))
	}
}

func (s *survey) telling(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(lower, strings.ToLower(defaultPolicyName)) ||
		strings.HasPrefix(lower, strings.ToLower(s.a.o.PolicyName)) || s.history.names[name]
}

// line is a policy that stands, with what the log knows of it.
func (s *survey) line(t Target, standing Standing) Contained {
	c := Contained{Measure: DenyAll}
	if r, ok := s.history.ops[standing.OpID]; ok && r.Target.ARN == t.ARN {
		c = contained(r, InPlace)
	}
	c.Target, c.State, c.OpID, c.PolicyName, c.ByHand = t, InPlace, standing.OpID, standing.Name, standing.OpID == ""
	if s.history.held[standing.OpID] {
		c.State = Held
	}
	return c
}

// join adds what the log says should stand and was not seen.
func (s *survey) join() {
	stands := map[string]bool{}
	for _, c := range s.status.Contained {
		if !c.ByHand {
			stands[c.Target.ARN] = true
		}
	}
	here := func(r audit.Record) bool { return r.Target.Account == s.a.caller.Account }
	open := map[string]bool{}
	for _, r := range s.history.open {
		if !here(r) || stands[r.Target.ARN] || audit.Running(s.a.o.Log.Path(), r.OpID) {
			continue
		}
		open[r.Target.ARN] = true
		s.status.Contained = append(s.status.Contained, contained(r, Unknown))
	}
	for target, r := range s.history.last {
		if !here(r) || stands[target] || open[target] || State(r.Outcome) == Released {
			continue
		}
		state := s.lost(r.Target)
		if r.Op == string(Release) && state == Reverted {
			continue // a release that could not be seen to the end, and is seen now
		}
		s.status.Contained = append(s.status.Contained, contained(r, state))
	}
}

// lost is the state of a target that should be contained and was not seen to
// be: only a listing that was read to its end proves that it is not.
func (s *survey) lost(t audit.Target) State {
	if !s.seen[t.ARN] && (s.unread[t.Kind+"s"] || s.unread[t.Kind+"/"+t.Name]) {
		return Unknown
	}
	for name := range s.unread {
		if strings.HasPrefix(name, t.Kind+"/"+t.Name+" policy ") {
			return Unknown
		}
	}
	return Reverted
}

func sortContained(list []Contained) {
	slices.SortFunc(list, func(x, y Contained) int {
		return cmp.Or(cmp.Compare(x.Target.Account, y.Target.Account), cmp.Compare(x.Target.Kind, y.Target.Kind),
			compareNames(x.Target.Name, y.Target.Name), compareNames(x.PolicyName, y.PolicyName))
	})
}

// pathOf is the path in an ARN of IAM: "/" in most.
func pathOf(targetARN string) string {
	parsed, err := arn.Parse(targetARN)
	if err != nil {
		return ""
	}
	from, to := strings.Index(parsed.Resource, "/"), strings.LastIndex(parsed.Resource, "/")
	if from < 0 {
		return ""
	}
	return parsed.Resource[from : to+1]
}
