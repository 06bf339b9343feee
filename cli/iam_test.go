package cli_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/rogpeppe/go-internal/testscript"
)

// A key is an access key of the simulated account and where it is used.
type key struct{ endpoint, id, secret string }

func (k key) config() aws.Config {
	return aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(k.endpoint),
		Credentials:  credentials.NewStaticCredentialsProvider(k.id, k.secret, ""),
	}
}

func (k key) iam() *iam.Client { return iam.NewFromConfig(k.config()) }

const (
	trustAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}`
	allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	denyAll  = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
)

// scriptKey is the key that the script's environment has.
func scriptKey(ts *testscript.TestScript) key {
	return key{ts.Getenv("AWS_ENDPOINT_URL"), ts.Getenv("AWS_ACCESS_KEY_ID"), ts.Getenv("AWS_SECRET_ACCESS_KEY")}
}

// create user|role|group NAME [PATH]
func createEntity(ts *testscript.TestScript, neg bool, args []string) {
	client, ctx, path := scriptKey(ts).iam(), context.Background(), aws.String("/")
	if len(args) > 2 {
		path = aws.String(args[2])
	}
	var err error
	switch args[0] {
	case "user":
		_, err = client.CreateUser(ctx, &iam.CreateUserInput{UserName: &args[1], Path: path})
	case "role":
		_, err = client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &args[1], Path: path, AssumeRolePolicyDocument: aws.String(trustAll)})
	case "group":
		_, err = client.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &args[1], Path: path})
	default:
		ts.Fatalf("cannot create a %s", args[0])
	}
	ts.Check(err)
}

// allow ROLE lets the role do everything.
func allowRole(ts *testscript.TestScript, neg bool, args []string) {
	_, err := scriptKey(ts).iam().PutRolePolicy(context.Background(),
		&iam.PutRolePolicyInput{RoleName: &args[0], PolicyName: aws.String("all"), PolicyDocument: aws.String(allowAll)})
	ts.Check(err)
}

// become USER allows the user everything, makes an access key, and goes on as
// that user.
func becomeUser(ts *testscript.TestScript, neg bool, args []string) {
	k, err := newAdmin(context.Background(), scriptKey(ts), args[0])
	ts.Check(err)
	ts.Setenv("AWS_ACCESS_KEY_ID", k.id)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", k.secret)
}

// newAdmin allows the user everything and returns a new key of its own.
func newAdmin(ctx context.Context, k key, user string) (key, error) {
	client := k.iam()
	_, err := client.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: aws.String("all"), PolicyDocument: aws.String(allowAll)})
	if err != nil {
		return key{}, err
	}
	made, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &user})
	if err != nil {
		return key{}, err
	}
	return key{k.endpoint, *made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey}, nil
}

// policies KIND NAME prints the names and documents of the inline policies, or
// none.
func printPolicies(ts *testscript.TestScript, neg bool, args []string) {
	found, err := inlinePolicies(context.Background(), scriptKey(ts).iam(), args[0], args[1])
	ts.Check(err)
	if len(found) == 0 {
		found = []string{"none"} // no output would leave that of the step before
	}
	for _, p := range found {
		_, err := fmt.Fprintln(ts.Stdout(), p)
		ts.Check(err)
	}
}

func inlinePolicies(ctx context.Context, client *iam.Client, kind, name string) ([]string, error) {
	var names []string
	get := map[string]func(policy string) (*string, error){
		"user": func(p string) (*string, error) {
			out, err := client.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &name, PolicyName: &p})
			if err != nil {
				return nil, err
			}
			return out.PolicyDocument, nil
		},
		"role": func(p string) (*string, error) {
			out, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &name, PolicyName: &p})
			if err != nil {
				return nil, err
			}
			return out.PolicyDocument, nil
		},
		"group": func(p string) (*string, error) {
			out, err := client.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: &name, PolicyName: &p})
			if err != nil {
				return nil, err
			}
			return out.PolicyDocument, nil
		},
	}[kind]
	switch kind {
	case "user":
		out, err := client.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: &name})
		if err != nil {
			return nil, err
		}
		names = out.PolicyNames
	case "role":
		out, err := client.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name})
		if err != nil {
			return nil, err
		}
		names = out.PolicyNames
	case "group":
		out, err := client.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: &name})
		if err != nil {
			return nil, err
		}
		names = out.PolicyNames
	default:
		return nil, fmt.Errorf("no inline policies on a %s", kind)
	}
	slices.Sort(names)
	for i, policy := range names {
		raw, err := get(policy)
		if err != nil {
			return nil, err
		}
		document, err := url.QueryUnescape(*raw)
		if err != nil {
			return nil, err
		}
		names[i] = policy + " " + document
	}
	return names, nil
}

// putpolicy USER POLICY puts a deny by hand.
func putByHand(ts *testscript.TestScript, neg bool, args []string) {
	_, err := scriptKey(ts).iam().PutUserPolicy(context.Background(),
		&iam.PutUserPolicyInput{UserName: &args[0], PolicyName: &args[1], PolicyDocument: aws.String(denyAll)})
	ts.Check(err)
}
