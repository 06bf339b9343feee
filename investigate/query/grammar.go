package query

import (
	"strings"
	"sync"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"
)

// Limits on what is parsed. Logs Insights itself takes 10,000 characters; the
// nesting keeps a recursive parser far from the end of its stack.
const (
	maxLength  = 64 << 10
	maxNesting = 100
)

// tokens are tried in this order at each place of the source. A field's name
// has letters, digits, @, _ and dots; any other character needs backticks
// ("fields" in the Logs Insights guide). An index is ".0" or "[0]".
var tokens = []lexer.SimpleRule{
	{Name: "space", Pattern: `[\s]+`},
	{Name: "comment", Pattern: `#[^\n]*`},
	{Name: "Number", Pattern: `[-+]?\d+(\.\d+)?([eE][-+]?\d+)?\b`},
	{Name: "Path", Pattern: "(@?[A-Za-z_]\\w*|`[^`\\n]+`)(\\.(@?\\w+|`[^`\\n]+`)|\\[\\d+\\])*"},
	{Name: "String", Pattern: `"(\\.|[^"\\])*"|'(\\.|[^'\\])*'`},
	{Name: "Regex", Pattern: `/(\\.|[^/\\\n])*/`},
	{Name: "Compare", Pattern: `!=|<=|>=|=~|=|<|>`},
	{Name: "Punct", Pattern: `[()\[\],]`},
	// Keyword never comes from the text itself: keyword() makes it of a Path.
	{Name: "Keyword", Pattern: `$^`},
}

// The grammar, loosest binding first: "or", then "and", then "not".
type (
	disjunction struct {
		Terms []*conjunction `parser:"@@ ( 'or' @@ )*"`
	}
	conjunction struct {
		Terms []*negation `parser:"@@ ( 'and' @@ )*"`
	}
	negation struct {
		Nots  []string     `parser:"@'not'*"`
		Group *disjunction `parser:"( '(' @@ ')'"`
		Test  *test        `parser:"| @@ )"`
	}
	test struct {
		Pos     lexer.Position
		Left    *operand `parser:"@@"`
		Compare string   `parser:"( ( @( '=' | '!=' | '<=' | '>=' | '<' | '>' )"`
		Right   *operand `parser:"    @@ )"`
		Not     bool     `parser:"| @'not'?"`
		In      *list    `parser:"  ( 'in' @@"`
		Like    *pattern `parser:"  | ( 'like' | '=~' ) @@ ) )?"`
	}
	list struct {
		Items []*operand `parser:"'[' ( @@ ( ',' @@ )* )? ']'"`
	}
	pattern struct {
		Pos    lexer.Position
		String *string `parser:"  @String"`
		Regex  *string `parser:"| @Regex"`
	}
	operand struct {
		Pos    lexer.Position
		Call   *call   `parser:"  @@"`
		Path   *string `parser:"| @Path"`
		Number *string `parser:"| @Number"`
		String *string `parser:"| @String"`
	}
	call struct {
		Name string     `parser:"@Path '('"`
		Args []*operand `parser:"( @@ ( ',' @@ )* )? ')'"`
	}
)

// A language is what the grammar above compiles to. It is built on first use
// and never changed.
type language struct {
	parser *participle.Parser[disjunction]
	kinds  map[lexer.TokenType]string
}

var insights = sync.OnceValue(func() language {
	def := lexer.MustSimple(tokens)
	keyword := def.Symbols()["Keyword"]
	parser := participle.MustBuild[disjunction](
		participle.Lexer(def),
		participle.Elide("space", "comment"),
		participle.UseLookahead(2),
		participle.Map(func(t lexer.Token) (lexer.Token, error) {
			if word := strings.ToLower(t.Value); keywords[word] {
				t.Type, t.Value = keyword, word
			}
			return t, nil
		}, "Path"),
	)
	return language{parser: parser, kinds: lexer.SymbolsByRune(def)}
})

// keywords are not field names unless in backticks. Case does not matter.
var keywords = map[string]bool{"and": true, "or": true, "not": true, "in": true, "like": true}
