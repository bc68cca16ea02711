package server

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// free is what is left of b.
func (b *budget) left() (n int64) {
	for b.free.TryAcquire(1) {
		n++
	}
	b.free.Release(n)
	return n
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := newBudget(10 * smallBytes)
		one, two := b.share(), b.share()
		require.NoError(t, one.grow(ctx, 100*smallBytes), "larger than all: it has all")
		require.NoError(t, two.grow(ctx, smallBytes), "small ones need no turn")
		require.ErrorIs(t, two.grow(ctx, smallBytes+1), errBusy)
		canceled, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, two.grow(canceled, smallBytes+1), context.Canceled)
		became := make(chan struct{})
		go func() { defer close(became); synctest.Wait(); one.become(7 * smallBytes) }()
		require.NoError(t, two.grow(ctx, 3*smallBytes), "its turn has come")
		<-became
		two.become(4 * smallBytes)
		assert.EqualValues(t, 3*smallBytes, two.held, "there was no more")
		one.release()
		two.release()
		assert.EqualValues(t, 10*smallBytes, b.left())
	})
}

// Calls whose results are known to be large wait for each other, others do not.
func TestResultsAreExpected(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing happens at the same time, and the race detector makes it slow")
	}
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := newBudget(1 << 20)
		var r results
		expect := func(name string) error {
			s := b.share()
			return r.expect(ctx, s, keyOf(name, s))
		}
		big := keyOf("Big", b.share())
		require.NoError(t, expect("Big"), "the first")
		go func() { synctest.Wait(); r.saw(big, nil) }()
		require.NoError(t, expect("Big"), "the first failed, so this is it")
		go func() { synctest.Wait(); r.saw(big, make([]byte, 1<<17)) }()
		require.NoError(t, expect("Big"), "there is room")
		assert.Zero(t, b.left())
		require.ErrorIs(t, expect("Big"), errBusy)

		require.NoError(t, expect("Slow"), "the first")
		require.NoError(t, expect("Slow"), "nobody waits long for it")
		r.saw(keyOf("Slow", b.share()), "text")
		require.NoError(t, expect("Slow"))

		b = newBudget(1 << 20)
		small := keyOf("Small", b.share())
		require.NoError(t, expect("Small"), "the first")
		for _, together := range []int{2, 4, 8} { // as it turns out to be small
			b = newBudget(1 << 20)
			r.saw(small, "text")
			for i := range together {
				require.NoError(t, expect("Small"))
				assert.EqualValues(t, (1<<20)/together*(together-i-1), b.left())
			}
			require.NoError(t, expect("Small"), "but those before take their time")
		}
	})
}

// What was given much may well return much, and says nothing of others.
func TestResultsOfLargeArguments(t *testing.T) {
	b := newBudget(1 << 20)
	var r results
	small, large := b.share(), b.share()
	require.NoError(t, large.grow(t.Context(), 1<<19))
	for _, s := range []*share{small, large} {
		require.NoError(t, r.expect(t.Context(), s, keyOf("Text", s)))
	}
	r.saw(keyOf("Text", small), "text")
	r.saw(keyOf("Text", large), make([]byte, 1<<20))
	assert.EqualValues(t, len("text"), r.of[keyOf("Text", small)].expected())
	assert.EqualValues(t, 1<<20, r.of[keyOf("Text", large)].expected())
}

// A large result is remembered a while, whatever comes behind it, and not for ever.
func TestResultsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r results
		key := resultKey{"F", 0}
		require.NoError(t, r.expect(t.Context(), newBudget(1).share(), key))
		assert.EqualValues(t, copiesInHand<<20, r.saw(key, make([]byte, 1<<20)))
		assert.Zero(t, r.saw(key, nil), "a call that failed says nothing")
		for range 100 {
			r.saw(key, "text")
			assert.EqualValues(t, 1<<20, r.of[key].expected())
		}
		time.Sleep(resultWindow)
		r.saw(key, "text")
		assert.EqualValues(t, 1<<20, r.of[key].expected())
		time.Sleep(resultWindow)
		r.saw(key, "text")
		assert.EqualValues(t, len("text"), r.of[key].expected())
		r.saw(key, make([]byte, 1<<20))
		time.Sleep(2 * resultWindow)
		r.saw(key, "text")
		assert.EqualValues(t, len("text"), r.of[key].expected())
	})
}
