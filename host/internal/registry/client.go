package registry

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/errcode"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// Errors that a caller can act on.
var (
	// ErrNotFound means that the registry has no such tag, digest or repository, or does not tell who may not see it.
	ErrNotFound = errors.New("not in the registry")
	// ErrDenied means that the credentials are missing, wrong or expired, or not enough.
	ErrDenied = errors.New("the registry denies access")
	// ErrNoLibrary means that what is there is no library of hotso's.
	ErrNoLibrary = errors.New("no hotso library")
	// ErrPlatform means that there is no library for this platform.
	ErrPlatform = errors.New("not for this platform")
	// ErrDamaged means that content is not what its digest, size or seal says.
	ErrDamaged = errors.New("content is damaged")
)

// Options say how to reach a registry. The zero value is good.
type Options struct {
	// PlainHTTP has a registry that is not on this machine be asked without TLS.
	PlainHTTP bool
	// RootCAs are trusted instead of the system's, unless nil.
	RootCAs *x509.CertPool
	// Credential returns what a registry is logged into with. nil: what docker login and oras login have stored.
	Credential func(ctx context.Context, registry string) (username, password string, err error)
	// Retry has requests be tried again a few times when the registry is busy or away for a moment.
	Retry bool
	// Timeout is how long an answer may take to begin. Twice that is how long something small may take to be there, and for how
	// long a blob may send nothing. 0: 15 seconds.
	Timeout time.Duration
}

const (
	defaultTimeout = 15 * time.Second
	slowest        = 1000    // bytes per second at which something small is waited for
	maxIndex       = 4 << 20 // bytes of an index or manifest, as registries have it
	userAgent      = "hotso"
)

// A Client works on one repository. It is safe for concurrent use. Close it.
type Client struct {
	Reference Reference

	repo      *remote.Repository
	observed  *observer
	transport *http.Transport
	timeout   time.Duration

	schemeMu sync.Mutex
	scheme   bool // is known
}

// New makes no request yet.
func New(ref Reference, o Options) (*Client, error) {
	repo := &remote.Repository{Reference: registry.Reference{Registry: ref.Registry, Repository: ref.Repository}}
	if err := repo.Reference.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w (%w)", ref, ErrReference, err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	timeout := cmp.Or(o.Timeout, defaultTimeout)
	transport.ResponseHeaderTimeout, transport.DisableCompression = timeout, true
	transport.TLSClientConfig = &tls.Config{RootCAs: o.RootCAs}
	// HTTP/2 would go on to use a connection whose other end has vanished until TCP gives up, which takes a quarter of an hour.
	transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: timeout, PingTimeout: timeout}
	c := &Client{Reference: ref, repo: repo, transport: transport, timeout: timeout, observed: &observer{base: transport, host: repo.Reference.Host()}}

	client := &http.Client{Transport: c.observed, CheckRedirect: checkRedirect}
	if o.Retry {
		client.Transport = retry.NewTransport(c.observed)
	}
	login := &auth.Client{Client: client, Header: http.Header{"User-Agent": {userAgent}}, Cache: auth.NewCache()}
	switch {
	case o.Credential != nil:
		login.Credential = func(ctx context.Context, host string) (auth.Credential, error) {
			username, password, err := o.Credential(ctx, host)
			return auth.Credential{Username: username, Password: password}, err
		}
	default:
		if _, err := stored(); err != nil {
			return nil, fmt.Errorf("credentials of %s: %w", ref.Registry, err)
		}
		login.Credential = func(ctx context.Context, host string) (auth.Credential, error) {
			store, err := stored() // anew: a store reads its file once, and what is in there is renewed by others
			if err != nil {
				return auth.EmptyCredential, err
			}
			return credentials.Credential(store)(ctx, host)
		}
	}
	if ref.isLoopback() {
		login.BlockedRealmPrefixes = []netip.Prefix{} // its token server is here, too
	}
	repo.Client = login
	repo.PlainHTTP = o.PlainHTTP
	c.scheme = o.PlainHTTP || !ref.isLoopback()
	return c, nil
}

