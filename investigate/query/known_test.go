package query_test

import (
	"errors"
	"strings"
	"testing"

	"cordon/investigate/query"
)

func TestALineThatReadsAFieldThatNoRecordHasIsRefusedWithTheFieldThatWasMeant(t *testing.T) {
	tests := map[string]struct {
		column int
		says   string
	}{
		`evntName = "CreateUser"`:                          {1, "did you mean eventName?"},
		`errorCode = "x" and eventname in ["CreateUser"]`:  {21, "did you mean eventName?"},
		`eventName=CreateUser`:                             {11, `text stands in quotes: "CreateUser"`},
		`ispresent(useridentity.arn)`:                      {11, "did you mean userIdentity?"},
		`not (readOnly = true and usreAgent like /boto3/)`: {26, "did you mean userAgent?"},
	}
	for src, tt := range tests {
		_, err := query.ParseLine(src)
		syntax := (*query.SyntaxError)(nil)
		if !errors.As(err, &syntax) || syntax.Column != tt.column || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestALineMayReadEveryFieldOfARecordAndNewOnesInBackticks(t *testing.T) {
	for _, src := range []string{
		`readOnly = true`,
		`eventName = "evntName"`,
		`responseElements.credentials.accessKeyId = "AKIAIOSFODNN7EXAMPLE" # evntName`,
		`resources[0].ARN like "secret" or requestParameters.items.0.name = 'x'`,
		`strcontains(userIdentity.sessionContext.sessionIssuer.arn, "role")`,
		"`evntName` = 1 or `x y`.z = 2",
		`@message like /evntName/ and @timestamp > 1700000000000`,
	} {
		if _, err := query.ParseLine(src); err != nil {
			t.Errorf("%s: %v", src, err)
		}
	}
}
