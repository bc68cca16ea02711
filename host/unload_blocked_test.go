package host_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ebitengine/purego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A history is the events of a slot.
type history struct {
	mu     sync.Mutex
	events []host.Event
}

func (h *history) add(e host.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

func (h *history) states() (states []host.State) {
	host.Delivered()
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		states = append(states, e.State)
	}
	return states
}

func (h *history) has(s host.State) bool {
	for _, x := range h.states() {
		if x == s {
			return true
		}
	}
	return false
}

// requireQuarantined requires that lib can't be unloaded, with one blocker, and
// returns that.
func requireQuarantined(t *testing.T, lib *host.Library) host.Blocker {
	t.Helper()
	r, err := lib.Close(t.Context())
	require.ErrorIs(t, err, host.ErrBusy)
	require.Equal(t, host.Quarantined, r.State)
	require.Len(t, r.Blockers, 1, "%v", r.Reason)
	assert.Contains(t, r.Reason, r.Blockers[0].String())
	assert.Positive(t, r.Blockers[0].Thread)
	assert.NotEmpty(t, r.Blockers[0].Name)
	assert.Zero(t, r.Resource(host.Threads).Freed)
	require.Equal(t, host.Quarantined, lib.State())
	return r.Blockers[0]
}

func TestBlockedInRead(t *testing.T) {
	before := takeFootprint(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	lib := openLib(t, "native")
	assert.Zero(t, callLib(t, lib, "BlockInRead", r.Fd()))

	blocker := requireQuarantined(t, lib)
	assert.Contains(t, blocker.Where, "libc.so")
	assert.Contains(t, blocker.Where, "read")

	_, err = w.Write([]byte{1}) // the thread comes back, and is gone
	require.NoError(t, err)
	eventually(t, func() bool { return lib.State() == host.Unloaded }, "it is let go")
	require.NoError(t, r.Close())
	require.NoError(t, w.Close())
	requireFootprint(t, before)
}

// A goroutine of the library's is in a callback into the host.
func TestBlockedInCallback(t *testing.T) {
	before := takeFootprint(t)
	inside, leave := make(chan bool), make(chan bool)
	callback := purego.NewCallback(func() uintptr {
		inside <- true
		<-leave
		return 0
	})
	lib := openLib(t, "native")
	callLib(t, lib, "CallBack", callback)
	<-inside

	requireQuarantined(t, lib)
	leave <- true
	eventually(t, func() bool { return lib.State() == host.Unloaded }, "it is let go")

	// During a call of the host's, that call is what holds the version.
	lib, err := host.Open(t.Context(), libtest.Build(t, "native", "1"), host.DrainTimeout(10*time.Millisecond))
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		_, err := lib.Call(context.WithoutCancel(t.Context()), "CallBackNow", callback)
		done <- err
	}()
	<-inside
	r, err := lib.Close(t.Context())
	require.ErrorIs(t, err, host.ErrBusy)
	require.Equal(t, host.Quarantined, r.State)
	assert.Equal(t, "1 calls are still inside", r.Reason)
	leave <- true
	require.NoError(t, <-done)
	eventually(t, func() bool { return lib.State() == host.Unloaded }, "it is let go")
	requireFootprint(t, before)
}

// A quarantined version blocks nobody: the slot goes on, and says when the old
// version is gone.
func TestSwapWithABlocker(t *testing.T) {
	before := takeFootprint(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	var h history
	slot := host.NewSlot("native", host.OnEvent(h.add))
	v1, v2 := libtest.Build(t, "native", "1"), libtest.Build(t, "native", "2")
	_, err = slot.Swap(t.Context(), v1)
	require.NoError(t, err)
	_, err = slot.Call(t.Context(), "BlockInRead", int32(r.Fd()))
	require.NoError(t, err)

	swap, err := slot.Swap(t.Context(), v2)
	require.ErrorIs(t, err, host.ErrBusy)
	require.Equal(t, "2", swap.Version)
	require.Equal(t, host.Quarantined, swap.Old.State)
	result, err := slot.Call(t.Context(), "Local")
	require.NoError(t, err)
	assert.Equal(t, "2", result.Version)
	assert.False(t, h.has(host.Unloaded))
	var reasons []string
	for _, v := range slot.Versions() {
		reasons = append(reasons, v.Reason)
	}
	assert.Contains(t, strings.Join(reasons, ""), "read")

	_, err = w.Write([]byte{1})
	require.NoError(t, err)
	eventually(t, func() bool { return h.has(host.Unloaded) }, "the event tells")
	_, err = slot.Close(t.Context())
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.NoError(t, w.Close())
	requireFootprint(t, before)
}
