package host_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Goroutines of a dead library still write to the results of calls that have
// returned. That memory must not have been given to anybody else.
func TestCrashLeavesResultsToTheDead(t *testing.T) {
	const size = 64 << 10
	lib := must(host.Open(bg, libtest.Build(t, "crash", "1")))(t)
	v := newVictim(t, lib)
	scribble := must(host.Func1[int64, string](lib, "Scribble"))(t)
	_, err := scribble(bg, size) // from now on the buffers are that large
	require.NoError(t, err)

	// One caller that does not return keeps the library's threads alive.
	hold := must(host.Func1[uint64, host.None](lib, "Callback"))(t)
	release := make(chan struct{})
	held := v.within(1, func() error { _, err := hold(bg, callback(func() { <-release })); return err })
	freed := v.within(32, func() error { _, err := scribble(bg, 0); return err })
	crashed(t, v.crash("exit"), "1") // a panic would stop the goroutines
	freed()

	runtime.GC()
	runtime.GC() // the first one only tells the pool that its frames are unused
	var others [][]byte
	for range 64 {
		frame := call.Get()
		assert.Zero(t, frame.Length)
		others = append(others, frame.Buffer, make([]byte, size))
		clear(frame.Buffer)
	}
	time.Sleep(20 * time.Millisecond) // for the library
	for _, b := range others {
		assert.Zero(t, bytes.Count(b, []byte{0xff}))
	}
	close(release)
	held()
	requireNothingLeft(t)(lib.Close(bg))
}
