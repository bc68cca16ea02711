package host_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// Arguments and results do not move or change while the garbage collector
// runs all the time and stacks grow and move.
func TestCollectorAndGrowingStacks(t *testing.T) {
	const goroutines, rounds, depth = 16, 20, 60
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	echo := open(t, libtest.Build(t, "echo", "1"))
	text := must(host.Func1[string, string](echo, "Text"))(t)
	reverse := must(host.Func1[[]byte, []byte](echo, "Reverse"))(t)
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for n := range rounds {
				// A new goroutine begins with a small stack.
				var one sync.WaitGroup
				one.Go(func() { deep(t, depth, i*rounds+n, text, reverse) })
				one.Wait()
			}
		})
	}
	wg.Wait()
}

type (
	strFunc   = func(context.Context, string) (string, error)
	bytesFunc = func(context.Context, []byte) ([]byte, error)
)

// deep calls the library from each frame of a growing stack, with arguments
// that are built in that frame.
func deep(t *testing.T, depth, n int, text strFunc, reverse bytesFunc) {
	if depth == 0 {
		return
	}
	var room [200]byte
	b := fmt.Appendf(room[:0], "%d at %d", n, depth)
	s, err := text(t.Context(), string(b))
	assert.NoError(t, err)
	assert.Equal(t, string(b), s)
	deep(t, depth-1, n, text, reverse)
	back, err := reverse(t.Context(), b)
	assert.NoError(t, err)
	for i := range back {
		assert.Equal(t, b[len(b)-1-i], back[i])
	}
}

// An argument to which only the call still refers lives as long as the call does.
func TestArgumentsOutliveTheCollector(t *testing.T) {
	const goroutines, rounds = 16, 20
	echo := open(t, libtest.Build(t, "echo", "1"))
	later := must(host.Func1[string, string](echo, "Later"))(t)
	var wg sync.WaitGroup
	for i := range goroutines {
		wg.Go(func() {
			for n := range rounds {
				s, err := later(t.Context(), argument(i, n))
				assert.NoError(t, err)
				assert.Equal(t, argument(i, n), s)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for kept := make([][]byte, 1<<10); ; { // what is freed is soon used again
		select {
		case <-done:
			return
		default:
			runtime.GC()
		}
		for i := range kept {
			kept[i] = bytes.Repeat([]byte("!"), 64)
		}
	}
}

// argument makes a new text of 64 bytes.
func argument(i, n int) string { return fmt.Sprintf("%032d%032d", i, n) }
