package registry_test

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
)

var platforms = []string{"amd64", "arm64", "riscv64", "s390x"}

// A barrier has pushes look back when all that are under way have written.
type barrier struct {
	mu       sync.Mutex
	underWay int
	waiting  []chan struct{}
}

func newBarrier(t testing.TB, pushes int) *barrier {
	b := &barrier{underWay: pushes}
	registry.SetSettle(b.wait)
	t.Cleanup(func() { registry.SetSettle(nil) })
	return b
}

func (b *barrier) wait() {
	b.mu.Lock()
	here := make(chan struct{})
	b.waiting = append(b.waiting, here)
	b.open()
	b.mu.Unlock()
	<-here
}

func (b *barrier) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.underWay--
	b.open()
}

// open lets all go on if none is missing.
func (b *barrier) open() {
	if len(b.waiting) == b.underWay {
		for _, w := range b.waiting {
			close(w)
		}
		b.waiting = nil
	}
}

// Machines that push the platforms of a version at once do not take each other's away.
func TestPushTogether(t *testing.T) {
	for _, kind := range registrytest.Kinds {
		r := registrytest.Start(t, registrytest.Options{Kind: kind})
		for _, version := range []string{"1", "2", "3"} {
			var pushing sync.WaitGroup
			b := newBarrier(t, len(platforms))
			for n, arch := range platforms {
				c := client(t, r, registry.Options{})
				l := local(t, sealedtest.For(t, "linux", arch, "greeter", version, 1000, uint64(n)))
				pushing.Go(func() {
					defer b.done()
					_, err := c.Push(t.Context(), []*registry.Local{l}, []string{"stable"}, false, nil)
					assert.NoError(t, err)
				})
			}
			pushing.Wait()
			c := client(t, r, registry.Options{})
			own, err := c.Index(t.Context(), version)
			require.NoError(t, err)
			assert.Len(t, own.Entries, len(platforms))
			stable, err := c.Index(t.Context(), "stable")
			require.NoError(t, err)
			assert.Equal(t, own.Descriptor.Digest, stable.Descriptor.Digest)
		}
	}
}

// Of machines that push different files for the same platform none wins unseen.
func TestPushAgainstEachOther(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	var pushing sync.WaitGroup
	errs := make([]error, 2)
	b := newBarrier(t, len(errs))
	for n := range errs {
		c := client(t, r, registry.Options{})
		l := local(t, sealedtest.File(t, "greeter", "1", 1000, uint64(n)))
		pushing.Go(func() {
			defer b.done()
			_, errs[n] = c.Push(t.Context(), []*registry.Local{l}, nil, false, nil)
		})
	}
	pushing.Wait()
	failed := 0
	for _, err := range errs {
		if err != nil {
			assert.ErrorIs(t, err, registry.ErrTaken)
			failed++
		}
	}
	assert.Equal(t, 1, failed)
}

// A push does not end a rollout.
func TestPushDuringRollout(t *testing.T) {
	c := client(t, registrytest.Start(t, registrytest.Options{}), registry.Options{})
	i := begin(t, c)
	l := []*registry.Local{local(t, file(t, "3"))}
	_, err := c.Push(t.Context(), l, []string{"stable"}, false, nil)
	require.ErrorIs(t, err, plan.ErrState)
	require.ErrorContains(t, err, "team/greeter:stable")
	_, err = c.Index(t.Context(), "3")
	require.ErrorIs(t, err, registry.ErrNotFound)
	decide(t, c, i, plan.Abort)
	_, err = c.Push(t.Context(), l, []string{"stable"}, false, nil)
	require.NoError(t, err)
}

