package account

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A constraint is what a parameter of a name must satisfy in every operation
// that has it.
//
// Source: the parameters' constraints in the IAM, STS and CloudTrail API
// references.
type constraint struct {
	min, max int            // length of a string, or value of a number
	form     *regexp.Regexp // nil for any
	says     string         // instead of the general sentence about the form
}

const nameRule = "It must contain only alphanumeric characters and/or the following: +=,.@_-"

var (
	nameForm  = regexp.MustCompile(`^[\w+=,.@-]+$`)
	wordForm  = regexp.MustCompile(`^\w+$`)
	pathForm  = regexp.MustCompile(`^(/|/[\x21-\x7E]+/)$`)
	aliasForm = regexp.MustCompile(`^[a-z0-9](([a-z0-9]|-)*[a-z0-9])?$`)
	arnForm   = regexp.MustCompile(`^arn:[\w-]+:[\w-]+:[\w-]*:(\d{12}|aws)?:.+$`)
)

func constraints() map[string]constraint {
	return map[string]constraint{
		"UserName":                 {1, 64, nameForm, nameRule},
		"NewUserName":              {1, 64, nameForm, nameRule},
		"RoleName":                 {1, 64, nameForm, nameRule},
		"GroupName":                {1, 128, nameForm, nameRule},
		"PolicyName":               {1, 128, nameForm, nameRule},
		"InstanceProfileName":      {1, 128, nameForm, nameRule},
		"Path":                     {1, 512, pathForm, "It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		"NewPath":                  {1, 512, pathForm, "It must begin and end with / and contain only alphanumeric characters and/or / characters."},
		"PathPrefix":               {1, 512, nil, ""},
		"PolicyDocument":           {1, 131072, nil, ""},
		"AssumeRolePolicyDocument": {1, 131072, nil, ""},
		"PolicyArn":                {20, 2048, nil, ""},
		"PermissionsBoundary":      {20, 2048, nil, ""},
		"RoleArn":                  {20, 2048, nil, ""},
		"RoleSessionName":          {2, 64, nameForm, ""},
		"SourceIdentity":           {2, 64, nameForm, ""},
		"ExternalId":               {2, 1224, nil, ""},
		"AccessKeyId":              {16, 128, wordForm, ""},
		"Password":                 {1, 128, nil, ""},
		"Description":              {0, 1000, nil, ""},
		"AccountAlias":             {3, 63, aliasForm, "It must contain only digits, lowercase letters, and hyphens (-), but cannot begin or end with a hyphen."},
		"MaxItems":                 {1, 1000, nil, ""},
		"MaxSessionDuration":       {3600, 43200, nil, ""},
		"DurationSeconds":          {900, 129600, nil, ""},
	}
}

// checkParameters turns away a request that lacks a parameter or breaks a
// constraint, before anything is looked up.
func checkParameters(o operation, input any) error {
	v := reflect.ValueOf(input)
	if o.input == nil || v.Kind() != reflect.Pointer {
		return nil
	}
	v = v.Elem()
	for _, name := range o.required {
		if f := v.FieldByName(name); isUnset(f) {
			return violation("Value null at '%s' failed to satisfy constraint: Member must not be null", camel(name))
		}
	}
	rules := constraints()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		rule, ok := rules[name]
		if f := v.Field(i); ok && !isUnset(f) {
			if err := rule.check(camel(name), f); err != nil {
				return err
			}
		}
	}
	return nil
}

func isUnset(f reflect.Value) bool {
	switch f.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return f.IsNil()
	case reflect.String:
		return f.String() == ""
	}
	return false
}

func (r constraint) check(name string, f reflect.Value) error {
	if f.Kind() == reflect.Pointer {
		f = f.Elem()
	}
	switch f.Kind() {
	case reflect.Int32, reflect.Int64:
		return r.checkNumber(name, f.Int())
	case reflect.String:
		return r.checkText(name, f.String())
	}
	return nil
}

func (r constraint) checkNumber(name string, n int64) error {
	switch {
	case n < int64(r.min):
		return violation("Value '%d' at '%s' failed to satisfy constraint: Member must have value greater than or equal to %d", n, name, r.min)
	case n > int64(r.max):
		return violation("Value '%d' at '%s' failed to satisfy constraint: Member must have value less than or equal to %d", n, name, r.max)
	}
	return nil
}

func (r constraint) checkText(name, s string) error {
	n := utf8.RuneCountInString(s)
	switch {
	case n < r.min:
		return violation("Value '%s' at '%s' failed to satisfy constraint: Member must have length greater than or equal to %d", s, name, r.min)
	case n > r.max:
		return violation("Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", s, name, r.max)
	case r.form == nil || r.form.MatchString(s):
		return nil
	case r.says != "":
		return validation("The specified value for %s is invalid. %s", name, r.says)
	}
	return violation("Value '%s' at '%s' failed to satisfy constraint: Member must satisfy regular expression pattern: %s",
		s, name, strings.Trim(r.form.String(), "^$"))
}

func violation(format string, args ...any) error {
	return validation("1 validation error detected: %s", fmt.Sprintf(format, args...))
}

// camel is a parameter's name as CloudTrail and error messages write it.
func camel(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[size:]
}
