package registrytest

import (
	"bufio"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/libtest"
)

// The registries there are.
const (
	Distribution = "distribution" // CNCF distribution v3, its data in files
	GGCR         = "ggcr"         // go-containerregistry's; it forgets all manifests when it is started again
)

// Kinds are all registries, for tests that run with each.
var Kinds = []string{Distribution, GGCR}

// How a registry asks who comes. The zero value asks nobody.
const (
	BasicAuth = "basic" // name and password with each request
	TokenAuth = "token" // a Bearer token, from a token server at the same address
)

// Options say which registry is started, and how.
type Options struct {
	Kind string // Distribution if empty
	Auth string // BasicAuth, TokenAuth, or nothing
	TLS  bool

	// TokenLifetime is after which time the registry refuses a token, in whole seconds. 0 are five minutes; with
	// less than 0 all tokens are refused.
	TokenLifetime time.Duration

	Delete            bool // distribution: manifests and blobs may be deleted, which ggcr always allows
	IncompleteIndexes bool // distribution: an index may be pushed before its manifests
}

// A Registry runs in a process of its own until the test ends.
type Registry struct {
	Host     string // 127.0.0.1:PORT
	Scheme   string // http or https
	User     string // empty if nobody is asked
	Password string
	Dir      string         // what it keeps; the test's own
	CA       *x509.CertPool // what signed its certificate; nil without TLS
	CAFile   string         // the same, PEM; empty without TLS

	t       testing.TB
	program string
	args    []string
	certificate

	mu    sync.Mutex
	cmd   *exec.Cmd
	stdin io.Closer
}

// Start starts a registry, which is empty. Without the modules that it is built from the test is skipped.
func Start(t testing.TB, o Options) *Registry {
	t.Helper()
	r := &Registry{Scheme: "http", Dir: t.TempDir(), t: t, program: libtest.Program(t, "testdata/registry")}
	if o.Kind == "" {
		o.Kind = Distribution
	}
	r.args = []string{"-kind", o.Kind, "-dir", r.Dir}
	if o.Auth != "" {
		r.User, r.Password = "ada", "correct horse: battery"
		r.args = append(r.args, "-auth", o.Auth, "-user", r.User+":"+r.Password)
	}
	if o.TokenLifetime != 0 {
		r.args = append(r.args, "-token-lifetime", o.TokenLifetime.String())
	}
	if o.Delete {
		r.args = append(r.args, "-delete")
	}
	if o.IncompleteIndexes {
		r.args = append(r.args, "-incomplete-indexes")
	}
	if o.TLS {
		r.Scheme = "https"
		r.certificate = newCertificate(t)
		r.CA, r.CAFile = r.pool, r.caFile
		r.args = append(r.args, "-tls-cert", r.certFile, "-tls-key", r.keyFile)
	}
	t.Cleanup(r.Kill)
	r.start("127.0.0.1:0")
	return r
}

// start starts the process and waits until it listens.
func (r *Registry) start(addr string) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	require.Nil(r.t, r.cmd, "the registry runs already")
	cmd := exec.Command(r.program, append([]string{"-addr", addr}, r.args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(r.t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(r.t, err)
	require.NoError(r.t, cmd.Start())
	host, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = stdin.Close()
		_ = cmd.Wait()
		require.NoError(r.t, err, "the registry does not start: %s", &stderr)
	}
	if r.Host == "" { // it stays the same, and others read it
		r.Host = strings.TrimSpace(host)
	}
	r.cmd, r.stdin = cmd, stdin
}

// Kill ends the registry with SIGKILL, in the middle of whatever it does. A registry that does not run
// stays so. Safe for concurrent use.
func (r *Registry) Kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cmd == nil {
		return
	}
	_ = r.cmd.Process.Kill()
	_ = r.stdin.Close()
	_ = r.cmd.Wait()
	r.cmd = nil
}

// Restart kills the registry if it runs, and starts it again at the same address with the same data. It
// refuses the tokens of before. For the goroutine of the test.
func (r *Registry) Restart() {
	r.t.Helper()
	r.Kill()
	r.start(r.Host)
}

// CollectGarbage has distribution remove all manifests that no tag leads to, and all blobs that no manifest
// needs; and starts it again. For the goroutine of the test.
func (r *Registry) CollectGarbage() {
	r.t.Helper()
	r.Kill()
	out, err := exec.Command(r.program, "-gc", "-dir", r.Dir).CombinedOutput()
	require.NoError(r.t, err, "%s", out)
	r.start(r.Host)
}

// URL is the address with its scheme, without a slash at the end.
func (r *Registry) URL() string { return r.Scheme + "://" + r.Host }

// Client trusts the registry's certificate, and its proxy's. It sends no credentials.
func (r *Registry) Client() *http.Client {
	transport := r.transport()
	r.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// DockerConfig writes a file config.json as docker login does, with user and password for the hosts, or for
// the registry's own if none is named, and returns the directory, which DOCKER_CONFIG may name.
func (r *Registry) DockerConfig(hosts ...string) string {
	r.t.Helper()
	if len(hosts) == 0 {
		hosts = []string{r.Host}
	}
	dir := r.t.TempDir()
	require.NoError(r.t, os.WriteFile(dir+"/config.json", dockerConfig(r.User, r.Password, hosts), 0o600))
	return dir
}
