package host_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

func wedged(t *testing.T, version string) string {
	needUnload(t)
	return libtest.Build(t, "wedged", version, libtest.LDFlags("-checklinkname=0"))
}

// If a runtime has printed that it gives up, and then hangs instead of ending the process,
// the host ends it: its callers return, and the previous version serves.
func TestRuntimeHangsWhileItDies(t *testing.T) {
	slot := newSlot(t, "wedged", []string{wedged(t, "1")})
	must(slot.Swap(bg, wedged(t, "2")))(t)
	wedge := must(host.Func0[host.None](slot, "Wedge"))(t)
	add := must(host.Func2[int32, int32, int32](slot, "Add"))(t)
	var c *host.Crash
	returns(t, "the call", func() {
		_, err := wedge(bg)
		require.ErrorAs(t, err, &c)
	})
	assert.Equal(t, host.CrashFatal, c.Kind)
	assert.Contains(t, c.Message, "fatal error: wedged")
	returns(t, "a call", func() { assert.EqualValues(t, 3, must(add(bg, 1, 2))(t)) })
	assert.Equal(t, "1", slot.Current().Version())
}

// A library that only prints these words lives on.
func TestLibraryPrintsWhatARuntimeSays(t *testing.T) {
	lib := open(t, wedged(t, "1"))
	pretend := must(host.Func0[host.None](lib, "Pretend"))(t)
	add := must(host.Func2[int32, int32, int32](lib, "Add"))(t)
	for range 3 {
		must(pretend(bg))(t)
	}
	time.Sleep(2500 * time.Millisecond) // more than the host's patience
	assert.EqualValues(t, 3, must(add(bg, 1, 2))(t))
	assert.Equal(t, host.Healthy, lib.State())
}
