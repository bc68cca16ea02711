package gate

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what must happen; it fails afterwards.
const patience = 20 * time.Second

func withPatience(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestZeroGateIsOpen(t *testing.T) {
	var g Gate[int]
	s, ok := g.Enter()
	require.True(t, ok)
	assert.EqualValues(t, 1, g.InFlight())
	assert.False(t, g.Drained())
	g.Leave(s)
	assert.Zero(t, g.InFlight())
	assert.False(t, g.Drained(), "an open gate is empty, not drained")
	assert.ErrorIs(t, g.Wait(t.Context()), ErrOpen)
}

func TestCloseEmpty(t *testing.T) {
	var g Gate[int]
	g.Close()
	g.Close()
	_, ok := g.Enter()
	assert.False(t, ok)
	assert.True(t, g.Drained())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	assert.NoError(t, g.Wait(ended), "empty is empty, whatever the context says")
}

func TestWaitForTheLastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate[int]
		first, _ := g.Enter()
		second, _ := g.Enter()
		g.Close()
		waited := make(chan error, 1)
		go func() { waited <- g.Wait(t.Context()) }()

		g.Leave(first)
		synctest.Wait()
		assert.Empty(t, waited, "Wait returned while one was inside")
		assert.False(t, g.Drained())
		assert.EqualValues(t, 1, g.InFlight())
		g.Leave(second)
		assert.True(t, g.Drained())
		assert.NoError(t, <-waited)
	})
}

func TestWaitDeadline(t *testing.T) {
	var g Gate[int]
	s, _ := g.Enter()
	g.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	err := g.Wait(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "1 calls still inside")

	_, ok := g.Enter()
	assert.False(t, ok, "a missed deadline does not open the gate")
	g.Leave(s)
	assert.NoError(t, g.Wait(withPatience(t)))
}

func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate[int]
		g.Reopen()
		old, _ := g.Enter()
		g.Close()
		waited := make(chan error, 1)
		go func() { waited <- g.Wait(t.Context()) }()
		synctest.Wait()
		g.Reopen()
		assert.ErrorIs(t, <-waited, ErrReopened)

		s, ok := g.Enter()
		require.True(t, ok)
		assert.EqualValues(t, 2, g.InFlight(), "those inside stayed inside")
		g.Leave(s)
		g.Close()
		assert.False(t, g.Drained())
		g.Leave(old)
		assert.NoError(t, g.Wait(t.Context()), "who came in before the first Close counts for the second")
		g.Reopen()
		assert.False(t, g.Drained())
	})
}

func TestLeaveWithoutEnter(t *testing.T) {
	for _, inARow := range []bool{true, false} {
		var g Gate[int]
		for range rowLeases {
			if !inARow {
				_, _ = g.Enter()
			}
		}
		s, ok := g.Enter()
		require.True(t, ok)
		g.Leave(s)
		assert.Panics(t, func() { g.Leave(s) })
	}
}

// A lease has one caller at a time, and what a caller leaves in it the next one finds.
// Callers who find no lease on their processor get one elsewhere.
func TestSeats(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var g Gate[int]
	seen := map[*Lease[int]]bool{}
	var leases []*Lease[int]
	for i := range 3 * rowLeases {
		s, ok := g.Enter()
		require.True(t, ok)
		assert.False(t, seen[s], "the other caller has it")
		assert.Equal(t, i >= rowLeases, s.extra != nil)
		s.Value = i
		seen[s] = true
		leases = append(leases, s)
	}
	assert.EqualValues(t, len(leases), g.InFlight())
	assert.Zero(t, g.Left())
	g.Leave(leases[1])
	again, _ := g.Enter()
	assert.Same(t, leases[1], again)
	assert.Equal(t, 1, again.Value)

	g.Close()
	for i, s := range leases {
		assert.False(t, g.Drained())
		if i%2 == 0 {
			g.Leave(s)
		} else {
			g.Abandon(s)
		}
	}
	assert.True(t, g.Drained())
	assert.EqualValues(t, len(leases)+1, g.Left())
	g.Reopen()
	for range len(leases) {
		s, ok := g.Enter()
		require.True(t, ok)
		assert.NotContains(t, []*Lease[int]{leases[1], leases[3], leases[5], leases[7]}, s, "it was abandoned")
	}
}

// Processors that have no row of their own share one.
func TestManyProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(rowCount + 40))
	var g Gate[int]
	var wg sync.WaitGroup
	const each = 2000
	for range rowCount + 40 {
		wg.Go(func() {
			for range each {
				if s, ok := g.Enter(); ok {
					runtime.Gosched()
					g.Leave(s)
				}
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, (rowCount+40)*each, g.Left())
	g.Close()
	assert.True(t, g.Drained())
}

// TestInvariant has 1,000 callers come and go while the owner closes, waits
// and reopens. Nobody may be inside between Wait and Reopen.
func TestInvariant(t *testing.T) {
	const callers, rounds = 1000, 50
	var (
		g               Gate[int]
		inside          atomic.Int64
		entered, left   atomic.Int64
		refused         atomic.Int64
		taken           atomic.Bool // the owner has taken away what the gate protects
		done            atomic.Bool
		wg              sync.WaitGroup
		violations, neg atomic.Int64
		protected       int // plain memory: the race detector watches it
	)
	for range callers {
		wg.Go(func() {
			for !done.Load() {
				s, ok := g.Enter()
				if !ok {
					refused.Add(1)
					runtime.Gosched()
					continue
				}
				entered.Add(1)
				inside.Add(1)
				if protected < 0 || taken.Load() {
					violations.Add(1)
				}
				runtime.Gosched()
				if taken.Load() {
					violations.Add(1)
				}
				inside.Add(-1)
				left.Add(1)
				g.Leave(s)
			}
		})
	}
	wg.Go(func() {
		for !done.Load() {
			if g.InFlight() < 0 {
				neg.Add(1)
			}
			runtime.Gosched()
		}
	})
	for range rounds {
		before := entered.Load()
		require.Eventually(t, func() bool { return entered.Load() > before }, patience, time.Millisecond)
		g.Close()
		require.NoError(t, g.Wait(withPatience(t)))
		taken.Store(true)
		protected++
		for range 10 {
			runtime.Gosched()
		}
		assert.Zero(t, inside.Load())
		assert.Zero(t, g.InFlight())
		assert.Equal(t, entered.Load(), left.Load())
		taken.Store(false)
		g.Reopen()
	}
	done.Store(true)
	wg.Wait()
	assert.Zero(t, violations.Load(), "callers inside after Wait returned")
	assert.Zero(t, neg.Load(), "negative counts")
	assert.Zero(t, g.InFlight())
	assert.Equal(t, entered.Load(), left.Load())
	assert.Positive(t, refused.Load(), "the closed gate was tried")
}

// TestNoLostWakeUp has the last callers leave while the gate is closed, many times over.
func TestNoLostWakeUp(t *testing.T) {
	ctx := withPatience(t)
	for range 2000 {
		var g Gate[int]
		var wg sync.WaitGroup
		for range 4 {
			s, ok := g.Enter()
			require.True(t, ok)
			wg.Go(func() { g.Leave(s) })
		}
		g.Close()
		require.NoError(t, g.Wait(ctx))
		wg.Wait()
	}
}

func TestNoAllocation(t *testing.T) {
	var g Gate[int]
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		s, _ := g.Enter()
		g.Leave(s)
	}))
}
