package oci_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
	"github.com/hotso/hotso/host/oci"
)

// A channel is a registry with a proxy before it, and a cache.
type channel struct {
	publisher
	r     *registrytest.Registry
	proxy *registrytest.Proxy
	cache string
}

func newChannel(t testing.TB, o registrytest.Options) channel {
	t.Helper()
	r := registrytest.Start(t, o)
	return channel{newPublisher(t, r), r, registrytest.NewProxy(t, r), t.TempDir()}
}

func (c channel) follow(opts ...oci.Option) *run {
	c.t.Helper()
	return follow(c.t, c.proxy.Host, c.cache, opts...)
}

// tidy wants no temporary files, and no parts of downloads, to be left when nobody is at one.
func (c channel) tidy() {
	c.t.Helper()
	var left []string
	require.Eventually(c.t, func() bool {
		left = nil
		_ = filepath.WalkDir(c.cache, func(path string, _ os.DirEntry, _ error) error {
			if temporary.MatchString(path) {
				left = append(left, path)
			}
			return nil
		})
		return len(left) == 0
	}, time.Minute, time.Millisecond, "%v", &left)
}

var temporary = regexp.MustCompile(`/(\.(new|link|state)-[^/]*|parts/.+)$`)

// troubled wants a trouble to be told, of which the text says something, and told once.
func (r *run) troubled(text string) oci.Event {
	r.t.Helper()
	e := r.next()
	require.Equal(r.t, oci.Trouble, e.Kind, "%v", e.Version)
	require.ErrorContains(r.t, e.Err, text)
	r.polled()
	r.nothing()
	return e
}

// What a registry does wrong is told once, and the next version comes when it is well again.
func TestFaults(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	run := c.follow(oci.Every(10 * time.Millisecond))
	run.found("1")
	n := 1
	for _, f := range []struct {
		text  string
		is    error
		fault registrytest.Fault
	}{
		{"500", nil, registrytest.Fault{Status: 500}},
		{"503", nil, registrytest.Fault{Kind: registrytest.Blob, Status: 503}},
		{"denies access", oci.ErrDenied, registrytest.Fault{Kind: registrytest.Blob, Status: 403}},
		{"not in the registry", oci.ErrNotFound, registrytest.Fault{Status: 404}},
		{"EOF", nil, registrytest.Fault{Abort: true}},
		{"damaged", oci.ErrDamaged, registrytest.Fault{Kind: registrytest.Blob, Corrupt: true}},
		{"damaged", oci.ErrDamaged, registrytest.Fault{Kind: registrytest.Blob, SizeBy: 1}},
		{"damaged", oci.ErrDamaged, registrytest.Fault{Kind: registrytest.Blob, SizeBy: -1}},
		{"damaged", oci.ErrDamaged, registrytest.Fault{Kind: registrytest.Blob, SizeBy: 1, Chunked: true}},
		{"damaged", oci.ErrDamaged, registrytest.Fault{Kind: registrytest.Blob, ClaimMore: 10}},
		{"unexpected EOF", nil, registrytest.Fault{Kind: registrytest.Blob, CutAfter: 10, IgnoreRange: true}},
		{"damaged", oci.ErrDamaged, registrytest.Fault{Method: "GET", Kind: registrytest.Manifest, Corrupt: true}},
		{"fetch", nil, registrytest.Fault{Method: "GET", Kind: registrytest.Manifest, SizeBy: -1}},
		{"fetch", nil, registrytest.Fault{Method: "GET", Kind: registrytest.Manifest, SizeBy: 1}},
	} {
		c.proxy.Inject(f.fault)
		n++
		c.push(strconv.Itoa(n), "stable")
		e := run.troubled(f.text)
		if f.is != nil {
			assert.ErrorIs(t, e.Err, f.is)
		}
		assert.ErrorContains(t, e.Err, c.proxy.Host+"/team/greeter", "what it is about")
		assert.Equal(t, strconv.Itoa(n-1), run.f.Status().Version)
		c.proxy.Heal()
		run.found(strconv.Itoa(n))
		c.tidy()
	}
}

