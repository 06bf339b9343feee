package account

import "strings"

// elsewhere is an operation of a service that the account does not simulate:
// authorised, recorded, and answered with what the caller says.
func elsewhere(service, name string, in Call) operation {
	o := operation{service: service, name: name, readOnly: readOnly(name), unrecorded: dataEvent(service, name)}
	o.iamAction = service + ":" + bareName(name)
	if action, ok := actions()[o.iamAction]; ok {
		o.iamAction = action
	}
	o.run = func(*call, any) (any, error) { return in.Response, nil }
	o.target = func(*Account, *call) target {
		if in.Resource == "" {
			return target{arn: "*"}
		}
		return target{arn: in.Resource}
	}
	return o
}

// actions are those whose name in policies is not that of the operation.
//
// Source: service authorization reference, "Actions, resources, and condition
// keys" of each service.
func actions() map[string]string {
	return map[string]string{
		"s3:ListBuckets":            "s3:ListAllMyBuckets",
		"s3:ListObjects":            "s3:ListBucket",
		"s3:ListObjectsV2":          "s3:ListBucket",
		"s3:HeadBucket":             "s3:ListBucket",
		"s3:HeadObject":             "s3:GetObject",
		"s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
		"s3:PutBucketEncryption":    "s3:PutEncryptionConfiguration",
		"s3:PutBucketLifecycle":     "s3:PutLifecycleConfiguration",
		"s3:GetBucketEncryption":    "s3:GetEncryptionConfiguration",
		"s3:GetBucketLifecycle":     "s3:GetLifecycleConfiguration",
		"s3:PutPublicAccessBlock":   "s3:PutBucketPublicAccessBlock",
		"s3:GetPublicAccessBlock":   "s3:GetBucketPublicAccessBlock",
		"lambda:Invoke":             "lambda:InvokeFunction",
		"monitoring:PutMetricAlarm": "cloudwatch:PutMetricAlarm",
		"monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms",
		"monitoring:DeleteAlarms":   "cloudwatch:DeleteAlarms",
		"monitoring:GetMetricData":  "cloudwatch:GetMetricData",
		"monitoring:ListMetrics":    "cloudwatch:ListMetrics",
		"monitoring:PutMetricData":  "cloudwatch:PutMetricData",
	}
}

// bareName takes the API version off the name of an event, as Lambda and
// CloudFront have it: UpdateFunctionCode20150331v2.
func bareName(event string) string {
	i := strings.IndexAny(event, "0123456789")
	if i <= 0 || !strings.HasPrefix(event[i:], "20") || len(event) < i+8 {
		return event
	}
	for _, r := range event[i : i+8] {
		if r < '0' || r > '9' {
			return event
		}
	}
	return event[:i]
}

// dataEvent reports whether CloudTrail counts a call among the data events,
// which the event history leaves out.
//
// Source: "Logging data events", AWS CloudTrail user guide.
func dataEvent(service, name string) bool {
	switch service {
	case "s3":
		return strings.Contains(name, "Object") || strings.Contains(name, "MultipartUpload") || name == "UploadPart"
	case "lambda":
		return strings.HasPrefix(name, "Invoke")
	case "dynamodb":
		return strings.HasSuffix(name, "Item") || name == "Query" || name == "Scan"
	case "sns", "sqs":
		return name == "Publish" || name == "PublishBatch" || strings.HasPrefix(name, "SendMessage") ||
			name == "ReceiveMessage" || strings.HasPrefix(name, "DeleteMessage")
	}
	return false
}
