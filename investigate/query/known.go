package query

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// recordFields are the top-level fields of a CloudTrail record, and what Logs
// Insights adds to each event. Source: "CloudTrail record contents" and "Event
// record contents for Insights events", AWS CloudTrail user guide; "Supported
// logs and discovered fields", CloudWatch Logs user guide.
const recordFields = `
@message @timestamp @ingestionTime @logStream @log @ptr @requestId @entity
additionalEventData addendum annotation apiVersion awsRegion
edgeDeviceDetails errorCode errorMessage eventCategory eventContext eventID
eventName eventSource eventTime eventType eventVersion insightDetails
managementEvent readOnly recipientAccountId requestID requestParameters
resources responseElements serviceEventDetails sessionCredentialFromConsole
sharedEventID sourceIPAddress tlsDetails userAgent userIdentity vpcEndpointAccountId
vpcEndpointId
`

// checkFields finds the first field of an operator's expression that no record
// has. A filter on a slip of the finger would quietly find nothing, which reads
// as an all-clear. A field in backticks is taken as it is: AWS adds fields.
func checkFields(src string) error {
	toks, err := tokenize(src)
	if err != nil {
		return err
	}
	known := strings.Fields(recordFields)
	for i, t := range toks {
		name, _, _ := strings.Cut(t.Value, ".")
		name, _, _ = strings.Cut(name, "[")
		calls := i+1 < len(toks) && toks[i+1].Value == "("
		if t.kind != "Path" || strings.HasPrefix(name, "`") || calls || isLiteral(name) || slices.Contains(known, name) {
			continue
		}
		return &SyntaxError{
			Line: t.Pos.Line, Column: t.Pos.Column,
			Problem: fmt.Sprintf("CloudTrail records have no field %q", name),
			Hint:    unknownHint(known, name),
		}
	}
	return nil
}

func isLiteral(name string) bool {
	return strings.EqualFold(name, "true") || strings.EqualFold(name, "false")
}

// unknownHint names the field that was meant, as far as it can be guessed.
func unknownHint(known []string, name string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return fmt.Sprintf("text stands in quotes: %q; a field that is new to cordon in backticks: `%s`", name, name)
}
