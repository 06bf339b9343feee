package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"cordon/investigate/query"
)

// The grammar of a Sigma condition, loosest binding first: "or", "and", "not".
type (
	condOr struct {
		Terms []*condAnd `parser:"@@ ( 'or' @@ )*"`
	}
	condAnd struct {
		Terms []*condNot `parser:"@@ ( 'and' @@ )*"`
	}
	condNot struct {
		Nots  []string `parser:"@'not'*"`
		Group *condOr  `parser:"( '(' @@ ')'"`
		Of    *condOf  `parser:"| @@"`
		Name  string   `parser:"| @Name )"`
	}
	condOf struct {
		Count string `parser:"@( '1' | 'any' | 'all' ) 'of'"`
		Names string `parser:"@( 'them' | Name | Glob )"`
	}
)

var conditions = sync.OnceValue(func() *participle.Parser[condOr] {
	def := lexer.MustSimple([]lexer.SimpleRule{
		{Name: "space", Pattern: `\s+`},
		{Name: "Glob", Pattern: `[\w.-]*\*[\w.*-]*`},
		{Name: "Name", Pattern: `[\w.-]+`},
		{Name: "Punct", Pattern: `[()]`},
		{Name: "Keyword", Pattern: `$^`},
	})
	keyword := def.Symbols()["Keyword"]
	words := map[string]bool{"and": true, "or": true, "not": true, "of": true, "them": true, "all": true, "any": true, "1": true}
	return participle.MustBuild[condOr](
		participle.Lexer(def),
		participle.Elide("space"),
		participle.UseLookahead(2),
		participle.Map(func(t lexer.Token) (lexer.Token, error) {
			if w := strings.ToLower(t.Value); words[w] {
				t.Type, t.Value = keyword, w
			}
			return t, nil
		}, "Name"),
	)
})

// A selection is one named part of a detection.
type selection struct {
	name string
	expr *query.Expr
}

// compileCondition makes one predicate of the selections.
func compileCondition(src string, selections []selection) (*query.Expr, error) {
	if len(src) > 4<<10 || strings.Count(src, "(") > maxNesting {
		return nil, fmt.Errorf("condition of %d characters is too long or too deep", len(src))
	}
	if strings.Contains(src, "|") {
		return nil, fmt.Errorf("condition %q: aggregations after | are of an older Sigma; use a correlation", src)
	}
	tree, err := conditions().ParseString("", src)
	if err != nil {
		return nil, fmt.Errorf("condition %q: %w", src, err)
	}
	return tree.expr(selections)
}

func (c *condOr) expr(s []selection) (*query.Expr, error) {
	args := make([]*query.Expr, len(c.Terms))
	for i, t := range c.Terms {
		var err error
		if args[i], err = t.expr(s); err != nil {
			return nil, err
		}
	}
	return oneOr(query.Any, args), nil
}

func (c *condAnd) expr(s []selection) (*query.Expr, error) {
	args := make([]*query.Expr, len(c.Terms))
	for i, t := range c.Terms {
		var err error
		if args[i], err = t.expr(s); err != nil {
			return nil, err
		}
	}
	return oneOr(query.All, args), nil
}

// oneOr is the only argument itself, or all of them joined.
func oneOr(join func(...*query.Expr) *query.Expr, args []*query.Expr) *query.Expr {
	if len(args) == 1 {
		return args[0]
	}
	return join(args...)
}

func (c *condNot) expr(s []selection) (*query.Expr, error) {
	e, err := c.inner(s)
	if err == nil && len(c.Nots)%2 == 1 {
		e = query.Negate(e)
	}
	return e, err
}

func (c *condNot) inner(s []selection) (*query.Expr, error) {
	switch {
	case c.Group != nil:
		return c.Group.expr(s)
	case c.Of != nil:
		return c.Of.expr(s)
	}
	i := slices.IndexFunc(s, func(sel selection) bool { return sel.name == c.Name })
	if i < 0 {
		return nil, fmt.Errorf("condition names %q, which the detection does not have", c.Name)
	}
	return s[i].expr, nil
}

// expr is "1 of x*" or "all of x*". "them" is every selection whose name does
// not start with an underscore.
func (c *condOf) expr(s []selection) (*query.Expr, error) {
	var args []*query.Expr
	for _, sel := range s {
		if c.Names == "them" && !strings.HasPrefix(sel.name, "_") || c.Names != "them" && nameMatches(c.Names, sel.name) {
			args = append(args, sel.expr)
		}
	}
	if len(args) == 0 {
		return nil, fmt.Errorf("condition: no selection is named like %q", c.Names)
	}
	if c.Count == "all" {
		return oneOr(query.All, args), nil
	}
	return oneOr(query.Any, args), nil
}

func nameMatches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}
