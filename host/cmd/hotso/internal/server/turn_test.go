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
		end, err := turns.take(t.Context())
		require.NoError(t, err)
		go func() { time.Sleep(turnTime / 2); end() }()
		slow, err := turns.take(t.Context())
		require.NoError(t, err)
		assert.Equal(t, turnTime/2, time.Since(began), "the first has ended")
		end, err = turns.take(t.Context())
		require.NoError(t, err)
		assert.Equal(t, turnTime+turnTime/2, time.Since(began), "the second has not")
		slow() // and gives nothing back that it does not have
		canceled, cancel := context.WithTimeout(t.Context(), turnTime/2)
		defer cancel()
		_, err = turns.take(canceled)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		end()
		time.Sleep(turnTime)
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
