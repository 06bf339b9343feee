package account_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"cordon/playbooks/tabletop/account"
)

// FuzzServeHTTP sends anything at all: with no valid signature to an account
// that checks it, and as root to an open one, where it reaches the handlers.
// Whatever comes, the answer is one of AWS's forms and never a crash.
func FuzzServeHTTP(f *testing.F) {
	const auth = "AWS4-HMAC-SHA256 Credential=test/20260314/us-east-1/iam/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"
	f.Add("POST", "", "Action=ListUsers&Version=2010-05-08", auth, "")
	f.Add("POST", "", "Action=CreateUser&Version=2010-05-08&UserName=a&Tags.member.1.Key=k&Tags.member.1.Value=v", auth, "")
	f.Add("POST", "", "Action=PutUserPolicy&Version=2010-05-08&UserName=a&PolicyName=p&PolicyDocument="+url.QueryEscape(denyAll), auth, "")
	f.Add("POST", "", "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument="+url.QueryEscape(trustAll), auth, "")
	f.Add("GET", "Action=GetCallerIdentity&Version=2011-06-15", "", auth, "")
	f.Add("POST", "", "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=s1&DurationSeconds=x", auth, "")
	f.Add("POST", "", `{"MaxResults":1,"StartTime":1.7e9,"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"x"}]}`, auth, "CloudTrail_20131101.LookupEvents")
	f.Add("POST", "", `{"LookupAttributes":[null],"NextToken":"e30="}`, auth, "CloudTrail_20131101.LookupEvents")
	f.Add("POST", "%zz", "%zz", "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;, Signature==", "x")
	f.Fuzz(func(t *testing.T, method, query, body, authorization, target string) {
		for _, a := range []*account.Account{account.New(account.Options{Clock: noon, Open: true}), account.New(account.Options{Clock: noon})} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
			r.Method = method
			r.URL.RawQuery = query
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Authorization", authorization)
			r.Header.Set("X-Amz-Date", "20260314T120000Z")
			if target != "" {
				r.Header.Set("X-Amz-Target", target)
			}
			// Within the account a session may follow, so it is asked twice.
			for range 2 {
				answer := httptest.NewRecorder()
				a.ServeHTTP(answer, r)
				if answer.Code == http.StatusOK || answer.Code >= 400 && answer.Code < 500 {
					continue
				}
				t.Errorf("answered %d: %s", answer.Code, answer.Body)
			}
		}
	})
}

// FuzzPolicyDocument puts anything as a policy: it is refused, or evaluated.
func FuzzPolicyDocument(f *testing.F) {
	f.Add(denyAll)
	f.Add(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":["iam:*"],"NotResource":"arn:aws:s3:::${aws:username}/*","Condition":{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a*",true,1]}}}}`)
	f.Add(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"arn:*","Condition":{"Null":{"aws:x":"true"},"DateLessThan":{"aws:CurrentTime":"2026"}}}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		p := caller(t, "")
		_, err := p.Seed(noon(), &iam.PutUserPolicyInput{UserName: str("alice"), PolicyName: str("p"), PolicyDocument: &document})
		if err != nil {
			if got := code(t, err); got != "MalformedPolicyDocument" && got != "LimitExceeded" && got != "ValidationError" {
				t.Errorf("refused with %v", err)
			}
			return
		}
		err = p.do(t, account.Call{Service: "s3", Operation: "CreateBucket"})
		if got := code(t, err); got != "" && got != "AccessDenied" {
			t.Errorf("evaluated to %v", err)
		}
	})
}
