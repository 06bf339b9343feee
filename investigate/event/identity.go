package event

import (
	"bytes"
	"strings"
)

// An identity is userIdentity as the record has it. Source: "CloudTrail
// userIdentity element", AWS CloudTrail user guide.
type identity struct {
	kind, id, arn, account, accessKey, userName, invokedBy string
	provider                                               string
	created                                                string // sessionContext.attributes.creationDate
	issuer                                                 issuer
	behalf                                                 behalf
}

// An issuer is sessionContext.sessionIssuer: what the credentials came from.
type issuer struct{ kind, arn, account, userName string }

// behalf is onBehalfOf: the Identity Center user for whom a call was made.
type behalf struct{ user, store string }

func (r *Reader) readIdentity(raw []byte) *identity {
	if r.rawIdentity != nil && bytes.Equal(raw, r.rawIdentity) {
		return &r.identity
	}
	r.identity = identity{}
	id := &r.identity
	members(raw, func(name, value []byte) {
		switch string(name) {
		case "type":
			id.kind = r.share(unquote(value))
		case "principalId":
			id.id = r.share(unquote(value))
		case "arn":
			id.arn = r.share(unquote(value))
		case "accountId":
			id.account = r.share(unquote(value))
		case "accessKeyId":
			id.accessKey = r.share(unquote(value))
		case "userName":
			id.userName = r.share(unquote(value))
		case "invokedBy":
			id.invokedBy = r.share(unquote(value))
		case "identityProvider":
			id.provider = r.share(unquote(value))
		case "sessionContext":
			r.readContext(id, value)
		case "onBehalfOf":
			r.readBehalf(id, value)
		}
	})
	r.rawIdentity = append(r.rawIdentity[:0], raw...)
	return id
}

func (r *Reader) readContext(id *identity, raw []byte) {
	members(raw, func(name, value []byte) {
		switch string(name) {
		case "sessionIssuer":
			r.readIssuer(id, value)
		case "attributes":
			members(value, func(name, value []byte) {
				if string(name) == "creationDate" {
					id.created = r.share(unquote(value))
				}
			})
		}
	})
}

func (r *Reader) readIssuer(id *identity, raw []byte) {
	members(raw, func(name, value []byte) {
		switch string(name) {
		case "type":
			id.issuer.kind = r.share(unquote(value))
		case "arn":
			id.issuer.arn = r.share(unquote(value))
		case "accountId":
			id.issuer.account = r.share(unquote(value))
		case "userName":
			id.issuer.userName = r.share(unquote(value))
		}
	})
}

func (r *Reader) readBehalf(id *identity, raw []byte) {
	members(raw, func(name, value []byte) {
		switch string(name) {
		case "userId":
			id.behalf.user = r.share(unquote(value))
		case "identityStoreArn":
			id.behalf.store = r.share(unquote(value))
		}
	})
}

// hiddenName stands for the user name of a failed sign-in that is not one of
// the account's, because people type passwords there. Source: "AWS Management
// Console sign-in events", AWS CloudTrail user guide.
const hiddenName = "HIDDEN_DUE_TO_SECURITY_REASONS"

// principal resolves the identity to what can be contained: a session to its
// role, a federated user to the user who issued it.
func (id *identity) principal(e *Event, eventType string) Principal {
	switch id.kind {
	case "IAMUser":
		if id.userName == hiddenName {
			return Principal{Unknown, hiddenName, id.account, ""}
		}
		return id.entity(e, User, id.arn, id.account, id.userName)
	case "AssumedRole":
		return id.assumedRole(e)
	case "Role":
		return id.entity(e, Role, id.arn, id.account, id.userName)
	case "Root":
		return id.root(e, id.account)
	case "FederatedUser":
		return id.federated(e)
	case "SAMLUser", "WebIdentityUser":
		account := firstOf(id.account, arnAccount(id.provider))
		return Principal{Federated, firstOf(id.userName, id.id, id.provider, unidentified), account, id.arn}
	case "AWSService":
		return Principal{Service, firstOf(id.invokedBy, id.id, id.userName, e.Source), "", ""}
	case "AWSAccount":
		account := firstOf(id.account, arnAccount(id.arn))
		return Principal{Account, firstOf(account, id.id, unidentified), account, id.arn}
	}
	return id.unclear(e, eventType)
}

// unidentified is the name of a principal of which the record says nothing.
const unidentified = "unidentified"

// unclear resolves an identity of no type, or of one that says nothing about
// what could be contained.
func (id *identity) unclear(e *Event, eventType string) Principal {
	switch {
	case id.kind == "IdentityCenterUser" || id.behalf.user != "":
		name := firstOf(id.behalf.user, id.userName, id.id, unidentified)
		return Principal{IdentityCenter, name, firstOf(id.account, arnAccount(id.behalf.store)), id.arn}
	case id.kind == "" && id.invokedBy != "":
		return Principal{Service, id.invokedBy, "", ""}
	case id.kind == "" && id.arn == "" && eventType == "AwsServiceEvent":
		return Principal{Service, firstOf(e.Source, unidentified), "", ""}
	}
	switch kind, _, _ := strings.Cut(arnResource(id.arn), "/"); kind {
	case "user":
		return id.entity(e, User, id.arn, id.account, id.userName)
	case "role":
		return id.entity(e, Role, id.arn, id.account, id.userName)
	case "assumed-role":
		return id.assumedRole(e)
	case "root":
		return id.root(e, id.account)
	}
	name := firstOf(id.userName, id.arn, id.id, id.account, unidentified)
	return Principal{Unknown, name, id.account, id.arn}
}

