package host_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Where nothing can be unloaded, versions load and swap all the same, and the old one
// stays and says why.
func TestSwapToResident(t *testing.T) {
	why := host.WhyResident()
	if why == "" {
		t.Skip("libraries are unloaded here")
	}
	slot := host.NewSlot("greeter")
	greet := must(host.Func1[string, string](slot, "GreetName"))(t)
	for i, version := range []string{"1", "2"} {
		swap, err := slot.Swap(ctx, libtest.Greeter(t, version))
		require.NoError(t, err)
		assert.Contains(t, must(greet(ctx, "Ada"))(t), "Ada")
		if i > 0 {
			assert.Equal(t, host.Resident, swap.Old.State)
			assert.Equal(t, why, swap.Old.Reason)
		}
	}
	_, err := greet(ctx, "") // an error's text crosses by a status
	assert.ErrorContains(t, err, "the name is empty")
	requireNothingLeft(t)(slot.Close(ctx))
}