// Nor does a registry that is silent keep a follower for long. On a busy machine others may seem silent, too.
func TestSilence(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	run := c.follow(oci.WithTimeout(200*time.Millisecond), oci.Every(10*time.Millisecond))
	for n, f := range []struct {
		text  string
		fault registrytest.Fault
	}{
		{"timeout", registrytest.Fault{Method: "HEAD", Hang: true}},
		{"timeout", registrytest.Fault{Method: "GET", Kind: registrytest.Manifest, Hang: true}},
		{"no whole answer within 400ms", registrytest.Fault{Method: "GET", Kind: registrytest.Manifest, BytesPerSecond: 1}},
		{"nothing came for 400ms", registrytest.Fault{Kind: registrytest.Blob, BytesPerSecond: 1}},
	} {
		c.proxy.Inject(f.fault)
		version := strconv.Itoa(n + 1)
		c.push(version, "stable")
		run.until(func(e oci.Event) bool { return e.Err != nil && strings.Contains(e.Err.Error(), f.text) })
		c.proxy.Heal()
		run.until(func(e oci.Event) bool { return e.Version.Text == version })
	}
}

// until waits for an event, and passes over others.
func (r *run) until(is func(oci.Event) bool) {
	r.t.Helper()
	for !is(r.next()) {
	}
}

// A download goes on where it broke off, whatever happened to the registry meanwhile.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Blob, CutAfter: 600_000, Times: 1})
	c.pushFile(sealedtest.File(t, "greeter", "1", 1_000_000, 1), "stable")
	run := c.follow(oci.Every(time.Hour))
	assert.ErrorContains(t, run.next().Err, "unexpected EOF")
	c.r.Kill()
	run.stop() // the next process finds what this one has left
	run = c.follow()
	e := run.next()
	assert.Equal(t, oci.Trouble, e.Kind)
	c.r.Restart()
	run.found("1")
	ranges := c.ranges()
	require.Len(t, ranges, 3)
	assert.Empty(t, ranges[0])
	assert.Equal(t, "bytes=0-511", ranges[1], "the layer's header is not kept")
	assert.Equal(t, 600_000, first(t, ranges[2]), "what had come is not asked for again")
	c.tidy()
}

// ranges are those of the requests for blobs.
func (c channel) ranges() (ranges []string) {
	for _, r := range c.proxy.Requests() {
		if r.Kind == registrytest.Blob {
			ranges = append(ranges, r.Range)
		}
	}
	return ranges
}

func first(t testing.TB, ranges string) int {
	t.Helper()
	m := regexp.MustCompile(`^bytes=(\d+)-`).FindStringSubmatch(ranges)
	require.NotNil(t, m, ranges)
	n, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	return n
}

// Blobs may be elsewhere, which gets no credentials; and not all registries have parts.
func TestBlobsElsewhere(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{Auth: registrytest.TokenAuth})
	c.proxy.Inject(registrytest.Fault{Redirect: true})
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Stored, CutAfter: 1000, Times: 1})
	c.push("1", "stable")
	run := c.follow(c.login())
	run.next()
	run.found("1")
	assert.Equal(t, 3, c.proxy.Count("GET", registrytest.Stored))
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Stored, CutAfter: 1000, Times: 1})
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Stored, IgnoreRange: true})
	c.push("2", "stable")
	run.next()
	run.found("2")
	c.tidy()
}

func (c channel) login() oci.Option {
	return oci.WithCredential(func(context.Context, string) (string, string, error) { return c.r.User, c.r.Password, nil })
}

// A version that was taken back while it came is not yielded, and its download ends.
func TestTakenBackWhileItComes(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	run := c.follow()
	run.found("1")
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Blob, BytesPerSecond: 10_000})
	i := c.begin(c.push("2"), 100)
	require.Eventually(t, func() bool { return c.proxy.Count("GET", registrytest.Blob) == 2 }, time.Minute, time.Millisecond)
	c.decide(i, plan.Abort)
	run.polled()
	require.Eventually(t, func() bool { return run.f.Status().Rollout.State == string(plan.Aborted) }, time.Minute, time.Millisecond)
	run.nothing()
	assert.EqualValues(t, 1, run.f.Status().Downloads)
	// So does one that another has followed at once.
	c.push("3", "stable")
	require.Eventually(t, func() bool { return c.proxy.Count("GET", registrytest.Blob) == 3 }, time.Minute, time.Millisecond)
	c.push("4", "stable")
	last := c.push("5", "stable").Descriptor.Digest.String()
	require.Eventually(t, func() bool { return run.f.Status().Digest == last }, time.Minute, time.Millisecond)
	c.proxy.Heal()
	run.found("5")
	assert.Equal(t, []string{"libgreeter.v1.so", "libgreeter.v5.so"}, run.files())
}

