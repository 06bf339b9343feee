package rules

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits on a file of rules, against files made to exhaust the parser.
const (
	maxFile    = 512 << 10
	maxNesting = 100
)

// parseYAML returns the documents of a file.
func parseYAML(src []byte) (docs []ast.Node, err error) {
	if len(src) > maxFile {
		return nil, fmt.Errorf("the file has %d bytes; at most %d are read", len(src), maxFile)
	}
	if err := checkYAML(src); err != nil {
		return nil, err
	}
	// The parser is made for configuration written by friends; a file that it
	// cannot cope with must not take the other files down with it.
	defer func() {
		if r := recover(); r != nil {
			docs, err = nil, fmt.Errorf("not YAML that can be read: %v", r)
		}
	}()
	file, err := parser.ParseBytes(src, 0)
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil && syntax.Token.Position != nil {
			return nil, at(syntax.Token.Position.Line, fmt.Errorf("not YAML: %s", syntax.Message))
		}
		return nil, fmt.Errorf("not YAML: %s", firstLine(err.Error()))
	}
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d.Body)
		}
	}
	return docs, nil
}

// checkYAML looks at the nesting before the parser does.
func checkYAML(src []byte) error {
	depth := 0
	for n, line := range bytes.Split(src, []byte("\n")) {
		lead := 0
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			case '-', '?', ':', '!', '&':
				lead++
			}
			if depth > maxNesting || lead > 10*maxNesting {
				return at(n+1, errors.New("nested too deeply"))
			}
		}
	}
	return nil
}

// An entry is one key of a mapping, with its value and its line.
type entry struct {
	key   string
	value ast.Node
	line  int
}

var errAnchor = errors.New("anchors, aliases and tags of YAML are not supported")

// entries returns a mapping's entries in their order.
func entries(n ast.Node) ([]entry, error) {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return nil, errAnchor
	default:
		return nil, errors.New("a mapping is needed here")
	}
	out := make([]entry, 0, len(pairs))
	for _, p := range pairs {
		key, err := scalarText(p.Key)
		if err != nil {
			return nil, err
		}
		out = append(out, entry{key: key, value: p.Value, line: lineOf(p.Key)})
	}
	return out, nil
}

// items returns a sequence's items, or the node itself as the only item.
func items(n ast.Node) []ast.Node {
	if seq, ok := n.(*ast.SequenceNode); ok {
		return seq.Values
	}
	return []ast.Node{n}
}

func isSequence(n ast.Node) bool { _, ok := n.(*ast.SequenceNode); return ok }

func isMapping(n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	return false
}

// scalar returns a value: string, float64, bool, or nil for null. A number
// comes with the text that stands in the file, because "1.10" is text in a log.
func scalar(n ast.Node) (value any, text string, err error) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, n.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode:
		text := n.GetToken().Value
		return numberValue(text), text, nil
	case *ast.BoolNode:
		return n.Value, fmt.Sprint(n.Value), nil
	case *ast.NullNode:
		return nil, "", nil
	case *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, n.GetToken().Value, nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		return nil, "", errAnchor
	case nil:
		return nil, "", nil
	}
	return nil, "", errors.New("a single value is needed here")
}

func scalarText(n ast.Node) (string, error) {
	_, text, err := scalar(n)
	return text, err
}

func lineOf(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
