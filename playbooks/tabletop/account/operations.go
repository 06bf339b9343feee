package account

import (
	"fmt"
	"reflect"
	"strings"
)

// An operation is one API call that the account can answer.
type operation struct {
	service string // as in ARNs and actions: "iam"
	name    string // "CreateUser"
	// event is the name in CloudTrail's record and iamAction the action in
	// policies, where they differ from name.
	event, iamAction string
	readOnly         bool
	unrecorded       bool // a data event, which the event history never has
	required         []string
	input            reflect.Type // pointer to the SDK's struct; nil for any
	run              func(c *call, input any) (any, error)
	// target is what the call is authorised on; nil for what no policy denies,
	// and for what decides for itself.
	target func(a *Account, c *call) target
}

// action is the operation's name in policies.
func (o operation) action() string {
	if o.iamAction != "" {
		return o.iamAction
	}
	return o.service + ":" + o.name
}

// define joins a handler to its operation, which the type of its input names.
func define[I, O any](service string, run func(*call, *I) (*O, error), on func(*Account, *call) target, required ...string) operation {
	t := reflect.TypeFor[*I]()
	name := strings.TrimSuffix(t.Elem().Name(), "Input")
	return operation{
		service: service, name: name, readOnly: readOnly(name), required: required, input: t, target: on,
		run: func(c *call, input any) (any, error) {
			in, ok := input.(*I)
			if !ok {
				return nil, fmt.Errorf("%w: %s takes %v, not %T", errUnknownOperation, name, t, input)
			}
			out, err := run(c, in)
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}

// readOnly says what CloudTrail writes as readOnly. STS hands out credentials
// and changes nothing.
func readOnly(operation string) bool {
	for _, prefix := range []string{
		"Get", "List", "Describe", "Lookup", "Head", "Search", "BatchGet", "Simulate", "Assume", "Select", "View",
	} {
		if strings.HasPrefix(operation, prefix) {
			return true
		}
	}
	return false
}

// table returns every operation by service and name.
func (a *Account) table() map[string]operation {
	all := map[string]operation{}
	lists := [][]operation{a.identityOperations(), a.policyOperations(), a.credentialOperations(), a.stsOperations(), {
		define("cloudtrail", a.lookupEvents, onAnything),
	}}
	for _, list := range lists {
		for _, o := range list {
			all[o.service+":"+o.name] = o
		}
	}
	return all
}

// What operations are authorised on.
//
// Source: "Actions, resources, and condition keys for AWS Identity and Access
// Management (IAM)", service authorization reference.

func onAnything(*Account, *call) target { return target{arn: "*"} }

// onAll is every entity of a kind: what the List operations are authorised on.
func onAll(resource string) func(*Account, *call) target {
	return func(a *Account, _ *call) target { return target{arn: a.arn("iam", resource)} }
}

// onUser is the user that UserName names, or the caller.
func onUser(a *Account, c *call) target {
	name := stringField(c.input, "UserName")
	if name == "" && c.caller.user != nil {
		name = c.caller.user.name
	}
	if u, ok := a.state.users[name]; ok {
		return a.onEntity(&u.entity)
	}
	return a.onMissing(c, kindUser, name)
}

func onRole(a *Account, c *call) target {
	name := stringField(c.input, "RoleName")
	if r, ok := a.state.roles[name]; ok {
		return a.onEntity(&r.entity)
	}
	return a.onMissing(c, kindRole, name)
}

func onGroup(a *Account, c *call) target {
	name := stringField(c.input, "GroupName")
	if g, ok := a.state.groups[name]; ok {
		return a.onEntity(&g.entity)
	}
	return a.onMissing(c, kindGroup, name)
}

func (a *Account) onEntity(e *entity) target { return target{arn: a.entityARN(e), tags: e.tags} }

// onMissing is an entity that is not there, yet or any more; Path is that of
// one to be created.
func (a *Account) onMissing(c *call, k kind, name string) target {
	path := stringField(c.input, "Path")
	if path == "" {
		path = "/"
	}
	return target{arn: a.arn("iam", string(k)+path+name), spoken: string(k) + " " + name}
}

// onPolicy is the managed policy that PolicyArn names, or that PolicyName is
// to name.
func onPolicy(a *Account, c *call) target {
	arn := stringField(c.input, "PolicyArn")
	if arn == "" {
		path := stringField(c.input, "Path")
		if path == "" {
			path = "/"
		}
		name := stringField(c.input, "PolicyName")
		return target{arn: a.arn("iam", "policy"+path+name), spoken: "policy " + name}
	}
	t := target{arn: arn, spoken: "policy " + arn}
	if p, ok := a.state.policies[arn]; ok {
		t.tags = p.tags
	}
	return t
}
