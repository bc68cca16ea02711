package oci_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
	"github.com/hotso/hotso/host/oci"
)

// A publisher pushes to a registry.
type publisher struct {
	t testing.TB
	*registry.Client
}

func newPublisher(t testing.TB, r *registrytest.Registry) publisher {
	ref, err := registry.ParseReference(r.Host + "/team/greeter")
	require.NoError(t, err)
	c, err := registry.New(ref, registry.Options{Credential: func(context.Context, string) (string, string, error) { return r.User, r.Password, nil }})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return publisher{t, c}
}

// push pushes a version with content that depends on its text alone.
func (p publisher) push(version string, tags ...string) *registry.Index {
	p.t.Helper()
	return p.pushFile(sealedtest.File(p.t, "greeter", version, 100_000, uint64(version[0])), tags...)
}

func (p publisher) pushFile(path string, tags ...string) *registry.Index {
	p.t.Helper()
	l, err := registry.OpenLocal(path)
	require.NoError(p.t, err)
	defer l.Close()
	i, err := p.Push(p.t.Context(), []*registry.Local{l}, tags, true, nil)
	require.NoError(p.t, err)
	return i
}

// begin starts a rollout on the channel stable.
func (p publisher) begin(next *registry.Index, steps ...float64) *registry.Index {
	p.t.Helper()
	base, err := p.Index(p.t.Context(), "stable")
	require.NoError(p.t, err)
	first, err := plan.New(plan.Plan{Library: "greeter", Version: next.Version(), Base: base.Version(), Steps: steps}, plan.Decision{Time: p.Now()})
	require.NoError(p.t, err)
	i, err := registry.Begin(base, next, first)
	require.NoError(p.t, err)
	require.NoError(p.t, p.Move(p.t.Context(), "stable", base.Descriptor.Digest.String(), i))
	return i
}

func (p publisher) decide(i *registry.Index, what string) *registry.Index {
	p.t.Helper()
	next, err := i.Plan.Next(plan.Decision{Time: p.Now(), What: what})
	require.NoError(p.t, err)
	index := i.With(next)
	require.NoError(p.t, p.Move(p.t.Context(), "stable", i.Descriptor.Digest.String(), index))
	return index
}

// A run is one loop over events.
type run struct {
	t      testing.TB
	f      *oci.Follower
	events chan oci.Event
	cancel context.CancelFunc
	ended  chan struct{}
}

// follow begins a loop over the events of the channel stable.
func follow(t testing.TB, host, cache string, opts ...oci.Option) *run {
	t.Helper()
	opts = append([]oci.Option{oci.WithCache(cache), oci.Every(40 * time.Millisecond), oci.WithHostID("a host")}, opts...)
	f, err := oci.New(host+"/team/greeter:stable", opts...)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{t, f, make(chan oci.Event, 100), cancel, make(chan struct{})}
	go func() {
		defer close(r.ended)
		for e := range f.Events(ctx) {
			r.events <- e
		}
	}()
	t.Cleanup(r.stop)
	return r
}

func (r *run) stop() {
	r.cancel()
	<-r.ended
}

// next is the next event.
func (r *run) next() oci.Event {
	r.t.Helper()
	select {
	case e := <-r.events:
		return e
	case <-time.After(time.Minute):
		require.Fail(r.t, "no event came")
	}
	return oci.Event{}
}

// found wants a version to be the next event, whose file is there.
func (r *run) found(version string) oci.Event {
	r.t.Helper()
	e := r.next()
	require.Equal(r.t, oci.Found, e.Kind, "%v", e.Err)
	require.Equal(r.t, version, e.Version.Text)
	require.FileExists(r.t, e.Version.Path)
	return e
}

// polled waits until the registry was asked again, twice: the first may have begun before.
func (r *run) polled() {
	r.t.Helper()
	before := r.f.Status().Polls
	require.Eventually(r.t, func() bool { return r.f.Status().Polls > before+1 }, time.Minute, 10*time.Millisecond)
}

func (r *run) nothing() {
	r.t.Helper()
	select {
	case e := <-r.events:
		assert.Fail(r.t, "an event came", "%v %v %v", e.Kind, e.Version, e.Err)
	default:
	}
}

// files are the names in the directory.
func (r *run) files() (names []string) {
	entries, err := os.ReadDir(r.f.Directory())
	require.NoError(r.t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func content(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

// hostAt finds a host that stands between two percents for a version.
func hostAt(t testing.TB, version string, from, to float64) string {
	t.Helper()
	for i := range 10_000 {
		if id := fmt.Sprint("host-", i); plan.Position(id, version) >= from && plan.Position(id, version) < to {
			return id
		}
	}
	require.Fail(t, "no host")
	return ""
}

// putRaw changes the text of what a tag stands for.
func putRaw(t testing.TB, r *registrytest.Registry, p publisher, tag, from, to string) {
	t.Helper()
	url := r.URL() + "/v2/team/greeter/manifests/" + tag
	get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	get.Header.Set("Accept", ocispec.MediaTypeImageIndex)
	resp, err := r.Client().Do(get)
	require.NoError(t, err)
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Contains(t, string(b), from)
	put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(strings.ReplaceAll(string(b), from, to)))
	require.NoError(t, err)
	put.Header.Set("Content-Type", ocispec.MediaTypeImageIndex)
	resp, err = r.Client().Do(put)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
}
