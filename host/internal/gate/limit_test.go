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

func TestLimitIsExact(t *testing.T) {
	for _, n := range []int{1, 2, exact - 1} {
		var g Gate[int]
		g.SetLimits(NewLimit(n))
		var inside []*Lease[int]
		for range n {
			s, ok := g.Enter()
			require.True(t, ok)
			inside = append(inside, s)
		}
		_, ok := g.Enter()
		assert.False(t, ok, "beyond %d", n)
		_, err := g.EnterWithin(t.Context(), 0)
		assert.ErrorIs(t, err, ErrFull)
		g.Leave(inside[0])
		s, ok := g.Enter()
		require.True(t, ok, "a place was given back")
		g.Leave(s)
	}
}

// Leases that are kept for a processor count, so the limit holds with them too.
func TestLimitHoldsWithLeasesKept(t *testing.T) {
	var g Gate[int]
	n := exact + 10
	l := NewLimit(n)
	g.SetLimits(l)
	var inside []*Lease[int]
	for {
		s, ok := g.Enter()
		if !ok {
			break
		}
		inside = append(inside, s)
	}
	assert.LessOrEqual(t, len(inside), n)
	assert.Greater(t, len(inside), n-rowLeases*runtime.GOMAXPROCS(0))
	for i, s := range inside {
		if i%2 == 0 {
			g.Leave(s)
		} else {
			g.Abandon(s)
		}
	}
	g.Close()
	assert.NotZero(t, l.taken.Load(), "by what is kept")
	require.True(t, g.Seal())
	require.True(t, g.Seal())
	assert.Zero(t, l.taken.Load())
}

func TestLimitIsShared(t *testing.T) {
	var a, b Gate[int]
	all := NewLimit(2)
	a.SetLimits(NewLimit(5), all)
	b.SetLimits(NewLimit(1), all)
	first, _ := a.Enter()
	second, ok := a.Enter()
	require.True(t, ok)
	_, ok = b.Enter()
	require.False(t, ok, "the process is full")
	a.Leave(first)
	third, ok := b.Enter()
	require.True(t, ok, "what was taken of its own limit was given back")
	b.Leave(third)
	a.Abandon(second)
	assert.Zero(t, all.taken.Load())
}

func TestWaitForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gate[int]
		g.SetLimits(NewLimit(1))
		s, _ := g.Enter()
		begin := time.Now()
		_, err := g.EnterWithin(t.Context(), time.Second)
		require.ErrorIs(t, err, ErrFull)
		assert.Equal(t, time.Second, time.Since(begin))

		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = g.EnterWithin(ctx, time.Second)
		require.ErrorIs(t, err, ErrFull)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		entered := make(chan *Lease[int])
		go func() {
			s, err := g.EnterWithin(t.Context(), time.Second)
			assert.NoError(t, err)
			entered <- s
		}()
		synctest.Wait()
		g.Leave(s)
		s = <-entered

		closed := make(chan error)
		go func() {
			_, err := g.EnterWithin(t.Context(), time.Second)
			closed <- err
		}()
		synctest.Wait()
		begin = time.Now()
		g.Close()
		assert.ErrorIs(t, <-closed, ErrClosed)
		assert.Zero(t, time.Since(begin), "it goes elsewhere at once")
		g.Leave(s)
		require.NoError(t, g.Wait(t.Context()))
	})
}

// Whoever is woken by one limit, and then waits for another in vain, has kept nobody from
// the place.
func TestAPlaceIsPassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := NewLimit(2)
		var g, other Gate[int]
		g.SetLimits(all, NewLimit(1))
		other.SetLimits(all)
		s, ok := g.Enter()
		require.True(t, ok)
		first, second := make(chan error), make(chan error)
		wait := func(patience time.Duration, result chan error) {
			s, err := g.EnterWithin(t.Context(), patience)
			if err == nil {
				g.Leave(s)
			}
			result <- err
		}
		go wait(time.Second, first)
		synctest.Wait()
		go wait(time.Hour, second)
		synctest.Wait()
		var more [2]*Lease[int]
		for i := range more {
			more[i], _ = other.EnterBeyond()
		}
		g.Leave(s) // wakes the first, for whom all is full now
		assert.ErrorIs(t, <-first, ErrFull)
		for _, s := range more {
			other.Leave(s)
		}
		assert.NoError(t, <-second, "nobody is inside")
	})
}

