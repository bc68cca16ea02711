package oci_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
	"github.com/hotso/hotso/host/oci"
)

func TestFollow(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{registrytest.Distribution, registrytest.GGCR} {
		r := registrytest.Start(t, registrytest.Options{Kind: kind})
		p, cache := newPublisher(t, r), t.TempDir()
		run := follow(t, r.Host, cache)
		assert.ErrorIs(t, run.next().Err, oci.ErrNotFound)
		p.push("1", "stable")
		run.found("1")
		p.push("2")
		run.polled()
		run.nothing()
		p.push("2", "stable")
		run.found("2")
		p.push("3", "stable")
		run.found("3")
		assert.Equal(t, []string{"libgreeter.v1.so", "libgreeter.v2.so", "libgreeter.v3.so"}, run.files())
		s := run.f.Status()
		assert.Equal(t, "3", s.Version)
		assert.EqualValues(t, 3, s.Downloads)
		run.stop()

		run = follow(t, r.Host, cache)
		run.found("3")
		run.stop()
		r.Kill()
		run = follow(t, r.Host, cache)
		run.found("3")
		e := run.next()
		assert.Equal(t, oci.Trouble, e.Kind)
		assert.ErrorContains(t, e.Err, "connection refused")
		assert.Zero(t, run.f.Status().Downloads)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	r := registrytest.Start(t, registrytest.Options{})
	p := newPublisher(t, r)
	p.push("1", "stable")
	opts := []oci.Option{oci.WithCache(t.TempDir())}
	for v := range oci.Versions(t.Context(), "oci://"+r.Host+"/team/greeter:stable", opts...) {
		assert.Equal(t, "1", v.Text)
		break
	}
	for range oci.Versions(t.Context(), r.Host+"/team/greeter", opts...) {
		assert.Fail(t, "no tag")
	}
	_, err := oci.New(r.Host+"/team/greeter", opts...)
	assert.ErrorIs(t, err, oci.ErrReference)
}

// A tag that goes back is followed only by leave.
func TestTagGoesBack(t *testing.T) {
	t.Parallel()
	r := registrytest.Start(t, registrytest.Options{})
	p := newPublisher(t, r)
	p.push("2", "stable")
	careful, free := follow(t, r.Host, t.TempDir()), follow(t, r.Host, t.TempDir(), oci.WithRollback())
	careful.found("2")
	free.found("2")
	p.push("1", "stable")
	e := careful.next()
	assert.Equal(t, oci.Refused, e.Kind)
	assert.ErrorIs(t, e.Err, oci.ErrOlder)
	assert.True(t, free.found("1").Back)
	assert.Equal(t, []string{"libgreeter.v1.so"}, free.files(), "what was taken back is gone")
	assert.Equal(t, []string{"libgreeter.v2.so"}, careful.files())
	careful.polled()
	careful.nothing()
	p.push("3", "stable")
	careful.found("3")
	free.found("3")
}

// Each host finds out whether it is in, once, and goes back when the rollout is aborted.
func TestRollout(t *testing.T) {
	t.Parallel()
	r := registrytest.Start(t, registrytest.Options{})
	p := newPublisher(t, r)
	p.push("1", "stable")
	// Where they stand is computed, so that neither has to be lucky.
	first, second := hostAt(t, "2", 0, 10), hostAt(t, "2", 50, 60)
	cache := t.TempDir() // two hosts may share it
	a, b := follow(t, r.Host, cache, oci.WithHostID(first)), follow(t, r.Host, cache, oci.WithHostID(second))
	a.found("1")
	b.found("1")
	i := p.begin(p.push("2"), 10, 70, 100)
	a.found("2")
	b.polled()
	b.nothing()
	ro := b.f.Status().Rollout
	require.NotNil(t, ro)
	assert.False(t, ro.Included())
	assert.Equal(t, 10.0, ro.Percent)
	i = p.decide(i, plan.Pause)
	i = p.decide(i, plan.Resume)
	i = p.decide(i, plan.Advance)
	b.found("2")
	a.polled()
	a.nothing()
	p.decide(i, plan.Abort)
	assert.True(t, a.found("1").Back)
	assert.True(t, b.found("1").Back)
	assert.Equal(t, []string{"libgreeter.v1.so"}, a.files())

	i = p.begin(p.push("3"), 100)
	a.found("3")
	b.found("3")
	i = p.decide(i, plan.Advance)
	assert.Equal(t, plan.Done, i.Plan.State)
	a.polled()
	b.polled()
	a.nothing()
	b.nothing()
	a.stop()
	late := follow(t, r.Host, cache, oci.WithHostID("late"))
	late.found("3")
	assert.Zero(t, late.f.Status().Downloads, "the cache has it")
}

// Of a rollout that one judge ends and another aborts at the same moment, the abort may come last.
func TestAbortAfterTheEnd(t *testing.T) {
	r := registrytest.Start(t, registrytest.Options{})
	p := newPublisher(t, r)
	base := p.push("1", "stable")
	run := follow(t, r.Host, t.TempDir())
	run.found("1")
	i := p.begin(p.push("2"), 100)
	run.found("2")
	aborted, err := i.Plan.Next(plan.Decision{What: plan.Abort})
	require.NoError(t, err)
	i = p.decide(i, plan.Advance)
	run.polled()
	p.push("1", "stable") // alone it is no abort
	require.ErrorIs(t, run.next().Err, oci.ErrOlder)
	i, err = p.Index(t.Context(), i.Descriptor.Digest.String())
	require.NoError(t, err)
	last := i.With(aborted)
	last.Entries = base.Entries
	require.NoError(t, p.Move(t.Context(), "stable", base.Descriptor.Digest.String(), last))
	assert.True(t, run.found("1").Back)
}

// An abort takes a host back to what the rollout found, and to nothing else.
func TestAbortIsNoWayBack(t *testing.T) {
	t.Parallel()
	r := registrytest.Start(t, registrytest.Options{})
	p := newPublisher(t, r)
	old := p.push("1")
	p.push("2", "stable")
	run := follow(t, r.Host, t.TempDir())
	run.found("2")
	i := p.begin(p.push("3"), 100)
	run.found("3")
	forged := *i
	forged.Entries = old.Entries
	aborted, err := i.Plan.Next(plan.Decision{What: plan.Abort})
	require.NoError(t, err)
	require.NoError(t, p.Move(t.Context(), "stable", i.Descriptor.Digest.String(), forged.With(aborted)))
	assert.ErrorIs(t, run.next().Err, oci.ErrOlder)
}

// A host that can't read a plan stays with what it runs.
func TestPlanOfTheFuture(t *testing.T) {
	t.Parallel()
	r := registrytest.Start(t, registrytest.Options{})
	p := newPublisher(t, r)
	p.push("1", "stable")
	run := follow(t, r.Host, t.TempDir())
	run.found("1")
	i := p.begin(p.push("2"), 100)
	run.found("2")
	putRaw(t, r, p, "stable", `"format\":1`, `"format\":2`)
	e := run.next()
	assert.Equal(t, oci.Refused, e.Kind)
	assert.ErrorContains(t, e.Err, "format 2")
	_ = i
}

// What is there and is not what it should be is refused, told once, and not asked for again.
func TestRefused(t *testing.T) {
	t.Parallel()
	r := registrytest.Start(t, registrytest.Options{})
	p := newPublisher(t, r)
	welcome := errors.New("not welcome")
	run := follow(t, r.Host, t.TempDir(), oci.WithCheck(func(path string) error {
		if filepath.Base(path) == "libgreeter.v2.so" {
			return welcome
		}
		return nil
	}))
	run.next() // nothing is there
	p.push("1", "stable")
	run.found("1")
	p.push("2", "stable")
	e := run.next()
	assert.ErrorIs(t, e.Err, welcome)
	p.pushFile(sealedtest.File(t, "other", "3", 1000, 1), "stable")
	assert.ErrorIs(t, run.next().Err, oci.ErrNoLibrary)
	p.pushFile(sealedtest.For(t, "plan9", "mips", "greeter", "4", 1000, 1), "stable")
	assert.ErrorIs(t, run.next().Err, oci.ErrPlatform)
	run.polled()
	run.nothing()
	assert.Equal(t, []string{"libgreeter.v1.so"}, run.files())
	p.push("5", "stable")
	run.found("5")
}

// A version may be replaced, and a damaged cache mends itself.
func TestSameVersionOtherContent(t *testing.T) {
	t.Parallel()
	r := registrytest.Start(t, registrytest.Options{})
	p, cache := newPublisher(t, r), t.TempDir()
	p.push("1", "stable")
	run := follow(t, r.Host, cache)
	before := content(t, run.found("1").Version.Path)
	p.pushFile(sealedtest.File(t, "greeter", "1", 50_000, 99), "stable")
	after := run.found("1").Version.Path
	assert.NotEqual(t, before, content(t, after))
	run.stop()

	good := content(t, after)
	require.NoError(t, os.Chmod(after, 0o755))
	require.NoError(t, os.WriteFile(after, []byte("damaged"), 0o755)) // and so the cache: it is the same file
	run = follow(t, r.Host, cache)
	assert.Equal(t, good, content(t, run.found("1").Version.Path))
	assert.EqualValues(t, 1, run.f.Status().Downloads)
}

func TestEventsEndAtOnce(t *testing.T) {
	t.Parallel()
	f, err := oci.New("127.0.0.1:1/greeter:stable", oci.WithCache(t.TempDir()))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range f.Events(ctx) {
		assert.Fail(t, "it had ended before it began")
	}
	for e := range f.Events(t.Context()) {
		assert.Equal(t, oci.Trouble, e.Kind)
		break
	}
	require.NoError(t, os.RemoveAll(filepath.Dir(f.Directory())))
}
