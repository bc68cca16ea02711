package oci

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"
	"time"

	"github.com/hotso/hotso/host/internal/registry"
)

// Defaults of the options.
const (
	DefaultInterval  = 15 * time.Second
	DefaultCacheSize = 2 << 30 // bytes
)

// An Option changes how a registry is followed.
type Option func(*options)

type options struct {
	interval time.Duration
	patience time.Duration // of a start that can go on without the registry
	cache    string
	max      int64
	hostID   string
	back     bool
	check    func(path string) error
	verifier Verifier
	registry registry.Options
}

func newOptions(opts []Option) (o options, err error) {
	o = options{interval: DefaultInterval, patience: 3 * time.Second, max: DefaultCacheSize}
	for _, opt := range opts {
		opt(&o)
	}
	if o.cache == "" {
		if o.cache, err = DefaultCache(); err != nil {
			return o, err
		}
	}
	if o.hostID == "" {
		o.hostID = HostID()
	}
	return o, nil
}

// WithInterval sets how long a moved tag goes unseen at most. The default is [DefaultInterval]; less than a second is a second.
func WithInterval(d time.Duration) Option {
	return func(o *options) { o.interval = max(d, time.Second) }
}

// WithCache sets the directory of the cache, which only this user should be able to write to. The default is [DefaultCache].
func WithCache(dir string) Option { return func(o *options) { o.cache = dir } }

// WithCacheSize bounds the bytes of the cache, without the few versions that a follower keeps in use. The default is
// [DefaultCacheSize]. A larger file is refused.
func WithCacheSize(bytes int64) Option { return func(o *options) { o.max = bytes } }

// WithHostID names the host in rollouts: whether it is in the share of a step depends on the name and the version alone. It
// must stay the same over restarts, and differ from host to host. The default, also for an empty id, is [HostID].
func WithHostID(id string) Option { return func(o *options) { o.hostID = id } }

// WithRollback has a tag that goes back to an older version be followed. Without it such a version is refused: someone who can
// write to the registry, and can't sign, could have hosts run an old version with a known hole. A rollout that is aborted needs
// no such leave: hosts go back to what they ran before it. Nor does a tag that is moved back by other means to what a host ran before
// a rollout that has not ended.
func WithRollback() Option { return func(o *options) { o.back = true } }

// WithCheck has a file be refused that the function returns an error for: one that is not signed, say. It is
// called in the loop's goroutine before the version is yielded.
func WithCheck(check func(path string) error) Option { return func(o *options) { o.check = check } }

// WithPlainHTTP has the registry be asked without TLS. One on a loopback address needs no leave for that.
func WithPlainHTTP() Option { return func(o *options) { o.registry.PlainHTTP = true } }

// WithRootCAs has the registry's certificate be verified by these authorities instead of the system's.
func WithRootCAs(pool *x509.CertPool) Option { return func(o *options) { o.registry.RootCAs = pool } }

// WithCredential sets what a registry, HOST or HOST:PORT, is logged into with. The function is called again when a login is refused, so
// it can read what changes; perhaps by two goroutines at once. Both texts may be empty: nobody logs in. The default is what docker login
// and oras login have stored, read anew each time.
func WithCredential(f func(ctx context.Context, registry string) (username, password string, err error)) Option {
	return func(o *options) { o.registry.Credential = f }
}

// DefaultCache is where a cache is unless it is said: below the directory that systemd has made for the service
// (CacheDirectory=), or else below os.UserCacheDir.
func DefaultCache() (string, error) {
	if dirs := filepath.SplitList(os.Getenv("CACHE_DIRECTORY")); len(dirs) > 0 {
		return filepath.Join(dirs[0], "oci"), nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "hotso", "oci"), err
}
