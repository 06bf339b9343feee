package account_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"cordon/playbooks/tabletop/account"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A seeded account makes the same ids, keys and times each time.
func seeded(open bool) *account.Account {
	return account.New(account.Options{
		Region: "eu-west-1", Clock: noon, Rand: rand.NewChaCha8([32]byte{1}), Open: open,
	})
}

// TestRecordsAreAsCloudTrailWritesThem compares every shape of record with a
// golden file, which was read against CloudTrail's documentation and the
// records of DataDog's Stratus Red Team.
func TestRecordsAreAsCloudTrailWritesThem(t *testing.T) {
	ctx := t.Context()
	a := seeded(false)
	seed := func(input any) any {
		t.Helper()
		out, err := a.Seed(noon().Add(-24*time.Hour), input)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	seed(&iam.CreateUserInput{UserName: str("alice"), Path: str("/staff/")})
	seed(&iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("p"), PolicyDocument: str(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":["iam:DeleteUser","ec2:*"],"Resource":"*"}]}`)})
	seed(&iam.CreateRoleInput{RoleName: str("ops"), AssumeRolePolicyDocument: str(trustAll)})
	seed(&iam.CreateRoleInput{RoleName: str("web"), AssumeRolePolicyDocument: str(strings.Replace(trustAll, `"AWS":"arn:aws:iam::123456789012:root"`, `"Service":"ec2.amazonaws.com"`, 1))})
	if err := a.GiveAccessKey("alice", "AKIAIOSFODNN7EXAMPLE", "secret-secret-secret"); err != nil {
		t.Fatal(err)
	}
	do := func(c account.Call) any {
		t.Helper()
		if c.AccessKeyID == "" && c.ServicePrincipal == "" {
			c.AccessKeyID = "AKIAIOSFODNN7EXAMPLE"
		}
		c.SourceIP, c.UserAgent, c.At = "203.0.113.7", "aws-cli/2.9.19", noon()
		out, err := a.Do(ctx, c)
		if err != nil && code(t, err) == "" {
			t.Fatal(err)
		}
		return out
	}
	do(account.Call{Input: &sts.GetCallerIdentityInput{}})
	do(account.Call{Input: &iam.CreateUserInput{UserName: str("eve"), Tags: []types.Tag{{Key: str("k"), Value: str("v")}}}})
	do(account.Call{Input: &iam.CreateAccessKeyInput{UserName: str("eve")}})
	do(account.Call{Input: &iam.CreateLoginProfileInput{UserName: str("eve"), Password: str("Pa55word!"), PasswordResetRequired: true}})
	do(account.Call{Input: &iam.AttachUserPolicyInput{UserName: str("eve"), PolicyArn: str(adminPolicy)}})
	do(account.Call{Input: &iam.ListUsersInput{}})
	do(account.Call{Input: &iam.GetUserInput{UserName: str("nobody")}})
	do(account.Call{Input: &iam.DeleteUserInput{UserName: str("eve")}})
	opened, ok := do(account.Call{Input: &sts.AssumeRoleInput{RoleArn: str("arn:aws:iam::123456789012:role/ops"), RoleSessionName: str("night"), SourceIdentity: str("alice")}, MFA: true}).(*sts.AssumeRoleOutput)
	if !ok {
		t.Fatal("no session")
	}
	do(account.Call{AccessKeyID: *opened.Credentials.AccessKeyId, Service: "s3", Operation: "ListBuckets", Region: "us-east-1"})
	do(account.Call{Service: "s3", Operation: "GetObject", Input: map[string]any{"bucketName": "b", "key": "k"}})
	do(account.Call{Service: "ec2", Operation: "RunInstances", Resource: "arn:aws:ec2:eu-west-1:123456789012:instance/*", Input: map[string]any{"instanceType": "p4d.24xlarge"}})
	do(account.Call{Service: "secretsmanager", Operation: "GetSecretValue", Resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db", Input: map[string]any{"secretId": "db"}})
	do(account.Call{Service: "cloudtrail", Operation: "StopLogging", Input: map[string]any{"name": "main"}})
	do(account.Call{ServicePrincipal: "ec2.amazonaws.com", Input: &sts.AssumeRoleInput{RoleArn: str("arn:aws:iam::123456789012:role/web"), RoleSessionName: str("i-0abc")}, FromEC2: true})
	do(account.Call{AccessKeyID: a.Root().AccessKeyID, Input: &cloudtrail.LookupEventsInput{StartTime: new(noon())}})

	var b bytes.Buffer
	for _, raw := range a.Events() {
		if err := json.Indent(&b, raw, "", "  "); err != nil {
			t.Fatalf("not JSON: %v\n%s", err, raw)
		}
		b.WriteByte('\n')
	}
	golden(t, "records.golden", b.Bytes())
}

func golden(t testing.TB, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", path, diff)
	}
}

func TestOverHTTPTheRecordHasTheResponsesRequestIDAndTheConnectionsAddress(t *testing.T) {
	w := serve(t, account.Options{})
	out := must[*sts.GetCallerIdentityOutput](t)(w.sts(w.root).GetCallerIdentity(t.Context(), nil))
	requestID := requestIDOf(t, out.ResultMetadata)
	var r struct {
		RequestID string `json:"requestID"`
		SourceIP  string `json:"sourceIPAddress"`
		UserAgent string `json:"userAgent"`
	}
	if err := json.Unmarshal(w.Events()[0], &r); err != nil {
		t.Fatal(err)
	}
	if r.RequestID != requestID || r.SourceIP != "127.0.0.1" || !strings.HasPrefix(r.UserAgent, "aws-sdk-go-v2/") {
		t.Errorf("recorded %+v, the response said %s", r, requestID)
	}
}

func TestAnOpenAccountTakesStrangersForRoot(t *testing.T) {
	a := seeded(true)
	if _, err := a.Do(t.Context(), account.Call{AccessKeyID: "test", Input: &iam.CreateUserInput{UserName: str("alice")}}); err != nil {
		t.Fatal(err)
	}
	if got := string(a.Events()[0]); !strings.Contains(got, `"type":"Root"`) || !strings.Contains(got, `"accessKeyId":"test"`) {
		t.Errorf("recorded as %s", got)
	}
}
