package host_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A version crashes while a swap drains it and streams of it are being read: nothing is
// unmapped under the readers, who come back with the crash.
func TestCrashWhileStreamsOfARetiringVersionAreRead(t *testing.T) {
	one, two := libtest.Build(t, "callback", "1"), libtest.Build(t, "callback", "2")
	for range 12 {
		slot := newSlot(t, "callback", []string{one})
		var readers sync.WaitGroup
		inside := slot.Current()
		for range 8 {
			s := must(slot.CallStream(bg, "Bytes", int64(0), "hang"))(t)
			readers.Go(func() {
				_, err := s.Read(make([]byte, 10))
				assert.ErrorIs(t, err, host.ErrCrashed)
			})
		}
		crash := must(slot.CallStream(bg, "Bytes", int64(0), "crash"))(t)
		swapped := make(chan error, 1)
		go func() { _, err := slot.Swap(bg, two); swapped <- err }()
		require.Eventually(t, func() bool { return inside.State() == host.Retiring }, patience, poll)
		_, err := crash.Read(make([]byte, 10))
		require.ErrorIs(t, err, host.ErrCrashed)
		readers.Wait()
		require.NoError(t, <-swapped)
		assert.Equal(t, host.Unloaded, inside.State())
		requireNothingLeft(t)(slot.Close(bg))
	}
}
