package account

import (
	"maps"
	"reflect"
	"slices"
	"time"
)

// The two ways in which CloudTrail writes times inside elements.
const (
	isoComma   = "Jan 2, 2006, 3:04:05 PM"
	isoNoComma = "Jan 2, 2006 3:04:05 PM"
)

// response is what a record says of a call's output: for calls that only read,
// nothing but the credentials they handed out.
func (o operation) response(output any) map[string]any {
	switch {
	case o.input == nil:
		fields, _ := output.(map[string]any)
		return fields
	case o.service == "sts" && o.name != "GetCallerIdentity" && o.name != "GetAccessKeyInfo":
		return elements(output, isoComma)
	case o.readOnly:
		return nil
	}
	return elements(output, isoNoComma)
}

// hidden are members that CloudTrail never writes.
//
// Source: "Logging IAM and AWS STS API calls with AWS CloudTrail", IAM user
// guide. A session token is written as it is.
func hidden(name string) bool {
	switch name {
	case "ResultMetadata", "SecretAccessKey", "Password", "OldPassword", "NewPassword", "TokenCode":
		return true
	}
	return false
}

// elements writes an input or output in CloudTrail's way: names begin in lower
// case, secrets are left out, and nothing at all is null.
func elements(v any, times string) map[string]any {
	if fields, ok := v.(map[string]any); ok {
		return fields
	}
	if v == nil {
		return nil
	}
	fields, _ := elementOf(reflect.ValueOf(v), times).(map[string]any)
	if len(fields) == 0 {
		return nil
	}
	return fields
}

func elementOf(v reflect.Value, times string) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return elementOf(v.Elem(), times)
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.UTC().Format(times)
		}
		fields := map[string]any{}
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || hidden(field.Name) {
				continue
			}
			if value := elementOf(v.Field(i), times); value != nil {
				fields[camel(field.Name)] = value
			}
		}
		return fields
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = elementOf(v.Index(i), times)
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

// resourceKinds names, for the event history, what a parameter refers to.
func resourceKinds() map[string]string {
	return map[string]string{ // #nosec G101 -- names of parameters
		"userName": "AWS::IAM::User", "roleName": "AWS::IAM::Role", "groupName": "AWS::IAM::Group",
		"policyArn": "AWS::IAM::Policy", "policyName": "AWS::IAM::Policy", "accessKeyId": "AWS::IAM::AccessKey",
		"roleArn": "AWS::IAM::Role", "newUserName": "AWS::IAM::User",
		"bucketName": "AWS::S3::Bucket", "secretId": "AWS::SecretsManager::Secret", "functionName": "AWS::Lambda::Function",
		"keyId": "AWS::KMS::Key", "instanceId": "AWS::EC2::Instance",
	}
}

// referred lists what a record refers to, as LookupEvents shows and finds it.
func referred(r record) []resource {
	var list []resource
	kinds := resourceKinds()
	seen := map[resource]bool{}
	var walk func(v any)
	walk = func(v any) {
		fields, ok := v.(map[string]any)
		if !ok {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			value := fields[name]
			text, isText := value.(string)
			kind, known := kinds[name]
			if found := (resource{kind, text}); isText && known && text != "" && !seen[found] {
				seen[found] = true
				list = append(list, found)
			}
			walk(value)
		}
	}
	walk(r.RequestParameters)
	walk(r.ResponseElements)
	return list
}
