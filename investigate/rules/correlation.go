package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Principal is the name by which a correlation groups by who acted, resolved to
// what can be contained: sessions fold into their role. It is the project's own;
// all other names of "group-by" are fields of the event.
const Principal = "principal"

// A Correlation says how matches of other rules combine.
type Correlation struct {
	Type CorrelationType
	// Rules are the rules it combines; in order, for TemporalOrdered.
	Rules []*Rule
	// GroupBy are the fields whose values the matches must share. A match whose
	// event lacks one of them takes no part.
	GroupBy  []string
	Timespan time.Duration
	// Field is what ValueCount counts the distinct values of.
	Field string
	// Conditions compare the count; all must hold.
	Conditions []CountCondition

	refs []string
	// aliases maps a name of GroupBy to the field it stands for in the events of
	// one rule, by that rule's name or id.
	aliases map[string]map[string]string
	// generate keeps the rules it combines from being quiet.
	generate bool
}

// CorrelationType is one of Sigma's types of correlation.
type CorrelationType string

// The types of correlation that are understood.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
)

// A CountCondition compares a count with a number: Op is gt, gte, lt, lte or eq.
type CountCondition struct {
	Op    string
	Count int
}

func (c CountCondition) holds(n int) bool {
	switch c.Op {
	case "gt":
		return n > c.Count
	case "gte":
		return n >= c.Count
	case "lt":
		return n < c.Count
	case "lte":
		return n <= c.Count
	}
	return n == c.Count
}

// holds reports whether a count satisfies every condition.
func (c *Correlation) holds(n int) bool {
	return !slices.ContainsFunc(c.Conditions, func(cond CountCondition) bool { return !cond.holds(n) })
}

// atLeast reports whether more can only help: there is no upper bound.
func (c *Correlation) atLeast() bool {
	return !slices.ContainsFunc(c.Conditions, func(cond CountCondition) bool { return cond.Op != "gt" && cond.Op != "gte" })
}

// fieldFor is the field of an event of rule r that name stands for.
func (c *Correlation) fieldFor(name string, r *Rule) string {
	for _, ref := range []string{r.Name, r.ID} {
		if field, ok := c.aliases[name][ref]; ok && ref != "" {
			return field
		}
	}
	return name
}

func compileCorrelation(n ast.Node) (*Correlation, error) {
	fields, err := entries(n)
	if err != nil {
		return nil, fmt.Errorf("correlation: %w", err)
	}
	c := &Correlation{}
	for _, f := range fields {
		read, ok := correlationKeys[f.key]
		if !ok {
			return nil, at(f.line, fmt.Errorf("unknown key %q in a correlation", f.key))
		}
		if err := read(c, f.value); err != nil {
			return nil, at(f.line, fmt.Errorf("%s: %w", f.key, err))
		}
	}
	return c, c.check()
}

var correlationKeys = map[string]func(*Correlation, ast.Node) error{
	"type":      (*Correlation).readType,
	"rules":     func(c *Correlation, n ast.Node) error { return readTexts(&c.refs, n) },
	"group-by":  func(c *Correlation, n ast.Node) error { return readTexts(&c.GroupBy, n) },
	"timespan":  (*Correlation).readTimespan,
	"condition": (*Correlation).readCondition,
	"aliases":   (*Correlation).readAliases,
	"generate":  (*Correlation).readGenerate,
}

func readTexts(to *[]string, n ast.Node) error {
	for _, item := range items(n) {
		s, err := scalarText(item)
		if err != nil {
			return err
		}
		if s == "" {
			return errors.New("an empty name")
		}
		*to = append(*to, s)
	}
	return nil
}

func (c *Correlation) readType(n ast.Node) error {
	s, err := scalarText(n)
	c.Type = CorrelationType(s)
	switch c.Type {
	case EventCount, ValueCount, Temporal, TemporalOrdered:
		return err
	}
	return fmt.Errorf("unknown type of correlation %q", s)
}

// readTimespan reads a number with its unit: s, m, h or d.
func (c *Correlation) readTimespan(n ast.Node) error {
	s, err := scalarText(n)
	if err != nil {
		return err
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	if s != "" {
		count, err := strconv.Atoi(s[:len(s)-1])
		unit := units[s[len(s)-1]]
		if err == nil && unit > 0 && count > 0 && count <= int(10*365*24*time.Hour/unit) {
			c.Timespan = time.Duration(count) * unit
			return nil
		}
	}
	return fmt.Errorf("%q is not a time like 30s, 10m, 1h or 2d", s)
}

func (c *Correlation) readCondition(n ast.Node) error {
	fields, err := entries(n)
	if err != nil {
		return err
	}
	for _, f := range fields {
		s, err := scalarText(f.value)
		if err != nil {
			return err
		}
		switch f.key {
		case "field":
			c.Field = s
		case "gt", "gte", "lt", "lte", "eq":
			count, err := strconv.Atoi(s)
			if err != nil {
				return fmt.Errorf("%q is not a whole number", s)
			}
			c.Conditions = append(c.Conditions, CountCondition{f.key, count})
		default:
			return fmt.Errorf("unknown condition %q", f.key)
		}
	}
	return nil
}

func (c *Correlation) readAliases(n ast.Node) error {
	names, err := entries(n)
	if err != nil {
		return err
	}
	c.aliases = make(map[string]map[string]string)
	for _, name := range names {
		rules, err := entries(name.value)
		if err != nil {
			return err
		}
		c.aliases[name.key] = make(map[string]string)
		for _, r := range rules {
			if c.aliases[name.key][r.key], err = scalarText(r.value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Correlation) readGenerate(n ast.Node) error {
	v, text, err := scalar(n)
	if err != nil {
		return err
	}
	var ok bool
	if c.generate, ok = v.(bool); !ok {
		return fmt.Errorf("%q is neither true nor false", text)
	}
	return nil
}

func (c *Correlation) check() error {
	counts := c.Type == EventCount || c.Type == ValueCount
	switch {
	case c.Type == "":
		return errors.New("a correlation needs a type")
	case len(c.refs) == 0:
		return errors.New("a correlation needs rules")
	case c.Timespan == 0:
		return errors.New("a correlation needs a timespan")
	case counts && len(c.Conditions) == 0:
		return errors.New("a count needs a condition")
	case c.Type == ValueCount && c.Field == "":
		return errors.New("a value_count needs a field in its condition")
	case c.Type != ValueCount && c.Field != "":
		return fmt.Errorf("a %s counts no field", c.Type)
	case c.Type == TemporalOrdered && len(c.Conditions) > 0:
		return errors.New("a temporal_ordered correlation with a condition is not supported")
	case c.Type == TemporalOrdered && len(c.refs) < 2:
		return errors.New("an order needs two rules")
	case counts && c.holds(0):
		return errors.New("the condition holds of no event at all")
	}
	if c.Type == Temporal && len(c.Conditions) == 0 {
		c.Conditions = []CountCondition{{"gte", len(c.refs)}}
	}
	return nil
}

// groupKey is what a match is grouped by; ok is false if it lacks a field.
func (c *Correlation) groupKey(m *Match) (key string, ok bool) {
	var b strings.Builder
	for _, name := range c.GroupBy {
		v, ok := c.value(name, m)
		if !ok {
			return "", false
		}
		b.WriteString(strconv.Quote(v))
	}
	return b.String(), true
}

func (c *Correlation) value(name string, m *Match) (string, bool) {
	field := c.fieldFor(name, m.Rule)
	if field == Principal {
		return m.Principal.Account + " " + m.Principal.ARN + " " + m.Principal.String(), true
	}
	v, ok := m.Values[field]
	return v, ok
}