// The tag of a version is no channel, and a channel is of one library.
func TestPushOverOthers(t *testing.T) {
	c := client(t, registrytest.Start(t, registrytest.Options{}), registry.Options{})
	push(t, c, file(t, "1"), "stable")
	was := push(t, c, file(t, "2"))
	one := []*registry.Local{local(t, file(t, "1"))}
	_, err := c.Push(t.Context(), one, []string{"2"}, false, nil)
	require.ErrorIs(t, err, registry.ErrTaken)
	require.ErrorContains(t, err, "greeter:2: ")
	i, err := c.Index(t.Context(), "2")
	require.NoError(t, err)
	require.Equal(t, was.Descriptor.Digest, i.Descriptor.Digest)

	other := []*registry.Local{local(t, sealedtest.File(t, "other", "3", 1000, 1))}
	_, err = c.Push(t.Context(), other, []string{"stable"}, false, nil)
	require.ErrorIs(t, err, registry.ErrTaken)
	require.ErrorContains(t, err, "it stands for greeter")
	_, err = c.Index(t.Context(), "3")
	require.ErrorIs(t, err, registry.ErrNotFound)
	_, err = c.Push(t.Context(), []*registry.Local{local(t, sealedtest.File(t, "other", "1", 1000, 1))}, nil, false, nil)
	require.ErrorContains(t, err, "it is of greeter")

	_, err = c.Push(t.Context(), one, []string{"2", "3"}, true, nil)
	require.NoError(t, err)
	_, err = c.Push(t.Context(), []*registry.Local{local(t, file(t, "3"))}, nil, false, nil)
	require.ErrorContains(t, err, "the tag was moved to v1")
	push(t, c, file(t, "1"), "2") // no change
}

// A token may expire between the two requests of an upload.
func TestTokenExpiresDuringPush(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{Auth: registrytest.TokenAuth})
	p := registrytest.NewProxy(t, r)
	c := open(t, p.Host, registry.Options{Credential: func(context.Context, string) (string, string, error) { return r.User, r.Password, nil }})
	p.Inject(registrytest.Fault{Kind: registrytest.Upload, Method: "PUT", DropAuth: true, Times: 1})
	push(t, c, sealedtest.File(t, "greeter", "1", 100_000, 1))
	get(t, c, "1")
}

// What broke off is pushed again, and what is there is not sent twice.
func TestPushInterrupted(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p := registrytest.NewProxy(t, r)
	c := proxied(t, p, registry.Options{})
	l := []*registry.Local{local(t, sealedtest.File(t, "greeter", "1", 100_000, 1))}
	for _, f := range []registrytest.Fault{
		{Kind: registrytest.Upload, Method: "PUT", Abort: true},
		{Kind: registrytest.Upload, Status: 503},
		{Kind: registrytest.Manifest, Method: "PUT", Status: 500},
		{Kind: registrytest.Manifest, Method: "PUT", Abort: true},
	} {
		p.Inject(f)
		_, err := c.Push(t.Context(), l, []string{"stable"}, false, nil)
		require.ErrorContains(t, err, p.Host+"/team/greeter:1", "%+v", f)
		_, err = c.Index(t.Context(), "1")
		require.ErrorIs(t, err, registry.ErrNotFound, "%+v", f)
		p.Heal()
	}
	push(t, c, l[0].Path, "stable")
	get(t, c, "stable")
	p.Forget()
	push(t, c, l[0].Path)
	assert.Zero(t, p.Count("PUT", ""))
	assert.Zero(t, p.Count("POST", ""))
}

// Where tags can't be moved, a platform can't be added, and the error says what can be done.
func TestImmutableTags(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p := registrytest.NewProxy(t, r)
	c := proxied(t, p, registry.Options{})
	other := sealedtest.For(t, "linux", "other", "greeter", "1", 1000, 1)
	push(t, c, other, "x")
	_, err := c.Push(t.Context(), []*registry.Local{local(t, file(t, "1"))}, nil, true, nil) // its manifest is there
	require.NoError(t, err)
	p.Inject(registrytest.Fault{Kind: registrytest.Manifest, Method: "PUT", Status: 409})
	push(t, c, file(t, "1")) // nothing to do
	_, err = c.Push(t.Context(), []*registry.Local{local(t, other)}, nil, false, nil)
	require.ErrorContains(t, err, "409")
	assert.ErrorContains(t, err, "push the files of all platforms at once")
	i, err := c.Index(t.Context(), "1")
	require.NoError(t, err)
	assert.Equal(t, runtime.GOARCH, i.Entries[0].Platform.Architecture)
}
