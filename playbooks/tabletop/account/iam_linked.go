package account

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// linkedName is the name of a service's role. Services spell theirs as they
// like; those that are not listed get their principal's first word.
//
// Source: "AWS services that work with IAM", IAM user guide.
func linkedName(service, suffix string) string {
	word, _, _ := strings.Cut(service, ".")
	name, ok := map[string]string{
		"autoscaling": "AutoScaling", "elasticloadbalancing": "ElasticLoadBalancing", "guardduty": "AmazonGuardDuty",
		"access-analyzer": "AccessAnalyzer", "securityhub": "SecurityHub", "trustedadvisor": "TrustedAdvisor",
		"rds": "RDS", "ecs": "ECS", "eks": "AmazonEKS", "ssm": "AmazonSSM", "organizations": "Organizations",
	}[word]
	if !ok && word != "" {
		name = strings.ToUpper(word[:1]) + word[1:]
	}
	if suffix != "" {
		name += "_" + suffix
	}
	return "AWSServiceRoleFor" + name
}

func linkedPath(service string) string { return "/aws-service-role/" + service + "/" }

func onLinkedRole(a *Account, c *call) target {
	service := stringField(c.input, "AWSServiceName")
	return target{arn: a.arn("iam", "role"+linkedPath(service)+linkedName(service, stringField(c.input, "CustomSuffix")))}
}

// createServiceLinkedRole makes the role that one AWS service may assume, and
// that afterwards nobody else may change.
func (a *Account) createServiceLinkedRole(c *call, in *iam.CreateServiceLinkedRoleInput) (*iam.CreateServiceLinkedRoleOutput, error) {
	service := *in.AWSServiceName
	if !strings.HasSuffix(service, ".amazonaws.com") || !nameForm.MatchString(service) {
		return nil, invalidInput("%s is not a service that has service-linked roles.", service)
	}
	name := linkedName(service, deref(in.CustomSuffix))
	if a.state.taken(kindRole, name) {
		return nil, invalidInput("Service role name %s has been taken in this account, please try a different suffix.", name)
	}
	trust, err := parseTrust(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`)
	if err != nil {
		return nil, err
	}
	r := &role{
		entity: a.newEntity(c, kindRole, roleID, &name, aws.String(linkedPath(service)), nil),
		trust:  trust, description: deref(in.Description), maxSession: defaultSession,
	}
	a.state.roles[r.name] = r
	a.state.index(&r.entity)
	out := a.roleOut(r)
	return &iam.CreateServiceLinkedRoleOutput{Role: &out}, nil
}
