package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Where nothing can be unloaded, versions still load and swap, and the old one stays
// and says why.
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
	_, err := greet(ctx, "") // an error's text is fetched by its status
	assert.ErrorContains(t, err, "the name is empty")
	requireNothingLeft(t)(slot.Close(ctx))
}

// What can't be ended is left behind when its load takes too long, and is no crash.
func TestConstructorOfAResidentThatHangs(t *testing.T) {
	why := host.WhyResident()
	if why == "" {
		t.Skip("libraries are unloaded here")
	}
	var events journal
	_, err := host.Open(bg, libtest.Build(t, "stuck", "1"), host.StartTimeout(50*time.Millisecond), events.option())
	require.ErrorIs(t, err, host.ErrLoad)
	require.ErrorContains(t, err, "did not end within 50ms")
	require.Eventually(t, func() bool { return events.states("1")[len(events.states("1"))-1] == host.Resident }, patience, poll)
	assert.NotContains(t, events.states("1"), host.Crashed)
}
