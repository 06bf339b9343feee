package account

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"reflect"
	"time"
)

// AWS JSON 1.1: the operation is named in the header X-Amz-Target, the body is
// a JSON object, and times are seconds since 1970.
//
// Source: "AWS JSON 1.1 protocol", Smithy 2.0 specification.

func serialization(format string, args ...any) error {
	return refused(http.StatusBadRequest, "SerializationException", format, args...)
}

// decodeJSON fills the struct that into points to from a body.
func decodeJSON(body []byte, into reflect.Value) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return serialization("The request body is not valid JSON.")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return serialization("The request body has more than one JSON value.")
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return serialization("The request body is not a JSON object.")
	}
	return fromObject(into.Elem(), fields)
}

func fromObject(v reflect.Value, fields map[string]any) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		value, ok := fields[field.Name]
		if !field.IsExported() || field.Name == "ResultMetadata" || !ok || value == nil {
			continue
		}
		if err := fromJSON(v.Field(i), value, field.Name); err != nil {
			return err
		}
	}
	return nil
}

func fromJSON(v reflect.Value, value any, name string) error {
	wrong := func() error { return serialization("The value of %s has the wrong type.", name) }
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fromJSON(v.Elem(), value, name)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			t, ok := epoch(value)
			if !ok {
				return wrong()
			}
			v.Set(reflect.ValueOf(t))
			return nil
		}
		fields, ok := value.(map[string]any)
		if !ok {
			return wrong()
		}
		return fromObject(v, fields)
	case reflect.Slice:
		list, ok := value.([]any)
		if !ok {
			return wrong()
		}
		v.Set(reflect.MakeSlice(v.Type(), len(list), len(list)))
		for i, item := range list {
			if item == nil {
				return wrong()
			}
			if err := fromJSON(v.Index(i), item, name); err != nil {
				return err
			}
		}
		return nil
	case reflect.String:
		s, ok := value.(string)
		if !ok {
			return wrong()
		}
		v.SetString(s)
		return nil
	case reflect.Bool:
		b, ok := value.(bool)
		if !ok {
			return wrong()
		}
		v.SetBool(b)
		return nil
	case reflect.Int32, reflect.Int64:
		number, ok := value.(json.Number)
		if !ok {
			return wrong()
		}
		n, err := number.Int64()
		if err != nil || v.OverflowInt(n) {
			return wrong()
		}
		v.SetInt(n)
		return nil
	}
	return wrong()
}

// maxEpoch is the last second of the year 9999, the last that RFC 3339 can
// write.
const maxEpoch = 253402300799

// epoch reads seconds since 1970, with or without a fraction.
func epoch(value any) (time.Time, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	f, err := number.Float64()
	if err != nil || math.Abs(f) > maxEpoch {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e3))*1e6).UTC(), true
}

// encodeJSON writes a response: members that are not set are left out.
func encodeJSON(output any) ([]byte, error) {
	b, err := json.Marshal(toJSON(reflect.ValueOf(output)))
	if err != nil {
		return nil, fmt.Errorf("encoding the response: %w", err)
	}
	return b, nil
}

func toJSON(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return toJSON(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return json.Number(fmt.Sprintf("%d.%03d", t.Unix(), t.Nanosecond()/1e6))
		}
		fields := map[string]any{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			if value := toJSON(v.Field(i)); value != nil {
				fields[field.Name] = value
			}
		}
		return fields
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		if content, ok := v.Interface().([]byte); ok {
			return base64.StdEncoding.EncodeToString(content)
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = toJSON(v.Index(i))
		}
		return list
	case reflect.String:
		if v.Type() != reflect.TypeFor[string]() && v.String() == "" {
			return nil
		}
		return v.String()
	}
	return v.Interface()
}

// encodeJSONError writes an error response.
func encodeJSONError(e *Error) []byte {
	// A struct of two strings always encodes.
	b, _ := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.Code, e.Message})
	return b
}
