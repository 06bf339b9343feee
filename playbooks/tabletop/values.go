package tabletop

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A valueError is a value that cannot be read, and where it stands.
type valueError struct {
	line int
	text string
}

func (e *valueError) Error() string { return e.text }

func wrongValue(node ast.Node, format string, args ...any) error {
	return &valueError{line: node.GetToken().Position.Line, text: fmt.Sprintf(format, args...)}
}

// A Span is a length of time, drawn anew each time: "90s", "1m..5m".
type Span struct{ Min, Max time.Duration }

// UnmarshalYAML reads a duration, or two joined by "..".
func (s *Span) UnmarshalYAML(node ast.Node) error {
	text := node.GetToken().Value
	least, most := ends(text)
	var err error
	if s.Min, err = time.ParseDuration(least); err != nil {
		return wrongValue(node, "%q is not a length of time such as 90s or 1m..5m", text)
	}
	if s.Max, err = time.ParseDuration(most); err != nil {
		return wrongValue(node, "%q is not a length of time such as 90s or 1m..5m", text)
	}
	if s.Min < 0 || s.Max < s.Min {
		return wrongValue(node, "%q runs backwards", text)
	}
	return nil
}

func (s Span) draw(r *rand.Rand) time.Duration {
	return s.Min + time.Duration(r.Int64N(int64(s.Max-s.Min)+1))
}

// A Count is a number, drawn anew each time: "3", "10..30".
type Count struct{ Min, Max int }

// UnmarshalYAML reads a number, or two joined by "..".
func (c *Count) UnmarshalYAML(node ast.Node) error {
	text := node.GetToken().Value
	least, most := ends(text)
	var err error
	if c.Min, err = strconv.Atoi(least); err != nil {
		return wrongValue(node, "%q is not a number such as 3 or 10..30", text)
	}
	if c.Max, err = strconv.Atoi(most); err != nil {
		return wrongValue(node, "%q is not a number such as 3 or 10..30", text)
	}
	if c.Min < 0 || c.Max < c.Min {
		return wrongValue(node, "%q runs backwards", text)
	}
	return nil
}

func (c Count) draw(r *rand.Rand) int { return c.Min + r.IntN(c.Max-c.Min+1) }

// Hours are hours of the day, from the first's beginning to the second's, and
// past midnight if the first is the larger: "7-19", "22-4".
type Hours struct{ From, To int }

// UnmarshalYAML reads two hours joined by "-".
func (h *Hours) UnmarshalYAML(node ast.Node) error {
	text := node.GetToken().Value
	from, to, _ := strings.Cut(text, "-")
	var errFrom, errTo error
	h.From, errFrom = strconv.Atoi(from)
	h.To, errTo = strconv.Atoi(to)
	if errFrom != nil || errTo != nil || h.From < 0 || h.From > 23 || h.To < 0 || h.To > 24 {
		return wrongValue(node, "%q is not hours of the day such as 7-19", text)
	}
	h.To %= 24
	return nil
}

// A Document is a policy, written in YAML and kept as JSON.
type Document string

// UnmarshalYAML turns the mapping into JSON with its keys in the same order.
func (d *Document) UnmarshalYAML(node ast.Node) error {
	if node.Type() != ast.MappingType && node.Type() != ast.AnchorType && node.Type() != ast.AliasType {
		return wrongValue(node, "a policy document is a mapping")
	}
	var v yaml.MapSlice
	if err := yaml.NodeToValue(node, &v, yaml.UseOrderedMap()); err != nil {
		return err
	}
	text, err := jsonText(v)
	*d = Document(text)
	return err
}

// Parameters are a call's input. A mapping under a name that ends in Document
// is sent as JSON text.
type Parameters map[string]any

// UnmarshalYAML reads a mapping.
func (p *Parameters) UnmarshalYAML(node ast.Node) error {
	var items yaml.MapSlice
	if err := yaml.NodeToValue(node, &items, yaml.UseOrderedMap()); err != nil {
		return err
	}
	*p = make(Parameters, len(items))
	for _, item := range items {
		name := fmt.Sprint(item.Key)
		document, ok := item.Value.(yaml.MapSlice)
		if !ok || !strings.HasSuffix(name, "Document") {
			(*p)[name] = plain(item.Value)
			continue
		}
		text, err := jsonText(document)
		if err != nil {
			return err
		}
		(*p)[name] = text
	}
	return nil
}

// plain turns ordered mappings into maps.
func plain(v any) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		m := make(map[string]any, len(v))
		for _, item := range v {
			m[fmt.Sprint(item.Key)] = plain(item.Value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	default:
		return v
	}
}

// jsonText writes a YAML value as JSON, with the keys of mappings in their own
// order: a policy that is read back should look as it was written.
func jsonText(v any) (string, error) {
	var b strings.Builder
	err := writeJSON(&b, v)
	return b.String(), err
}

func writeJSON(b *strings.Builder, v any) error {
	switch v := v.(type) {
	case yaml.MapSlice:
		b.WriteByte('{')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, fmt.Sprint(item.Key)); err != nil {
				return err
			}
			b.WriteByte(':')
			if err := writeJSON(b, item.Value); err != nil {
				return err
			}
		}
		b.WriteByte('}')
		return nil
	case []any:
		b.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	default:
		text, err := json.Marshal(v)
		b.Write(text)
		return err
	}
}

func ends(s string) (least, most string) {
	least, most, ok := strings.Cut(s, "..")
	if !ok {
		most = least
	}
	return strings.TrimSpace(least), strings.TrimSpace(most)
}
