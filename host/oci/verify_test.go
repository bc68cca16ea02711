package oci_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/oci"
)

// A notary signs manifests by saying so.
type notary struct {
	signed atomic.Pointer[map[digest.Digest]bool]
	looks  atomic.Int64
	asked  atomic.Pointer[oci.Subject]
	away   atomic.Bool
}

func (n *notary) sign(all ...digest.Digest) {
	signed := map[digest.Digest]bool{}
	for _, d := range all {
		signed[d] = true
	}
	n.signed.Store(&signed)
}

func (n *notary) Verify(_ context.Context, s oci.Subject) ([]byte, error) {
	n.looks.Add(1)
	n.asked.Store(&s)
	if n.away.Load() {
		return nil, errors.New("the notary is away")
	}
	return []byte("signed " + s.Manifest.Digest), n.Recheck(s.Manifest.Digest, []byte("signed "+s.Manifest.Digest))
}

func (n *notary) Recheck(manifest digest.Digest, evidence []byte) error {
	if signed := n.signed.Load(); signed != nil && (*signed)[manifest] && string(evidence) == "signed "+manifest.String() {
		return nil
	}
	return fmt.Errorf("%s: %w", manifest, oci.ErrUnsigned)
}

// What is not signed is refused, once, before it is downloaded, and taken when it is signed later.
func TestVerifier(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p, cache, n := newPublisher(t, r), t.TempDir(), &notary{}
	one := p.push("1", "stable").Entries[0].Descriptor.Digest
	n.sign(one)
	run := follow(t, r.Host, cache, oci.WithVerifier(n), oci.Every(20*time.Millisecond))
	run.found("1")
	two := p.push("2", "stable")
	e := run.next()
	assert.Equal(t, oci.Refused, e.Kind)
	require.ErrorIs(t, e.Err, oci.ErrUnsigned)
	assert.EqualValues(t, 1, run.f.Status().Downloads)
	s := n.asked.Load()
	assert.Equal(t, r.Host+"/team/greeter", s.Repository)
	assert.Equal(t, two.Descriptor.Digest, s.Index.Digest)
	assert.Equal(t, "2", s.Version)
	looks := n.looks.Load()
	require.Eventually(t, func() bool { return n.looks.Load() > looks+2 }, time.Minute, time.Millisecond)
	run.nothing() // it is said once
	assert.Equal(t, []string{"libgreeter.v1.so"}, run.files())
	n.away.Store(true)
	assert.Equal(t, oci.Trouble, run.next().Kind)
	n.away.Store(false)
	n.sign(one, two.Entries[0].Descriptor.Digest)
	run.found("2")
}

// A process that begins runs nothing that is not signed any more, and asks nobody about what is.
func TestVerifierAtTheStart(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p, cache, n := newPublisher(t, r), t.TempDir(), &notary{}
	run := follow(t, r.Host, cache)
	run.next() // nothing is there
	one := p.push("1", "stable").Entries[0].Descriptor.Digest
	file := filepath.Base(run.found("1").Version.Path)
	run.stop()

	n.sign(one)
	run = follow(t, r.Host, cache, oci.WithVerifier(n))
	run.found("1") // it came without a verifier, and is signed
	assert.Zero(t, run.f.Status().Downloads, "the cache has it")
	run.stop()
	r.Kill()
	run = follow(t, r.Host, cache, oci.WithVerifier(n))
	run.found("1")
	assert.EqualValues(t, 1, n.looks.Load())
	run.stop()

	n.sign()
	run = follow(t, r.Host, cache, oci.WithVerifier(n))
	assert.Equal(t, oci.Trouble, run.next().Kind)
	assert.Empty(t, run.files(), "%s is not signed any more", file)
	assert.Empty(t, run.f.Status().Version)
	run.stop()
	n.sign(one)
	run = follow(t, r.Host, cache, oci.WithVerifier(n))
	run.found("1") // a slip in the keys costs no version
	run.stop()
	r.Restart()

	// What is in the directory is what the evidence is of.
	path := filepath.Join(run.f.Directory(), file)
	good := content(t, path)
	for _, name := range []string{file, "libgreeter.v9.so"} {
		_ = os.Remove(filepath.Join(run.f.Directory(), name))
		require.NoError(t, os.WriteFile(filepath.Join(run.f.Directory(), name), []byte("another file"), 0o755))
	}
	r.Kill()
	run = follow(t, r.Host, cache, oci.WithVerifier(n))
	run.found("1")
	assert.Equal(t, good, content(t, path))
	assert.Equal(t, []string{file}, run.files())
}

// In a rollout it is the index of the version that is asked about, not that of the channel.
func TestVerifierInARollout(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p, n := newPublisher(t, r), &notary{}
	one := p.push("1", "stable").Entries[0].Descriptor.Digest
	two := p.push("2")
	n.sign(one)
	run := follow(t, r.Host, t.TempDir(), oci.WithVerifier(n))
	run.found("1")
	i := p.begin(two, 50, 100)
	i = p.decide(i, plan.Advance)
	require.ErrorIs(t, run.next().Err, oci.ErrUnsigned)
	assert.Equal(t, two.Descriptor.Digest, n.asked.Load().Index.Digest)
	n.sign(one, two.Entries[0].Descriptor.Digest)
	run.found("2")
	n.away.Store(true) // what was verified before need not be verified again to go back
	p.decide(i, plan.Abort)
	assert.True(t, run.found("1").Back)
}

// A version that nobody signs costs the registry little.
func TestUnsignedCostsLittle(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	proxy := registrytest.NewProxy(t, r)
	p, n := newPublisher(t, r), &notary{}
	p.push("1", "stable")
	run := follow(t, proxy.Host, t.TempDir(), oci.WithVerifier(n), oci.Every(2*time.Millisecond))
	require.ErrorIs(t, run.next().Err, oci.ErrUnsigned)
	require.Eventually(t, func() bool { return run.f.Status().Polls > 300 }, time.Minute, time.Millisecond)
	run.stop()
	// After 1, 2, 4, 8, 16, 32 and 64 polls, and then each 64: about 12 looks.
	looks := n.looks.Load()
	assert.Less(t, looks, int64(run.f.Status().Polls/64+9))
	assert.Greater(t, looks, int64(run.f.Status().Polls/64))
	assert.Less(t, proxy.Count(http.MethodGet, ""), int(looks)+2, "the index, each time")
}