// stored is what docker login and oras login write to.
func stored() (credentials.Store, error) {
	return credentials.NewStoreFromDocker(credentials.StoreOptions{})
}

// Close ends connections that are idle.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Now is the time by the registry's clock, to a second, which all who use it share. Before the first answer it is that of
// this machine.
func (c *Client) Now() time.Time { return c.observed.now() }

// NotBefore is when the registry wants to be asked again, by the clock of this machine; the zero time if it has not said so.
func (c *Client) NotBefore() time.Time { return c.observed.notBefore() }

// repository is what requests go to. A registry on this machine may have TLS or not: the first request finds out.
func (c *Client) repository(ctx context.Context) (*remote.Repository, error) {
	c.schemeMu.Lock()
	defer c.schemeMu.Unlock()
	if c.scheme {
		return c.repo, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://"+c.repo.Reference.Host()+"/v2/", nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.transport.RoundTrip(request)
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &noTLS):
		c.repo.PlainHTTP = true
	case err != nil:
		return nil, c.error("reach", because(ctx, err))
	default:
		_ = resp.Body.Close()
	}
	c.scheme = true
	return c.repo, nil
}

// error says what could not be done, and wraps the error by which callers can act.
func (c *Client) error(what string, err error) error {
	var response *errcode.ErrorResponse
	var kind error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errdef.ErrNotFound):
		kind = ErrNotFound
	case errors.As(err, &response) && (response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden),
		errors.Is(err, auth.ErrBasicCredentialNotFound):
		kind = ErrDenied
	case errors.As(err, &response) && response.StatusCode == http.StatusNotFound:
		kind = ErrNotFound
	}
	switch kind {
	case ErrNotFound:
		return fmt.Errorf("%s %s: %w: check the name, or log in: registries hide what is not for everybody", what, c.Reference, kind)
	case ErrDenied:
		return fmt.Errorf("%s %s: %w: %w: log in, with docker login %s or as your registry has it", what, c.Reference, kind, err, c.Reference.Registry)
	}
	return fmt.Errorf("%s %s: %w%s", what, c.Reference, err, mend(err))
}

// mend is what to do about an error of the network, behind a colon; empty if it says so itself or mends itself.
func mend(err error) string {
	var name *net.DNSError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		return ": check the name of the registry"
	case errors.As(err, &authority):
		return ": have its authority be trusted (oci.WithRootCAs, --registry-ca)"
	case errors.Is(err, http.ErrSchemeMismatch):
		return ": a registry without TLS is asked by leave only (oci.WithPlainHTTP, --plain-http)"
	}
	return ""
}

// bounded is ctx for something small, of so many bytes. The caller calls what is returned.
func (c *Client) bounded(ctx context.Context, size int64) (context.Context, context.CancelFunc) {
	limit := 2*c.timeout + time.Duration(size/slowest)*time.Second
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("no whole answer within %v", limit))
}

// because is err, or why ctx has ended.
func because(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Resolve asks what a tag stands for, by one HEAD.
func (c *Client) Resolve(ctx context.Context, tag string) (ocispec.Descriptor, error) {
	ctx, cancel := c.bounded(ctx, 0)
	defer cancel()
	repo, err := c.repository(ctx)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	d, err := repo.Resolve(ctx, tag)
	return d, c.of(tag).error("look up", because(ctx, err))
}

// of is c with a tag or digest in what errors say.
func (c *Client) of(tag string) *errorsOf { return &errorsOf{c, tag} }

type errorsOf struct {
	c   *Client
	tag string
}

func (e *errorsOf) error(what string, err error) error {
	named := Client{Reference: e.c.Reference.WithTag(e.tag)}
	return named.error(what, err)
}

// Tags lists the tags of the repository, as the registry orders them.
func (c *Client) Tags(ctx context.Context) (tags []string, err error) {
	repo, err := c.repository(ctx)
	if err != nil {
		return nil, err
	}
	err = repo.Tags(ctx, "", func(some []string) error {
		tags = append(tags, some...)
		return nil
	})
	return tags, c.of("").error("list the tags of", err)
}
