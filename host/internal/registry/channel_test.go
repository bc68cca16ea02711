package registry_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/plan"
	"github.com/hotso/hotso/host/internal/registry"
	"github.com/hotso/hotso/host/internal/registrytest"
	"github.com/hotso/hotso/host/internal/sealedtest"
)

// begin starts a rollout of 2 after 1 on the channel stable.
func begin(t testing.TB, c *registry.Client) *registry.Index {
	t.Helper()
	base := push(t, c, sealedtest.File(t, "greeter", "1", 1000, 1), "stable")
	next := push(t, c, sealedtest.File(t, "greeter", "2", 1000, 2))
	p, err := plan.New(plan.Plan{Library: "greeter", Version: "2", Base: "1", Steps: []float64{10, 100}, Bake: plan.Duration(time.Minute)},
		plan.Decision{Time: c.Now(), Why: "asked"})
	require.NoError(t, err)
	i, err := registry.Begin(base, next, p)
	require.NoError(t, err)
	require.NoError(t, c.Move(t.Context(), "stable", base.Descriptor.Digest.String(), i))
	return i
}

func decide(t testing.TB, c *registry.Client, i *registry.Index, what string) *registry.Index {
	t.Helper()
	p, err := i.Plan.Next(plan.Decision{Time: c.Now(), What: what})
	require.NoError(t, err)
	next := i.With(p)
	require.NoError(t, c.Move(t.Context(), "stable", i.Descriptor.Digest.String(), next))
	return next
}

// A channel is what its rollout says, and all decisions stay, whatever the registry cleans up.
func TestChannel(t *testing.T) {
	for _, kind := range []string{registrytest.Distribution, registrytest.GGCR} {
		r := registrytest.Start(t, registrytest.Options{Kind: kind})
		c := client(t, r, registry.Options{})
		first := begin(t, c)
		there, err := c.Index(t.Context(), "stable")
		require.NoError(t, err)
		assert.Equal(t, "1", there.Version(), "for tools that know no rollouts")
		assert.Equal(t, "2", there.Next[0].Version)
		assert.Equal(t, 10.0, there.Plan.Percent())

		second := decide(t, c, first, plan.Advance)
		require.ErrorIs(t, c.Move(t.Context(), "stable", first.Descriptor.Digest.String(), first), registry.ErrMoved)
		last := decide(t, c, second, plan.Advance)
		if kind == registrytest.Distribution {
			r.CollectGarbage()
		}
		there, err = c.Index(t.Context(), "stable")
		require.NoError(t, err)
		assert.Equal(t, last.Descriptor, there.Descriptor)
		assert.Equal(t, "2", there.Version())
		assert.Empty(t, there.Next)
		var decisions []string
		require.NoError(t, c.History(t.Context(), there, func(_ *registry.Index, p plan.Plan) bool {
			decisions = append(decisions, p.Decision.What)
			return true
		}))
		assert.Equal(t, []string{plan.Finish, plan.Advance, plan.Start}, decisions)
		get(t, c, "stable")
	}
}

func TestAbortedChannel(t *testing.T) {
	c := client(t, registrytest.Start(t, registrytest.Options{}), registry.Options{})
	i := decide(t, c, begin(t, c), plan.Abort)
	assert.Equal(t, "1", i.Version())
	assert.Empty(t, i.Next)
	other := push(t, c, sealedtest.File(t, "other", "7", 1000, 1))
	_, err := registry.Begin(i, other, *i.Plan)
	assert.ErrorContains(t, err, "another library")
}
