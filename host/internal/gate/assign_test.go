package gate

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func assigned(t *testing.T, g *Gate[int]) *Lease[int] {
	t.Helper()
	s := g.Assign()
	if s == nil {
		t.Skip("callers count with barriers of their own")
	}
	return s
}

// enter and leave are those of libhotso/directly.h.
func enter(g *Gate[int], s *Lease[int]) bool {
	closed, _, _ := g.Addresses(s)
	if s.state != free {
		return false
	}
	s.state = taken
	if (*atomic.Uint32)(closed).Load() != 0 {
		s.state = free
		g.Settle()
		return false
	}
	return true
}

func leave(g *Gate[int], s *Lease[int]) {
	closed, _, left := g.Addresses(s)
	*(*uint64)(left)++
	s.state = free
	if (*atomic.Uint32)(closed).Load() != 0 {
		g.Settle()
	}
}

func TestAssignedLeaseCounts(t *testing.T) {
	var g Gate[int]
	limit := NewLimit(1 << 16)
	g.SetLimits(limit)
	s := assigned(t, &g)
	assert.EqualValues(t, 1, limit.taken.Load())
	assert.Zero(t, g.InFlight())
	require.True(t, enter(&g, s))
	assert.EqualValues(t, 1, g.InFlight())
	assert.True(t, s.Taken())
	assert.False(t, enter(&g, s), "of one thread")

	g.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.Error(t, g.Wait(ctx), "somebody is inside")
	go leave(&g, s)
	require.NoError(t, g.Wait(t.Context()), "who leaves a closed gate wakes those who wait")
	assert.EqualValues(t, 1, g.Left())
	assert.False(t, enter(&g, s), "it is closed")
	assert.Nil(t, g.Assign())
	g.Reopen()
	require.True(t, enter(&g, s))
	leave(&g, s)
	g.Unassign(s)
	assert.Same(t, s, g.Assign(), "for the next thread")
	g.Close()
	require.True(t, g.Seal())
	assert.Zero(t, limit.taken.Load(), "its place was given back")
}

// A gate with few places, or few that may be kept, assigns none.
func TestAssignKeepsToTheLimits(t *testing.T) {
	var small Gate[int]
	small.SetLimits(NewLimit(exact - 1))
	assert.Nil(t, small.Assign())
	var g Gate[int]
	g.SetLimits(NewLimit(exact))
	n := 0
	for g.Assign() != nil {
		n++
	}
	if asymmetric {
		assert.Equal(t, exact/2, n)
	}
	s, ok := g.Enter()
	require.True(t, ok, "others find a place")
	g.Leave(s)
}

// Nobody is inside a gate that was waited for, however a direct caller and the owner race.
func TestAssignedLeaseRacesWithTheOwner(t *testing.T) {
	var g Gate[int]
	s := assigned(t, &g)
	var inside, entered atomic.Int32
	var stop atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !stop.Load() {
			if enter(&g, s) {
				inside.Store(1)
				inside.Store(0)
				leave(&g, s)
				entered.Add(1)
			}
		}
	}()
	for n := 0; n < 2000 || entered.Load() < 1000; n++ {
		g.Close()
		require.NoError(t, g.Wait(t.Context()))
		require.Zero(t, inside.Load())
		g.Reopen()
	}
	stop.Store(true)
	<-done
}
