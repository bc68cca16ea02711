package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"
)

// Requests take turns, and one that waits for something else keeps nobody for long.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := turns{semaphore.NewWeighted(1), new(lacks)}
		began := time.Now()
		first, err := turns.take(t.Context())
		require.NoError(t, err)
		go func() { time.Sleep(turnTime / 2); first.end() }()
		slow, err := turns.take(t.Context())
		require.NoError(t, err)
		assert.Equal(t, turnTime/2, time.Since(began), "the first has ended")
		last, err := turns.take(t.Context())
		require.NoError(t, err)
		assert.Equal(t, turnTime+turnTime/2, time.Since(began), "the second has not")
		slow.end() // and gives nothing back that it does not have
		canceled, cancel := context.WithTimeout(t.Context(), turnTime/2)
		defer cancel()
		_, err = turns.take(canceled)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		last.end()
		time.Sleep(turnTime)
		assert.True(t, turns.free.TryAcquire(1))
		assert.False(t, turns.free.TryAcquire(1))
	})
}

// What waits for nothing keeps its turn for as long as it takes, and gets another if its own is over.
func TestHeldTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := turns{semaphore.NewWeighted(1), new(lacks)}
		held, err := turns.take(t.Context())
		require.NoError(t, err)
		require.NoError(t, held.hold(t.Context()))
		time.Sleep(10 * turnTime)
		assert.False(t, turns.free.TryAcquire(1))
		held.wait()
		next, err := turns.take(t.Context())
		require.NoError(t, err)
		began := time.Now()
		go func() { time.Sleep(turnTime / 2); next.end() }()
		require.NoError(t, held.hold(t.Context()))
		assert.Equal(t, turnTime/2, time.Since(began), "it has waited for another")
		time.Sleep(10 * turnTime)
		assert.False(t, turns.free.TryAcquire(1))
		held.end()
		assert.True(t, turns.free.TryAcquire(1))
		assert.False(t, turns.free.TryAcquire(1))
	})
}

// Only results that were large before wait for a turn.
func TestLargestResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r results
		key := keyOf("Text", newBudget(1).share())
		assert.Zero(t, r.largest(key), "not known yet")
		r.get(key)
		r.saw(key, make([]byte, 2*smallBytes))
		r.saw(key, "text")
		assert.EqualValues(t, 2*smallBytes, r.largest(key))
		time.Sleep(2 * resultWindow)
		r.saw(key, "text")
		assert.EqualValues(t, 4, r.largest(key))
	})
}
