// Package generate makes CloudTrail records that look like an ordinary busy
// account's, for benchmarks and for tests that need many events. The same seed
// gives the same records. Nothing in it is taken from anyone's log.
//
// The records are about 1.4 KB each; seven in ten repeat the identity of the one
// before, one in twenty-five failed, and every few thousand is a change of
// permissions such as both administrators and intruders make.
package generate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Account is the account whose log it is.
const Account = "210987654321"

// Records makes n records, a day of them that begins at start, oldest first.
func Records(seed uint64, n int, start time.Time) [][]byte {
	g := generator{rand: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // records are to be the same each time
	for i := range 1000 {
		g.identities = append(g.identities, g.identity(i))
	}
	records := make([][]byte, n)
	for i := range records {
		at := start.Add(time.Duration(float64(i) / float64(n) * float64(24*time.Hour)))
		records[i] = g.record(at)
	}
	return records
}

type generator struct {
	rand       *rand.Rand
	identities []caller
	last       int
}

// A caller is one use of a principal.
type caller struct {
	identity map[string]any
	agent    string
	ip       string
}

var agents = []string{
	"aws-cli/2.17.18 md/awscrt#0.20.11 ua/2.0 os/linux#5.15.0 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard",
	"Boto3/1.34.144 md/Botocore#1.34.144 ua/2.0 os/linux#6.1.94-99.176.amzn2023.x86_64 md/arch#x86_64 lang/python#3.12.4",
	"APN/1.0 HashiCorp/1.0 Terraform/1.9.2 (+https://www.terraform.io) terraform-provider-aws/5.58.0 (+https://registry.terraform.io/providers/hashicorp/aws)",
	"aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.171.0",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
}

var regions = []string{"us-east-1", "us-east-1", "us-east-1", "eu-west-1", "us-west-2", "ap-southeast-2"}

// An operation is one kind of call; share is how often, in a hundred thousand.
type operation struct {
	service, name string
	readOnly      bool
	share         int
	parameters    func(r *rand.Rand) map[string]any
}

var operations = []operation{
	{"sts", "AssumeRole", true, 16000, func(r *rand.Rand) map[string]any {
		return map[string]any{"roleArn": fmt.Sprintf("arn:aws:iam::%s:role/service-%d", Account, r.IntN(600)), "roleSessionName": fmt.Sprintf("session-%d", r.IntN(40))}
	}},
	{"ec2", "DescribeInstances", true, 14000, func(r *rand.Rand) map[string]any {
		return map[string]any{"instancesSet": map[string]any{}, "filterSet": map[string]any{"items": []any{map[string]any{"name": "tag:team", "valueSet": map[string]any{"items": []any{map[string]any{"value": fmt.Sprintf("team-%d", r.IntN(30))}}}}}}}
	}},
	{"s3", "GetBucketLocation", true, 12000, func(r *rand.Rand) map[string]any {
		return map[string]any{"bucketName": fmt.Sprintf("data-%d", r.IntN(300)), "Host": "s3.amazonaws.com"}
	}},
	{"kms", "Decrypt", true, 11000, func(r *rand.Rand) map[string]any {
		return map[string]any{"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": map[string]any{"aws:s3:arn": fmt.Sprintf("arn:aws:s3:::data-%d", r.IntN(300))}}
	}},
	{"sts", "GetCallerIdentity", true, 9000, nil},
	{"logs", "DescribeLogStreams", true, 9000, func(r *rand.Rand) map[string]any {
		return map[string]any{"logGroupName": fmt.Sprintf("/app/%d", r.IntN(100)), "descending": true}
	}},
	{"ssm", "UpdateInstanceInformation", false, 9000, func(r *rand.Rand) map[string]any {
		return map[string]any{"instanceId": fmt.Sprintf("i-%017x", r.IntN(500)), "agentVersion": "3.3.551.0", "platformName": "Amazon Linux"}
	}},
	{"dynamodb", "DescribeTable", true, 8000, func(r *rand.Rand) map[string]any {
		return map[string]any{"tableName": fmt.Sprintf("orders-%d", r.IntN(50))}
	}},
	{"iam", "GetRole", true, 6000, func(r *rand.Rand) map[string]any {
		return map[string]any{"roleName": fmt.Sprintf("service-%d", r.IntN(600))}
	}},
	{"secretsmanager", "GetSecretValue", true, 3000, func(r *rand.Rand) map[string]any {
		return map[string]any{"secretId": fmt.Sprintf("prod/db-%d", r.IntN(60))}
	}},
	{"iam", "ListUsers", true, 1500, nil},
	{"s3", "ListBuckets", true, 1200, nil},
	{"iam", "CreateRole", false, 100, func(r *rand.Rand) map[string]any {
		return map[string]any{"roleName": fmt.Sprintf("service-%d", r.IntN(600)), "assumeRolePolicyDocument": `{"Version":"2012-10-17"}`}
	}},
	{"iam", "CreateAccessKey", false, 80, func(r *rand.Rand) map[string]any {
		return map[string]any{"userName": fmt.Sprintf("person-%d", r.IntN(300))}
	}},
	{"iam", "AttachRolePolicy", false, 80, func(r *rand.Rand) map[string]any {
		return map[string]any{"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "roleName": fmt.Sprintf("service-%d", r.IntN(600))}
	}},
	{"iam", "CreateUser", false, 40, func(r *rand.Rand) map[string]any {
		return map[string]any{"userName": fmt.Sprintf("person-%d", r.IntN(300))}
	}},
}

// identity makes the i-th caller: one in three a user, the others role sessions.
func (g *generator) identity(i int) caller {
	c := caller{
		agent: agents[g.rand.IntN(len(agents))],
		ip:    fmt.Sprintf("198.51.%d.%d", 100+g.rand.IntN(4), 1+g.rand.IntN(250)),
	}
	if i%3 == 0 {
		name := fmt.Sprintf("person-%d", i/3)
		c.identity = map[string]any{
			"type": "IAMUser", "principalId": g.unique("AIDA"), "accountId": Account, "accessKeyId": g.unique("AKIA"),
			"arn": "arn:aws:iam::" + Account + ":user/" + name, "userName": name,
		}
		return c
	}
	role, id := fmt.Sprintf("service-%d", i*2/3), g.unique("AROA")
	c.identity = map[string]any{
		"type": "AssumedRole", "principalId": id + ":" + role + "-session", "accountId": Account, "accessKeyId": g.unique("ASIA"),
		"arn": "arn:aws:sts::" + Account + ":assumed-role/" + role + "/" + role + "-session",
		"sessionContext": map[string]any{
			"sessionIssuer": map[string]any{
				"type": "Role", "principalId": id, "arn": "arn:aws:iam::" + Account + ":role/app/" + role,
				"accountId": Account, "userName": role,
			},
			"attributes": map[string]any{"creationDate": "2024-05-01T00:00:00Z", "mfaAuthenticated": "false"},
		},
	}
	return c
}

func (g *generator) unique(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	id := []byte(prefix)
	for range 16 {
		id = append(id, letters[g.rand.IntN(len(letters))])
	}
	return string(id)
}

func (g *generator) operation() operation {
	total := 0
	for _, o := range operations {
		total += o.share
	}
	n := g.rand.IntN(total)
	for _, o := range operations {
		if n -= o.share; n < 0 {
			return o
		}
	}
	return operations[0]
}

func (g *generator) record(at time.Time) []byte {
	if g.rand.IntN(10) >= 7 {
		// A few callers make most of the calls.
		g.last = int(float64(len(g.identities)) * g.rand.Float64() * g.rand.Float64())
	}
	c, o := g.identities[g.last], g.operation()
	record := map[string]any{
		"eventVersion": "1.09", "userIdentity": c.identity, "eventTime": at.UTC().Format(time.RFC3339),
		"eventSource": o.service + ".amazonaws.com", "eventName": o.name, "awsRegion": regions[g.rand.IntN(len(regions))],
		"sourceIPAddress": c.ip, "userAgent": c.agent, "requestParameters": nil, "responseElements": nil,
		"requestID": g.uuid(), "eventID": g.uuid(), "readOnly": o.readOnly, "eventType": "AwsApiCall",
		"managementEvent": true, "recipientAccountId": Account, "eventCategory": "Management",
		"tlsDetails": map[string]any{
			"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": o.service + ".us-east-1.amazonaws.com",
		},
	}
	record["additionalEventData"] = map[string]any{
		"SignatureVersion": "SigV4", "CipherSuite": "ECDHE-RSA-AES128-GCM-SHA256", "AuthenticationMethod": "AuthHeader",
		"x-amz-id-2": g.unique("") + g.unique("") + g.unique(""), "bytesTransferredIn": 0, "bytesTransferredOut": g.rand.IntN(5000),
	}
	if o.parameters != nil {
		record["requestParameters"] = o.parameters(g.rand)
	}
	switch g.rand.IntN(100) {
	case 0, 1:
		record["errorCode"] = "AccessDenied"
		record["errorMessage"] = fmt.Sprintf("User: %s is not authorized to perform: %s:%s", c.identity["arn"], o.service, o.name)
	case 2, 3:
		record["errorCode"] = "ThrottlingException"
		record["errorMessage"] = "Rate exceeded"
	}
	raw, err := json.Marshal(record)
	if err != nil {
		panic("generate: a record of texts does not marshal: " + err.Error())
	}
	return raw
}

func (g *generator) uuid() string {
	a, b := g.rand.Uint64(), g.rand.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
}
