package host_test

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// However many calls there are, and in however many versions, the process does not run
// out of threads.
func TestProcessKeepsThreads(t *testing.T) {
	needUnload(t)
	out := child(t, "threads", libtest.Build(t, "crash", "1"), libtest.Build(t, "crash", "2"))
	assert.Contains(t, out, "the host goes on")
}

// fillWithCalls is the other process.
func fillWithCalls(t *testing.T, paths ...string) {
	debug.SetMaxThreads(100)
	var slots []*host.Slot
	for _, p := range paths {
		slots = append(slots, newSlot(t, "crash", []string{p}, host.MaxCalls(0, 0)))
	}
	answers := make(chan error)
	const each = 200
	for _, slot := range slots {
		sleep := must(host.Func1[int64, int64](slot, "Sleep"))(t)
		for range each {
			go func() { _, err := sleep(bg, 2000); answers <- err }()
		}
	}
	answered := 0
	for range each * len(slots) {
		if err := <-answers; err == nil {
			answered++
		} else {
			assert.ErrorIs(t, err, host.ErrTooManyCalls)
		}
	}
	assert.Greater(t, answered, 60)
	assert.LessOrEqual(t, answered, 80, "four fifths")
	for _, slot := range slots {
		require.NoError(t, newVictim(t, slot).add())
	}
	println("the host goes on")
}