// Nor is one that was taken back between two looks.
func TestMovedAtTheEnd(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Blob, BytesPerSecond: 80_000, Times: 1})
	run := c.follow(oci.Every(time.Hour))
	require.Eventually(t, func() bool { return c.proxy.Count("GET", registrytest.Blob) == 1 }, time.Minute, time.Millisecond)
	c.push("2", "stable")
	run.found("2")
}

// The next rollout may have begun before a host has seen that its own was aborted.
func TestAbortUnseen(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	id := hostAt(t, "3", 50, 100)
	run := c.follow(oci.WithHostID(id))
	run.found("1")
	i := c.begin(c.push("2"), 100)
	run.found("2")
	c.proxy.Down()
	run.troubled("refused")
	c.decide(i, plan.Abort)
	c.begin(c.push("3"), 10, 100)
	c.proxy.Up()
	assert.True(t, run.found("1").Back)
}

// A start does not wait for a registry that is silent, or slow.
func TestStartWithoutAnswer(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	run := c.follow()
	run.found("1")
	run.stop()
	c.proxy.Inject(registrytest.Fault{Hang: true, Times: 2})
	run = c.follow(oci.WithPatience(100*time.Millisecond), oci.WithTimeout(200*time.Millisecond))
	run.found("1")
	assert.ErrorContains(t, run.next().Err, "timeout")
	run.stop()
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Blob, BytesPerSecond: 50_000})
	c.pushFile(sealedtest.File(t, "greeter", "2", 20_000, 2), "stable")
	run = c.follow(oci.WithPatience(100 * time.Millisecond))
	run.found("1")
	run.found("2")
}

// Retry-After is heeded. What it means is in the tests of package registry.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	run := c.follow()
	run.found("1")
	began := time.Now()
	c.proxy.Inject(registrytest.Fault{Status: http.StatusTooManyRequests, RetryAfter: time.Second, Times: 1})
	assert.ErrorContains(t, run.next().Err, "429")
	c.push("2", "stable")
	run.found("2")
	assert.GreaterOrEqual(t, time.Since(began), time.Second)
}

// Tokens and passwords are renewed without a poll that fails.
func TestCredentialsExpire(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{Auth: registrytest.TokenAuth, TokenLifetime: 2 * time.Second})
	c.push("1", "stable")
	run := c.follow(c.login())
	run.found("1")
	tokens := c.proxy.Count("", registrytest.Token)
	c.proxy.Inject(registrytest.Fault{Kind: registrytest.Manifest, DropAuth: true, Times: 1})
	require.Eventually(t, func() bool { return c.proxy.Count("", registrytest.Token) > tokens+1 }, time.Minute, 10*time.Millisecond)
	assert.Zero(t, run.f.Status().Failures)
	run.nothing()
}

