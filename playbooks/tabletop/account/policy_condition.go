package account

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A condition is one operator, key and list of values of a Condition element.
// All conditions of a statement must hold; of the values, any.
type condition struct {
	operator operator
	set      string // "ForAnyValue", "ForAllValues", or empty
	ifExists bool
	key      string
	values   []string
}

// An operator compares one value of the request with one of the policy. A
// negated one holds if the comparison holds for no value of the policy, and
// also when the request has no such key.
type operator struct {
	name    string
	negated bool
	compare func(q *question, policy, request string) bool
	valid   func(policy string) bool // nil: every value is
}

// operators returns those of the policy language by name.
//
// Source: "IAM JSON policy elements: Condition operators", IAM user guide.
func operators() map[string]operator {
	all := map[string]operator{}
	add := func(valid func(string) bool, compare func(*question, string, string) bool, name, negatedName string) {
		all[name] = operator{name: name, compare: compare, valid: valid}
		if negatedName != "" {
			all[negatedName] = operator{name: negatedName, negated: true, compare: compare, valid: valid}
		}
	}
	add(nil, stringEquals, "StringEquals", "StringNotEquals")
	add(nil, stringEqualsIgnoreCase, "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
	add(nil, stringLike, "StringLike", "StringNotLike")
	add(nil, arnLike, "ArnLike", "ArnNotLike")
	add(nil, arnLike, "ArnEquals", "ArnNotEquals")
	add(nil, stringEquals, "BinaryEquals", "")
	add(isBool, stringEqualsIgnoreCase, "Bool", "")
	add(isBool, nil, "Null", "")
	add(isNetwork, ipAddress, "IpAddress", "NotIpAddress")
	for name, holds := range map[string]func(c int) bool{
		"Equals":            func(c int) bool { return c == 0 },
		"LessThan":          func(c int) bool { return c < 0 },
		"LessThanEquals":    func(c int) bool { return c <= 0 },
		"GreaterThan":       func(c int) bool { return c > 0 },
		"GreaterThanEquals": func(c int) bool { return c >= 0 },
	} {
		negated := map[string]string{"Equals": "NotEquals"}[name]
		numeric, date := "", ""
		if negated != "" {
			numeric, date = "Numeric"+negated, "Date"+negated
		}
		add(isNumber, numbers(holds), "Numeric"+name, numeric)
		add(isDate, dates(holds), "Date"+name, date)
	}
	return all
}

// conditionsOf reads a Condition element. An operator that does not exist, or
// a value that its operator cannot compare, is refused: passed over in a Deny
// it would let through what the policy's author forbade.
func conditionsOf(raw json.RawMessage) ([]condition, error) {
	byOperator, err := object(raw)
	if err != nil {
		return nil, syntaxErrors()
	}
	known := operators()
	var all []condition
	for name, raw := range byOperator {
		c, err := parseOperator(known, name)
		if err != nil {
			return nil, err
		}
		byKey, err := object(raw)
		if err != nil {
			return nil, syntaxErrors()
		}
		for key, raw := range byKey {
			if !strings.Contains(key, ":") {
				return nil, malformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
			c.key = key
			if c.values, err = scalarsOf(raw); err != nil {
				return nil, err
			}
			if i := slices.IndexFunc(c.values, c.invalid); i >= 0 {
				return nil, malformedPolicy("Invalid value %s for condition type %s.", c.values[i], name)
			}
			all = append(all, c)
		}
	}
	return all, nil
}

// parseOperator reads a name such as ForAnyValue:StringLikeIfExists.
func parseOperator(known map[string]operator, name string) (condition, error) {
	var c condition
	bare := name
	if set, rest, found := strings.Cut(name, ":"); found {
		if set != "ForAnyValue" && set != "ForAllValues" {
			return c, malformedPolicy("Invalid Condition type : %s.", name)
		}
		c.set, bare = set, rest
	}
	bare, c.ifExists = strings.CutSuffix(bare, "IfExists")
	o, ok := known[bare]
	if !ok || bare == "Null" && (c.ifExists || c.set != "") {
		return c, malformedPolicy("Invalid Condition type : %s.", name)
	}
	c.operator = o
	return c, nil
}

// invalid reports whether the operator cannot compare a value. One with a
// variable is known only when a request gives the variable a value.
func (c *condition) invalid(value string) bool {
	return c.operator.valid != nil && !strings.Contains(value, "${") && !c.operator.valid(value)
}

// scalarsOf reads a condition's values: strings, numbers and booleans.
func scalarsOf(raw json.RawMessage) ([]string, error) {
	var out []string
	for _, item := range listOf(raw) {
		var v any
		if err := json.Unmarshal(item, &v); err != nil {
			return nil, syntaxErrors()
		}
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case bool, float64:
			out = append(out, string(item))
		default:
			return nil, syntaxErrors()
		}
	}
	return out, nil
}

// holds reports whether the condition is met by a request.
func (c *condition) holds(q *question) bool {
	values := q.values(c.key)
	switch {
	case c.operator.name == "Null":
		return slices.ContainsFunc(c.values, func(v string) bool {
			return strings.EqualFold(v, "true") == (len(values) == 0)
		})
	case len(values) == 0 && c.ifExists:
		return true
	case c.set == "ForAllValues":
		return !slices.ContainsFunc(values, func(v string) bool { return !c.meets(q, v) })
	case c.set == "ForAnyValue":
		return slices.ContainsFunc(values, func(v string) bool { return c.meets(q, v) })
	case c.operator.negated:
		return !slices.ContainsFunc(values, func(v string) bool { return !c.meets(q, v) })
	}
	return slices.ContainsFunc(values, func(v string) bool { return c.meets(q, v) })
}

// meets compares one value of the request with those of the policy.
func (c *condition) meets(q *question, value string) bool {
	found := slices.ContainsFunc(c.values, func(policy string) bool {
		return c.operator.compare(q, policy, value)
	})
	return found != c.operator.negated
}

func stringEquals(q *question, policy, request string) bool {
	value, ok := q.literal(policy)
	return ok && value == request
}

func stringEqualsIgnoreCase(q *question, policy, request string) bool {
	value, ok := q.literal(policy)
	return ok && strings.EqualFold(value, request)
}

func stringLike(q *question, policy, request string) bool {
	pattern, ok := q.pattern(policy)
	return ok && matches(pattern, request)
}

func arnLike(q *question, policy, request string) bool {
	pattern, ok := q.pattern(policy)
	return ok && matchesARN(pattern, request)
}

func ipAddress(_ *question, policy, request string) bool {
	network, ok := parseNetwork(policy)
	if !ok {
		return false
	}
	address, err := netip.ParseAddr(request)
	return err == nil && network.Contains(address.Unmap())
}

func numbers(holds func(int) bool) func(*question, string, string) bool {
	return func(_ *question, policy, request string) bool {
		p, errPolicy := strconv.ParseFloat(policy, 64)
		r, errRequest := strconv.ParseFloat(request, 64)
		if errPolicy != nil || errRequest != nil {
			return false
		}
		switch {
		case r < p:
			return holds(-1)
		case r > p:
			return holds(1)
		}
		return holds(0)
	}
}

func dates(holds func(int) bool) func(*question, string, string) bool {
	return func(_ *question, policy, request string) bool {
		p, okPolicy := parseDate(policy)
		r, okRequest := parseDate(request)
		return okPolicy && okRequest && holds(r.Compare(p))
	}
}

func isBool(s string) bool { return strings.EqualFold(s, "true") || strings.EqualFold(s, "false") }

func isNumber(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

func isDate(s string) bool {
	_, ok := parseDate(s)
	return ok
}

func isNetwork(s string) bool {
	_, ok := parseNetwork(s)
	return ok
}

func parseNetwork(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// parseDate reads the W3C forms of ISO 8601, and seconds since 1970.
func parseDate(s string) (time.Time, bool) {
	for _, layout := range []string{
		time.RFC3339Nano, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04",
		"2006-01-02", "2006-01", "2006",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	seconds, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}
