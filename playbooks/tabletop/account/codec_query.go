package account

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"time"
)

// The AWS Query protocol: a request is a form whose keys spell the path to a
// member ("Tags.member.1.Key"), a response is XML.
//
// Source: "AWS Query protocol", Smithy 2.0 specification.

// maxMembers bounds a list in a request, far above any that IAM accepts.
const maxMembers = 1000

// A form is a request's parameters, and the path to each.
type form struct {
	values url.Values
	paths  map[string]bool
}

func newForm(values url.Values) form {
	paths := make(map[string]bool, len(values))
	for key := range values {
		for i, r := range key {
			if r == '.' {
				paths[key[:i]] = true
			}
		}
		paths[key] = true
	}
	return form{values, paths}
}

// decodeQuery fills the struct that into points to from a form.
func decodeQuery(values url.Values, into reflect.Value) error {
	return newForm(values).decodeStruct(into.Elem(), "")
}

func (f form) decodeStruct(v reflect.Value, prefix string) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		if path := prefix + field.Name; f.paths[path] {
			if err := f.decode(v.Field(i), path); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f form) decode(v reflect.Value, path string) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return f.decode(v.Elem(), path)
	case reflect.Slice:
		return f.decodeList(v, path)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return decodeTime(v, path, f.values.Get(path))
		}
		return f.decodeStruct(v, path+".")
	default:
		return decodeScalar(v, path, f.values.Get(path))
	}
}

func (f form) decodeList(v reflect.Value, path string) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for i := 1; i <= maxMembers; i++ {
		member := path + ".member." + strconv.Itoa(i)
		if !f.paths[member] {
			return nil
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if err := f.decode(item, member); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item))
	}
	return malformedInput(path)
}

func decodeTime(v reflect.Value, path, s string) error {
	t, ok := parseDate(s)
	if !ok {
		return malformedInput(path)
	}
	v.Set(reflect.ValueOf(t))
	return nil
}

func decodeScalar(v reflect.Value, path, s string) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return malformedInput(path)
		}
		v.SetBool(b)
	case reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		if err != nil {
			return malformedInput(path)
		}
		v.SetInt(n)
	default:
		return malformedInput(path)
	}
	return nil
}

func malformedInput(path string) error {
	return refused(http.StatusBadRequest, "MalformedInput", "Could not parse the value of %s", path)
}

// namespace returns the XML namespace of each service's responses.
func namespace(service string) string {
	return map[string]string{
		"iam": "https://iam.amazonaws.com/doc/2010-05-08/",
		"sts": "https://sts.amazonaws.com/doc/2011-06-15/",
	}[service]
}

// encodeQuery writes the response to an operation.
func encodeQuery(service, operation, requestID string, output any) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<%sResponse xmlns="%s">`, operation, namespace(service))
	v := reflect.ValueOf(output).Elem()
	if hasMembers(v.Type()) {
		tag := operation + "Result"
		b.WriteString("<" + tag + ">")
		encodeStruct(&b, v, true)
		b.WriteString("</" + tag + ">")
	}
	b.WriteString("<ResponseMetadata><RequestId>" + requestID + "</RequestId></ResponseMetadata>")
	fmt.Fprintf(&b, "</%sResponse>\n", operation)
	return b.Bytes()
}

// encodeQueryError writes an error response.
func encodeQueryError(service, requestID string, e *Error) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<ErrorResponse xmlns="%s"><Error><Type>`, namespace(service))
	if e.Status >= http.StatusInternalServerError {
		b.WriteString("Receiver")
	} else {
		b.WriteString("Sender")
	}
	b.WriteString("</Type>")
	element(&b, "Code", e.Code)
	element(&b, "Message", e.Message)
	b.WriteString("</Error>")
	element(&b, "RequestId", requestID)
	b.WriteString("</ErrorResponse>\n")
	return b.Bytes()
}

// hasMembers reports whether an output has anything but its metadata; an
// operation that returns nothing has no Result element.
func hasMembers(t reflect.Type) bool {
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Name != "ResultMetadata" {
			return true
		}
	}
	return false
}

// encodeStruct writes a struct's members. Lists at the top of a result are
// there even when empty, as AWS has them; further down only when set.
func encodeStruct(b *bytes.Buffer, v reflect.Value, top bool) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		value := v.Field(i)
		if value.Kind() == reflect.Slice && value.IsNil() && !top {
			continue
		}
		encodeElement(b, field.Name, value)
	}
}

func encodeElement(b *bytes.Buffer, name string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			encodeElement(b, name, v.Elem())
		}
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			element(b, name, t.UTC().Format(time.RFC3339))
			return
		}
		b.WriteString("<" + name + ">")
		encodeStruct(b, v, false)
		b.WriteString("</" + name + ">")
	case reflect.Slice:
		if content, ok := v.Interface().([]byte); ok {
			element(b, name, base64.StdEncoding.EncodeToString(content))
			return
		}
		b.WriteString("<" + name + ">")
		for i := range v.Len() {
			encodeElement(b, "member", v.Index(i))
		}
		b.WriteString("</" + name + ">")
	case reflect.Map:
		encodeMap(b, name, v)
	case reflect.String:
		// An enumeration with no value is one that AWS leaves out.
		if v.Type() == reflect.TypeFor[string]() || v.String() != "" {
			element(b, name, v.String())
		}
	default:
		element(b, name, fmt.Sprint(v.Interface()))
	}
}

func encodeMap(b *bytes.Buffer, name string, v reflect.Value) {
	b.WriteString("<" + name + ">")
	keys := v.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	for _, key := range keys {
		b.WriteString("<entry>")
		element(b, "key", key.String())
		encodeElement(b, "value", v.MapIndex(key))
		b.WriteString("</entry>")
	}
	b.WriteString("</" + name + ">")
}

func element(b *bytes.Buffer, name, text string) {
	b.WriteString("<" + name + ">")
	// Writing to a buffer does not fail; what XML cannot carry is replaced.
	_ = xml.EscapeText(b, []byte(strings.ToValidUTF8(text, "�")))
	b.WriteString("</" + name + ">")
}
