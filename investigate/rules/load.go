package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"cordon/investigate/event"
)

// Load reads every .yml and .yaml file of a folder tree. A rule, or a file, that
// cannot be used is a Problem, and the rest go on. The error is for a tree that
// cannot be read at all.
func Load(fsys fs.FS) (*Set, []Problem, error) {
	l := loader{byID: make(map[string]*Rule)}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if name == "." {
				return err
			}
			l.problem(Problem{File: name, Reason: err.Error()})
			return nil
		}
		if ext := path.Ext(name); d.IsDir() || ext != ".yml" && ext != ".yaml" {
			return nil
		}
		l.file(fsys, name)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("reading rules: %w", err)
	}
	l.link()
	return newSet(l.rules), l.problems, nil
}

// A loader gathers the rules of one tree.
type loader struct {
	rules    []*Rule
	byID     map[string]*Rule
	problems []Problem
}

func (l *loader) problem(p Problem) { l.problems = append(l.problems, p) }

func (l *loader) file(fsys fs.FS, name string) {
	src, err := readFile(fsys, name)
	if err != nil {
		l.problem(Problem{File: name, Reason: err.Error()})
		return
	}
	docs, err := parseYAML(src)
	if err != nil {
		l.problem(problemOf(&Rule{File: name}, err))
		return
	}
	for i, doc := range docs {
		r, err := compileRule(doc)
		r.File = name
		if r.ID == "" {
			r.ID = fmt.Sprintf("%s#%d", name, i+1)
		}
		if err == nil && l.byID[r.ID] != nil {
			err = fmt.Errorf("the id %s is that of a rule in %s", r.ID, l.byID[r.ID].File)
		}
		if err != nil {
			l.problem(problemOf(r, err))
			continue
		}
		l.byID[r.ID] = r
		l.rules = append(l.rules, r)
	}
}

// readFile reads no more of a file than is parsed.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("reading rule: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("the file has %d bytes; at most %d are read", info.Size(), maxFile)
	}
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("reading rule: %w", err)
	}
	return src, nil
}

// errOtherLogs is for a rule that is not about CloudTrail.
var errOtherLogs = errors.New("not a rule for CloudTrail")

func problemOf(r *Rule, err error) Problem {
	p := Problem{File: r.File, Line: r.Line, Rule: r.Title, Reason: err.Error(), Skipped: errors.Is(err, errOtherLogs)}
	if p.Rule == "" && r.Name != "" {
		p.Rule = r.Name
	}
	var le *lineError
	if errors.As(err, &le) && le.line > 0 {
		p.Line = le.line
	}
	return p
}

// compileRule makes a rule of a document. The rule is never nil, so that what is
// wrong can be told with the rule's title.
func compileRule(doc ast.Node) (*Rule, error) {
	r := &Rule{Line: lineOf(doc), Level: event.Medium}
	fields, err := entries(doc)
	if err != nil {
		return r, at(lineOf(doc), fmt.Errorf("not a Sigma rule: %w", err))
	}
	if len(fields) > 0 {
		r.Line = fields[0].line
	}
	for _, f := range fields {
		if read, ok := attributes[f.key]; ok {
			if err := read(r, f.value); err != nil {
				return r, at(f.line, fmt.Errorf("%s: %w", f.key, err))
			}
		}
	}
	if r.Title == "" {
		return r, at(r.Line, errors.New("a rule needs a title"))
	}
	return r, r.compile(fields)
}

func (r *Rule) compile(fields []entry) error {
	find := func(key string) (entry, bool) {
		i := slices.IndexFunc(fields, func(f entry) bool { return f.key == key })
		if i < 0 {
			return entry{}, false
		}
		return fields[i], true
	}
	if c, ok := find("correlation"); ok {
		var err error
		r.Correlation, err = compileCorrelation(c.value)
		return at(c.line, err)
	}
	source, ok := find("logsource")
	if !ok {
		return at(r.Line, errors.New("a rule needs a logsource"))
	}
	if err := checkLogsource(source.value); err != nil {
		return at(source.line, err)
	}
	detection, ok := find("detection")
	if !ok {
		return at(r.Line, errors.New("a rule needs a detection"))
	}
	var err error
	r.Expr, err = compileDetection(detection.value)
	return at(detection.line, err)
}

func checkLogsource(n ast.Node) error {
	fields, err := entries(n)
	if err != nil {
		return fmt.Errorf("logsource: %w", err)
	}
	got := make(map[string]string)
	for _, f := range fields {
		if got[f.key], err = scalarText(f.value); err != nil {
			return fmt.Errorf("logsource: %w", err)
		}
	}
	if got["product"] == "aws" && (got["service"] == "cloudtrail" || got["service"] == "") && got["category"] == "" {
		return nil
	}
	return fmt.Errorf("%w but for %s", errOtherLogs,
		strings.Join(strings.Fields(got["product"]+" "+got["service"]+" "+got["category"]), " "))
}

// attributes are the keys of a rule that describe it. Other keys are the
// detection's, or custom ones, which Sigma lets everyone add.
var attributes = map[string]func(*Rule, ast.Node) error{
	"title":          text(func(r *Rule) *string { return &r.Title }),
	"id":             text(func(r *Rule) *string { return &r.ID }),
	"name":           text(func(r *Rule) *string { return &r.Name }),
	"description":    text(func(r *Rule) *string { return &r.Description }),
	"status":         text(func(r *Rule) *string { return &r.Status }),
	"author":         text(func(r *Rule) *string { return &r.Author }),
	"date":           text(func(r *Rule) *string { return &r.Date }),
	"playbook":       text(func(r *Rule) *string { return &r.Playbook }),
	"references":     texts(func(r *Rule) *[]string { return &r.References }),
	"falsepositives": texts(func(r *Rule) *[]string { return &r.FalsePositives }),
	"level":          readLevel,
	"tags":           readTags,
}

func text(field func(*Rule) *string) func(*Rule, ast.Node) error {
	return func(r *Rule, n ast.Node) error {
		s, err := scalarText(n)
		*field(r) = strings.TrimSpace(s)
		return err
	}
}

func texts(field func(*Rule) *[]string) func(*Rule, ast.Node) error {
	return func(r *Rule, n ast.Node) error {
		for _, item := range items(n) {
			s, err := scalarText(item)
			if err != nil {
				return err
			}
			*field(r) = append(*field(r), s)
		}
		return nil
	}
}

func readLevel(r *Rule, n ast.Node) error {
	s, err := scalarText(n)
	if err != nil {
		return err
	}
	l := event.Level(strings.ToLower(s))
	switch l {
	case event.Informational, event.Low, event.Medium, event.High, event.Critical:
		r.Level = l
		return nil
	}
	return fmt.Errorf("unknown level %q", s)
}

var techniqueTag = regexp.MustCompile(`^attack\.(t\d{4}(\.\d{3})?)$`)

// readTags takes the ATT&CK tags: attack.t1098.003 is a technique, and what has
// no digits (attack.privilege-escalation) a tactic.
func readTags(r *Rule, n ast.Node) error {
	for _, item := range items(n) {
		tag, err := scalarText(item)
		if err != nil {
			return err
		}
		tag = strings.ToLower(tag)
		if m := techniqueTag.FindStringSubmatch(tag); m != nil {
			r.Attack = append(r.Attack, strings.ToUpper(m[1]))
		} else if name, ok := strings.CutPrefix(tag, "attack."); ok && !strings.ContainsAny(name, "0123456789") {
			r.Tactics = append(r.Tactics, strings.ReplaceAll(name, "_", "-"))
		}
	}
	return nil
}
