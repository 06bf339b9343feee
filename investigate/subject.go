package investigate

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

const (
	maxSubjects = 3   // names in one subject
	maxSubject  = 200 // bytes of one name
)

// naming lists the request parameters that name what a call is about, the most
// telling first. Source: the request parameters of each API in the AWS SDK for
// Go v2, in the spelling of CloudTrail, and of real records.
var naming = []string{
	"policyArn", "policyName", "userName", "roleName", "groupName", "instanceProfileName",
	"roleArn", "name", "trailName", "bucketName", "secretId", "functionName", "detectorId",
	"keyId", "instanceId", "snapshotId", "imageId", "groupId", "dBSnapshotIdentifier",
	"dBInstanceIdentifier", "logGroupName", "topicArn", "queueUrl", "modelId", "documentName",
	"accessKeyId", "serialNumber", "tableName", "stackName", "target", "samlProviderArn", "openIDConnectProviderArn", "accountId", "identityId", "email",
}

// subject names what a call was about, from its request's parameters:
// "AdministratorAccess, backdoor". Of an ARN it takes the last name.
func subject(parameters []byte) string {
	if len(parameters) == 0 || parameters[0] != '{' {
		return ""
	}
	s := skimmer{b: parameters}
	found := map[string]string{}
	s.texts(func(name, token []byte) {
		found[string(name)] = decodeText(token)
	})
	var names []string
	for _, n := range naming {
		if text := found[n]; text != "" && len(names) < maxSubjects {
			names = append(names, shorten(text))
		}
	}
	return strings.Join(names, ", ")
}

// texts visits the members of an object whose values are texts.
func (s *skimmer) texts(visit func(name, token []byte)) {
	if !s.take('{') || s.take('}') {
		return
	}
	for {
		name := s.name()
		if name == nil || !s.take(':') {
			return
		}
		s.space()
		start, c := s.i, s.peek()
		s.skip()
		if c == '"' && !s.out.odd {
			visit(name, s.b[start:s.i])
		}
		if s.out.odd || !s.take(',') {
			return
		}
	}
}

func decodeText(token []byte) string {
	var text string
	if err := json.Unmarshal(token, &text); err != nil {
		return ""
	}
	return text
}

func shorten(name string) string {
	if strings.HasPrefix(name, "arn:") {
		name = name[strings.LastIndexAny(name, ":/")+1:]
	}
	if len(name) > maxSubject {
		name = strings.ToValidUTF8(name[:maxSubject], "")
	}
	if !utf8.ValidString(name) {
		return ""
	}
	return name
}

// parameter is one text of a request's parameters; empty if there is none.
func parameter(parameters []byte, name string) string {
	var found string
	s := skimmer{b: parameters}
	s.texts(func(n, token []byte) {
		if string(n) == name {
			found = decodeText(token)
		}
	})
	return found
}