// The leases that idle gates keep leave places for the others.
func TestIdleGatesLeaveRoom(t *testing.T) {
	all := NewLimit(exact)
	gates := make([]Gate[int], exact)
	for i := range gates {
		g := &gates[i]
		g.SetLimits(all)
		var inside [rowLeases]*Lease[int]
		for j := range inside {
			var ok bool
			inside[j], ok = g.Enter()
			require.True(t, ok, "nobody is inside of the %d before", i)
		}
		for _, s := range inside {
			g.Leave(s)
		}
	}
	assert.NotZero(t, all.taken.Load(), "by what is kept")
	for i := range gates {
		gates[i].Close()
		require.True(t, gates[i].Seal())
	}
	assert.Zero(t, all.taken.Load())
	assert.Zero(t, all.kept.Load())
}

func TestEnterBeyond(t *testing.T) {
	var g Gate[int]
	l := NewLimit(1)
	g.SetLimits(l)
	s, _ := g.Enter()
	more, ok := g.EnterBeyond()
	require.True(t, ok)
	g.Leave(s)
	_, ok = g.Enter()
	require.False(t, ok, "it counts")
	g.Leave(more)
	assert.Zero(t, l.taken.Load())
	g.Close()
	_, ok = g.EnterBeyond()
	require.False(t, ok)
	assert.Zero(t, l.taken.Load())
}

// A closed gate has the same limits for those whom the owner lets in.
func TestEnterClosedWithin(t *testing.T) {
	var g Gate[int]
	l := NewLimit(2)
	g.SetLimits(l)
	s, _ := g.Enter()
	g.Close()
	guest, err := g.EnterClosedWithin(t.Context(), time.Minute)
	require.NoError(t, err)
	assert.EqualValues(t, 2, g.InFlight())
	_, err = g.EnterClosedWithin(t.Context(), time.Millisecond)
	require.ErrorIs(t, err, ErrFull)
	owner, ok := g.EnterOwner()
	require.True(t, ok)
	g.Leave(owner)

	entered := make(chan *Lease[int])
	go func() {
		s, err := g.EnterClosedWithin(context.Background(), time.Minute)
		assert.NoError(t, err)
		entered <- s
	}()
	require.Eventually(t, func() bool { return l.waiting.Load() == 1 }, time.Minute, time.Millisecond)
	g.Leave(s)
	g.Leave(<-entered)
	g.Abandon(guest)
	assert.Zero(t, l.taken.Load())
	require.True(t, g.Seal())
	_, err = g.EnterClosedWithin(t.Context(), time.Minute)
	require.ErrorIs(t, err, ErrClosed)
	assert.Zero(t, l.taken.Load())
}

// Everybody gets in at last, and there are never more inside than the limit says: no
// wake-up is lost.
func TestLimitUnderLoad(t *testing.T) {
	for _, n := range []int{1, 3, exact} {
		var g, other Gate[int]
		shared := NewLimit(max(n-1, 1))
		g.SetLimits(NewLimit(n), shared)
		other.SetLimits(NewLimit(n), shared)
		var inside, most atomic.Int64
		var callers sync.WaitGroup
		for i := range max(50, n+50) {
			callers.Go(func() {
				g := &g
				if i%2 == 0 {
					g = &other
				}
				for range 20 {
					s, err := g.EnterWithin(withPatience(t), patience)
					if !assert.NoError(t, err) {
						return
					}
					for now := inside.Add(1); ; {
						if m := most.Load(); now <= m || most.CompareAndSwap(m, now) {
							break
						}
					}
					runtime.Gosched()
					inside.Add(-1)
					g.Leave(s)
				}
			})
		}
		callers.Wait()
		assert.LessOrEqual(t, most.Load(), shared.max)
		g.Close()
		other.Close()
		require.True(t, g.Seal() && other.Seal())
		assert.Zero(t, shared.taken.Load())
		assert.Zero(t, shared.waiting.Load())
	}
}
