//go:build cgo

package cabi

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

func TestTakeHandsOutOnce(t *testing.T) {
	status := keep(abi.Error, []byte("broken"))
	assert.EqualValues(t, abi.Error, abi.Kind(status))
	assert.Positive(t, status)
	assertTakes(t, "broken", status)
	assertGone(t, status)
}

func TestTakeIntoTooSmallABufferKeepsTheBytes(t *testing.T) {
	status := keep(abi.Error, []byte("broken"))
	for _, capacity := range []int{0, 5} {
		c := newCaller(capacity)
		assert.EqualValues(t, abi.TooSmall, abi.Kind(take(status, c.buffer())))
		assert.EqualValues(t, 6, c.length)
		assert.Equal(t, make([]byte, capacity), c.memory[:capacity], "nothing is written")
	}
	assertTakes(t, "broken", status)
}

func TestTakeOfNothing(t *testing.T) {
	for _, status := range []int32{abi.OK, abi.Error, abi.Gone, -1, abi.Error | abi.MaxStatusID<<8} {
		assertGone(t, status)
	}
}

func TestKeepCutsMessagesButNotResults(t *testing.T) {
	long := strings.Repeat("x", keptBytes+1)
	message := keep(abi.Error, []byte(long))
	result := keep(abi.TooSmall, []byte(long))
	assertTakes(t, long[:keptBytes], message)
	assertTakes(t, long, result)
}

func TestKeepAndTakeFromManyThreads(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				assertTakes(t, "mine", keep(abi.Error, []byte("mine")))
			}
		})
	}
	wg.Wait()
}

func TestPendingBelongsToItsThread(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pending := func() uint32 { return atomic.LoadUint32(pendingCount()) }
	require.Zero(t, pending())
	require.EqualValues(t, abi.OK, hotso_go_take_status())

	mine := keep(abi.Panic, []byte("mine"))
	setPending(keep(abi.Panic, []byte("forgotten")))
	setPending(mine)
	assert.EqualValues(t, 1, pending(), "the last one of a thread counts")

	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked, so this thread ends
		assert.EqualValues(t, abi.OK, hotso_go_take_status(), "another thread's status")
		theirs := keep(abi.Panic, []byte("theirs"))
		setPending(theirs)
		assert.EqualValues(t, 2, pending())
		assert.Equal(t, theirs, hotso_go_take_status())
	}()
	<-done

	assert.EqualValues(t, 1, pending())
	assert.Equal(t, mine, hotso_go_take_status())
	assert.Zero(t, pending())
	assert.EqualValues(t, abi.OK, hotso_go_take_status(), "it is forgotten")
	assertTakes(t, "mine", mine)
}
