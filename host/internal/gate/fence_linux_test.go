//go:build amd64 && !race

package gate

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Each side writes and then looks whether the other has: one of them must see it.
// A processor keeps a plain store to itself for a while, so without the fence both
// miss the other every few thousand rounds.
func TestFence(t *testing.T) {
	if !asymmetric || runtime.GOMAXPROCS(0) < 2 {
		t.Skip("callers count with barriers of their own, or alone")
	}
	const rounds = 200_000
	deadline := time.Now().Add(3 * time.Second) // for a machine that is busy
	var v struct {
		count  uint64 // the caller's
		_      [rowSize]byte
		closed atomic.Uint64 // the owner's
		_      [rowSize]byte
		start  atomic.Uint64
		_      [rowSize]byte
		seen   atomic.Uint64 // what the caller has read of closed, +1
	}
	go func() {
		for n := uint64(1); n <= rounds; n++ {
			for v.start.Load() < n {
			}
			if v.start.Load() > rounds {
				return
			}
			v.count = n
			v.seen.Store(v.closed.Load() + 1)
		}
	}()
	both := 0
	for n := uint64(1); n <= rounds && time.Now().Before(deadline); n++ {
		v.start.Store(n)
		for range n % 64 { // any distance between the two
		}
		v.closed.Store(n)
		fence()
		counted := atomic.LoadUint64(&v.count)
		for v.seen.Load() == 0 {
			runtime.Gosched()
		}
		if counted != n && v.seen.Load()-1 != n {
			both++
		}
		v.seen.Store(0)
	}
	v.start.Store(rounds + 1)
	assert.Zero(t, both, "rounds in which both missed the other")
}