// assumedRole takes the role from the session's issuer, whose ARN has the path
// that the session's own ARN lacks.
func (id *identity) assumedRole(e *Event) Principal {
	if id.issuer.arn != "" || id.issuer.userName != "" {
		account := firstOf(id.issuer.account, id.account)
		return id.entity(e, Role, id.issuer.arn, account, id.issuer.userName)
	}
	_, rest, _ := strings.Cut(arnResource(id.arn), "/")
	name, _, _ := strings.Cut(rest, "/")
	return id.entity(e, Role, "", firstOf(id.account, arnAccount(id.arn)), name)
}

// federated resolves a session of GetFederationToken, which can do no more than
// the user who issued it, and loses what that user loses. One that root issued
// has no such user. Source: "Permissions for GetFederationToken", IAM user
// guide.
func (id *identity) federated(e *Event) Principal {
	if arnResource(id.issuer.arn) != "root" && id.issuer.kind != "Root" && id.issuer.arn != "" {
		account := firstOf(id.issuer.account, id.account)
		return id.entity(e, User, id.issuer.arn, account, id.issuer.userName)
	}
	_, name, _ := strings.Cut(id.id, ":")
	_, fromARN, _ := strings.Cut(arnResource(id.arn), "/")
	return Principal{Federated, firstOf(fromARN, name, id.userName, unidentified), id.account, id.arn}
}

func (id *identity) root(e *Event, account string) Principal {
	account = firstOf(account, arnAccount(id.arn))
	p := Principal{Kind: Root, Name: "root", Account: account, ARN: id.arn}
	if arnResource(p.ARN) != "root" && account != "" {
		p.ARN = "arn:" + id.partition(e) + ":iam::" + account + ":root"
	}
	return p
}

// entity is a user or role. Where the record has no ARN, as for a failed
// sign-in, it gets the one that it has without a path, so that its events stay
// together.
func (id *identity) entity(e *Event, kind Kind, arn, account, name string) Principal {
	account = firstOf(account, arnAccount(arn))
	resource := arnResource(arn)
	if _, path, ok := strings.Cut(resource, "/"); ok {
		name = firstOf(path[strings.LastIndexByte(path, '/')+1:], name)
	}
	if name == "" {
		return Principal{Unknown, firstOf(arn, id.id, account, unidentified), account, arn}
	}
	if arn == "" && account != "" {
		arn = "arn:" + id.partition(e) + ":iam::" + account + ":" + string(kind) + "/" + name
	}
	return Principal{kind, name, account, arn}
}

// partition is that of an ARN of the identity, or else of the Region.
func (id *identity) partition(e *Event) string {
	for _, arn := range []string{id.arn, id.issuer.arn} {
		if rest, ok := strings.CutPrefix(arn, "arn:"); ok {
			partition, _, _ := strings.Cut(rest, ":")
			return partition
		}
	}
	switch {
	case strings.HasPrefix(e.Region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(e.Region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// session names the one use of the principal that the event belongs to.
func (id *identity) session(e *Event, console bool) string {
	switch {
	case id.kind == "AssumedRole" || id.kind == "FederatedUser":
		_, rest, _ := strings.Cut(arnResource(id.arn), "/")
		return firstOf(id.id, rest[strings.LastIndexByte(rest, '/')+1:], id.accessKey)
	case e.Name == "ConsoleLogin" && e.SignIn == "Success" && !e.Time.IsZero():
		return id.id + "@" + e.Time.Format("2006-01-02T15:04:05Z")
	case id.created != "" && (console || fromConsole(e.UserAgent)):
		return id.id + "@" + id.created
	}
	return firstOf(id.accessKey, id.id)
}

// fromConsole knows the console's user agents, for records older than
// sessionCredentialFromConsole.
func fromConsole(agent string) bool {
	return agent == "console.amazonaws.com" || agent == "signin.amazonaws.com" ||
		strings.HasPrefix(agent, "S3Console/")
}

// arnResource is what follows the account in an ARN: "user/path/alice".
func arnResource(arn string) string { return arnPart(arn, 5) }

func arnAccount(arn string) string { return arnPart(arn, 4) }

// arnPart is the nth of the six parts of an ARN, empty if it is none.
func arnPart(arn string, n int) string {
	if !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	for range n {
		_, rest, ok := strings.Cut(arn, ":")
		if !ok {
			return ""
		}
		arn = rest
	}
	if n == 5 {
		return arn
	}
	part, _, _ := strings.Cut(arn, ":")
	return part
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
