package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"cordon/contain"
	"cordon/playbooks/tabletop"
)

// A connection is a way to one account: it is made once and never changed.
type connection struct {
	cfg aws.Config
	// regions are those whose events are read.
	regions []string
	// roles are the ARNs of the roles that the profile assumes on its way, the
	// last one first. Containing one of them would cut off the operator.
	roles []string
	// exercise is nil for a real account. warn tells what goes wrong in it.
	exercise *tabletop.Exercise
	warn     func(format string, args ...any)
}

// globalRegion is where the events of IAM and other global services are
// recorded (AWS CloudTrail user guide, "About global service events").
const globalRegion = "us-east-1"

// connect makes the connection, and fails at once if there are no credentials.
// The caller closes it.
func (a *App) connect(ctx context.Context, f accountFlags) (*connection, error) {
	if f.Sandbox != "" {
		return a.connectExercise(ctx, f)
	}
	meta := &boundedMetadata{}
	options := []func(*awsconfig.LoadOptions) error{
		// The SDK's own notes would stand between the lines of an error.
		awsconfig.WithLogger(logging.Nop{}),
		awsconfig.WithEC2RoleCredentialOptions(func(o *ec2rolecreds.Options) { o.Client = meta }),
		awsconfig.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) { o.TokenProvider = a.tokenProvider(ctx) }),
	}
	if f.Profile != "" {
		options = append(options, awsconfig.WithSharedConfigProfile(f.Profile))
	}
	if len(f.Regions) > 0 {
		options = append(options, awsconfig.WithRegion(f.Regions[0]))
	}
	if f.Endpoint != "" {
		options = append(options, awsconfig.WithBaseEndpoint(f.Endpoint))
	}
	cfg, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, connectError(f.Profile, err)
	}
	if cfg.Region == "" {
		cfg.Region = globalRegion
	}
	meta.client = imds.NewFromConfig(cfg, func(o *imds.Options) { o.Retryer = aws.NopRetryer{} })
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, connectError(a.profile(f), err)
	}
	cfg.HTTPClient = withPlainBodies(cfg.HTTPClient)
	// Each call of a client asks the provider for its sources, to name them in
	// the user agent, and that of an assumed role collects them anew each time,
	// unguarded (credentials v1.20.14, stscreds, ProviderSources): calls side by
	// side race. The cache of credentials behind Retrieve stays.
	cfg.Credentials = aws.CredentialsProviderFunc(cfg.Credentials.Retrieve)
	return &connection{cfg: cfg, regions: eventRegions(f.Regions, cfg.Region), roles: roleChain(cfg)}, nil
}

// tokenProvider asks for the code of an MFA device, once: later, when the
// credentials have expired, the terminal may be the UI's.
func (a *App) tokenProvider(ctx context.Context) func() (string, error) {
	asked := false
	return func() (string, error) {
		if asked || !a.Interactive() {
			return "", failure(contain.CodeExpired, "start cordon again, on a terminal", errors.New("the profile needs the code of an MFA device"))
		}
		asked = true
		return a.ask(ctx, "code of the MFA device: ")
	}
}

// connectExercise starts an exercise in this process and connects to it as its
// responder. The configuration is built by hand: nothing of the machine's own
// credentials, profiles or endpoints is read.
func (a *App) connectExercise(ctx context.Context, f accountFlags) (*connection, error) {
	scenario, err := tabletop.Load(f.Sandbox)
	if err != nil {
		return nil, usageError("the scenarios are "+strings.Join(tabletop.Names(), ", "), "--sandbox: %w", err)
	}
	// The exercise outlives a signal, as AWS would: an action that was begun
	// is still read back.
	exercise, err := tabletop.Start(context.WithoutCancel(ctx), scenario, tabletop.Options{Seed: randomSeed()})
	if err != nil {
		return nil, failure("exercise", "", fmt.Errorf("starting the exercise: %w", err))
	}
	cfg := aws.Config{
		Region:       exercise.Region(),
		HTTPClient:   withPlainBodies(nil),
		BaseEndpoint: aws.String(exercise.URL()),
		Credentials: credentials.NewStaticCredentialsProvider(
			exercise.Responder().AccessKeyID, exercise.Responder().SecretAccessKey, ""),
	}
	return &connection{cfg: cfg, regions: eventRegions(f.Regions, cfg.Region), exercise: exercise, warn: a.warn}, nil
}

// close ends the exercise, if there is one, and tells what went wrong in it.
func (c *connection) close() {
	if c.exercise == nil {
		return
	}
	c.exercise.Stop()
	if err := c.exercise.Err(); err != nil {
		c.warn("the exercise was not played as written: %v", err)
	}
}

func (a *App) profile(f accountFlags) string {
	if f.Profile != "" {
		return f.Profile
	}
	return a.Getenv("AWS_PROFILE")
}

// eventRegions are the Regions to ask for events: those given, or else the
// configured one, and the one that has IAM's.
func eventRegions(given []string, configured string) []string {
	regions := slices.Clone(given)
	if len(regions) == 0 {
		regions = []string{configured}
	}
	regions = append(regions, globalRegion)
	slices.Sort(regions)
	return slices.Compact(regions)
}

// roleChain follows role_arn and source_profile through the AWS configuration.
func roleChain(cfg aws.Config) []string {
	var roles []string
	for _, source := range cfg.ConfigSources {
		shared, ok := source.(awsconfig.SharedConfig)
		for p := &shared; ok && p != nil; p = p.Source {
			if p.RoleARN != "" {
				roles = append(roles, p.RoleARN)
			}
		}
	}
	return roles
}

// boundedMetadata asks the EC2 metadata service once, without the retries that
// would make a laptop wait for seconds to hear that it is not an instance. The
// client's own limits are 250 ms to connect and 500 ms for an answer.
type boundedMetadata struct{ client *imds.Client }

// GetMetadata passes the question on.
func (m *boundedMetadata) GetMetadata(ctx context.Context, in *imds.GetMetadataInput, opts ...func(*imds.Options)) (*imds.GetMetadataOutput, error) {
	return m.client.GetMetadata(ctx, in, opts...)
}

const noCredentialsHint = "give --profile NAME or set AWS_PROFILE or AWS_ACCESS_KEY_ID; " +
	"or read files with cordon rank --from PATH; or try it without an account with --sandbox"

// connectError says in one sentence what is missing.
func connectError(profile string, err error) error {
	if missing, ok := errors.AsType[awsconfig.SharedConfigProfileNotExistError](err); ok {
		return usageError("see the names in ~/.aws/config, or: aws configure list-profiles",
			"there is no AWS profile %q", missing.Profile)
	}
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		login := "aws sso login"
		if profile != "" {
			login += " --profile " + profile
		}
		return failure(contain.CodeExpired, "run: "+login, errors.New("the single sign-on session has expired"))
	}
	if f, ok := asFailure(err); ok {
		return f
	}
	if op, ok := errors.AsType[*smithy.OperationError](err); ok && op.Service() == imds.ServiceID {
		return failure(contain.CodeNoCredentials, noCredentialsHint, errors.New("no AWS credentials found"))
	}
	problem := contain.Explain(err)
	return failure(problem.Code, problem.Next, fmt.Errorf("getting AWS credentials: %w", problem))
}