// A login that is refused is tried again with what the credentials are then.
func TestCredentialsChange(t *testing.T) {
	c := newChannel(t, registrytest.Options{Auth: registrytest.BasicAuth})
	c.push("1", "stable")
	var password atomic.Value
	password.Store("wrong")
	run := c.follow(oci.WithCredential(func(_ context.Context, registry string) (string, string, error) {
		assert.Equal(t, c.proxy.Host, registry)
		return c.r.User, password.Load().(string), nil
	}))
	e := run.troubled("log in, with docker login " + c.proxy.Host)
	assert.ErrorIs(t, e.Err, oci.ErrDenied)
	password.Store(c.r.Password)
	run.found("1")
	run.stop()

	// So is what docker login has written.
	dir := c.r.DockerConfig("other.example.com")
	t.Setenv("DOCKER_CONFIG", dir)
	run = c.follow()
	run.found("1") // of before
	run.troubled("log in")
	login, err := os.ReadFile(filepath.Join(c.r.DockerConfig(c.proxy.Host), "config.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), login, 0o600))
	c.push("2", "stable")
	run.found("2")
}

// A cache that is damaged, or gone, is mended, also without a move of the tag.
func TestDamagedWhileRunning(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	run := c.follow()
	link := run.found("1").Version.Path
	good := content(t, link)
	state := filepath.Join(filepath.Dir(run.f.Directory()), "state.json")
	blobs := filepath.Join(c.cache, "blobs")
	for name, damage := range map[string]func() error{
		"link":          func() error { return os.Remove(link) },
		"directory":     func() error { return os.Rename(filepath.Dir(state), away(t)) },
		"whole cache":   func() error { return os.Rename(c.cache, away(t)) },
		"link and blob": func() error { return errors.Join(os.Rename(blobs, away(t)), os.Remove(link)) },
		"kind of link":  func() error { return errors.Join(os.Remove(link), os.Mkdir(link, 0o700)) },
	} {
		require.NoError(t, damage(), name)
		require.Eventually(t, func() bool {
			b, err := os.ReadFile(link)
			return err == nil && bytes.Equal(b, good)
		}, time.Minute, 10*time.Millisecond, name)
		run.polled()
		run.nothing() // it is the same version
	}
	require.NoError(t, os.WriteFile(state, []byte("{"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(blobs, "not a digest"), 0o700))
	c.push("2", "stable")
	run.found("2")

	// Nothing runs that could not be kept.
	require.NoError(t, os.Remove(state))
	require.NoError(t, os.MkdirAll(filepath.Join(state, "in the way"), 0o700))
	c.push("3", "stable")
	run.troubled("keep v3")
	require.NoError(t, os.RemoveAll(state))
	run.found("3")
	run.stop()
	require.NoError(t, os.WriteFile(state, []byte("{"), 0o600))
	run = c.follow()
	run.found("3")
	c.tidy()
}

// away is a path that is not there. A directory vanishes at once when it is renamed.
func away(t testing.TB) string { return filepath.Join(t.TempDir(), "away") }

// A full disk is told, and leaves nothing behind.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.cache = smallDisk(t)
	c.push("1", "stable")
	run := c.follow()
	path := run.found("1").Version.Path
	filler := filepath.Join(c.cache, "filler")
	require.NoError(t, os.WriteFile(filler, make([]byte, 850_000), 0o600))
	c.push("2", "stable")
	e := run.troubled("make room on the disk of " + c.cache)
	assert.ErrorIs(t, e.Err, syscall.ENOSPC)
	assert.FileExists(t, path)
	c.tidy()
	require.NoError(t, os.Remove(filler))
	run.found("2")
	c.tidy()

	// With nothing to write to, the last version serves on, also in the next process.
	remount(t, c.cache, true)
	c.push("3", "stable")
	run.troubled("read-only file system")
	run.stop()
	run = c.follow()
	run.found("2")
	run.troubled("read-only file system")
	remount(t, c.cache, false)
	run.found("3")
}

// Where files can't be linked, they are copied.
func TestNoLinks(t *testing.T) {
	t.Parallel()
	c := newChannel(t, registrytest.Options{})
	c.push("1", "stable")
	require.NoError(t, os.Symlink(smallDisk(t), filepath.Join(c.cache, "channels"))) // another disk
	run := c.follow()
	run.found("1")
	c.push("2", "stable")
	path := run.found("2").Version.Path
	run.stop()
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o555), info.Mode())
	run = c.follow()
	run.found("2")
	assert.Zero(t, run.f.Status().Downloads)
	c.tidy()
}

// Nothing is told of a registry that does not exist but that.
func TestNoSuchHost(t *testing.T) {
	t.Parallel()
	run := follow(t, "registry.invalid", t.TempDir())
	e := run.next()
	assert.Equal(t, oci.Trouble, e.Kind)
	assert.ErrorContains(t, e.Err, "registry.invalid/team/greeter:stable")
	assert.ErrorContains(t, e.Err, "lookup registry.invalid")
}
