package foreign

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHandlesAreNeverUsedAgain(t *testing.T) {
	var all table
	seen := map[Handle]bool{0: true}
	for range 1000 {
		h := all.add("x")
		assert.False(t, seen[h])
		seen[h] = true
		require.Equal(t, "x", all.find(h))
		require.True(t, all.take(h))
		require.Nil(t, all.find(h))
		require.False(t, all.take(h), "once")
	}
	assert.Equal(t, 1, all.used, "but places are")
	for h := range seen {
		require.Nil(t, all.find(h))
	}
}

func TestForeignHandlesFindNothing(t *testing.T) {
	var all table
	assert.Nil(t, all.find(0), "an empty table")
	h := all.add("x")
	for _, other := range []Handle{0, h + 1, h + 1<<placeBits, h ^ 1<<63, ^Handle(0), 12345} {
		assert.Nil(t, all.find(other), "%x", other)
	}
}

// Handles are found without a lock while others come and go, and the table grows.
func TestHandlesByManyThreads(t *testing.T) {
	var all table
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			var mine []Handle
			for n := range 2000 {
				mine = append(mine, all.add(i))
				if n%3 == 0 {
					assert.True(t, all.take(mine[0]))
					mine = mine[1:]
				}
				for _, h := range mine[max(0, len(mine)-4):] {
					assert.Equal(t, i, all.find(h))
				}
			}
			for _, h := range mine {
				assert.Equal(t, i, all.find(h))
			}
		})
	}
	wg.Wait()
}

func TestReleaseWhatIsOfAnotherKind(t *testing.T) {
	h := NewSettings()
	_, err := lookup[target](h)
	require.ErrorIs(t, err, ErrBadHandle)
	require.ErrorIs(t, SlotForgive(h), ErrBadHandle)
	require.NoError(t, Release(h))
	require.ErrorIs(t, Release(h), ErrBadHandle)
	require.ErrorIs(t, SettingsSet(h, "exclusive", "true"), ErrBadHandle)
}
