package tls

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

func TestSlots(t *testing.T) {
	c := newCarrier(-1024, abi.MaxSlots)
	assert.Equal(t, abi.MaxSlots, c.Slots())
	slots := make([]Slot, abi.MaxSlots)
	for i := range slots {
		var err error
		slots[i], err = c.Acquire()
		require.NoError(t, err)
		assert.Equal(t, i, slots[i].Index())
		assert.EqualValues(t, -1024+i*abi.SlotSize, slots[i].Offset())
	}
	_, err := c.Acquire()
	require.ErrorIs(t, err, ErrNoSlot)
	assert.NotContains(t, err.Error(), Tunable)

	for _, i := range []int{5, 2, 9} {
		slots[i].Release()
	}
	for _, i := range []int{5, 2, 9} {
		s, err := c.Acquire()
		require.NoError(t, err)
		assert.Equal(t, i, s.Index(), "the one free for longest")
	}
	assert.Panics(t, slots[5].Release, "the slot is another's by now")
}

// A carrier that could not be as large as it may be says what would have helped.
func TestFewSlots(t *testing.T) {
	c := newCarrier(0, 1)
	_, err := c.Acquire()
	require.NoError(t, err)
	_, err = c.Acquire()
	require.ErrorIs(t, err, ErrNoSlot)
	assert.ErrorContains(t, err, Tunable)
}

func TestSlotsConcurrently(t *testing.T) {
	c := newCarrier(0, 4)
	var users [4]atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				s, err := c.Acquire()
				if !assert.NoError(t, err) {
					return
				}
				assert.EqualValues(t, 1, users[s.Index()].Add(1))
				users[s.Index()].Add(-1)
				s.Release()
			}
		})
	}
	wg.Wait()
}

// A block is made of slots that lie beside each other and are not lent as such any more: what it had in it
// would be taken for a record.
func TestBlocks(t *testing.T) {
	c := newCarrier(-1024, 8)
	first, err := c.Acquire()
	require.NoError(t, err)
	b, err := c.AcquireBlock(2*abi.SlotSize-1, 16)
	require.NoError(t, err)
	assert.Zero(t, b.Offset()%blockAlign)
	assert.Equal(t, 6, c.Slots())
	lent := map[int64]bool{}
	for range 5 {
		s, err := c.Acquire()
		require.NoError(t, err)
		lent[s.Offset()] = true
		assert.True(t, s.Offset()+abi.SlotSize <= b.Offset() || s.Offset() >= b.Offset()+2*abi.SlotSize, "it is in the block")
	}
	assert.Len(t, lent, 5)
	_, err = c.Acquire()
	require.ErrorIs(t, err, ErrNoSlot)
	_, err = c.AcquireBlock(1, 16)
	require.ErrorIs(t, err, ErrNoSlot)

	b.Release()
	_, err = c.Acquire()
	require.ErrorIs(t, err, ErrNoSlot, "it stays a block")
	_, err = c.AcquireBlock(3*abi.SlotSize, 16)
	require.ErrorIs(t, err, ErrNoSlot, "it is too small")
	_, err = c.AcquireBlock(abi.SlotSize, 32)
	require.ErrorIs(t, err, ErrNoSlot, "no block is so aligned")
	for _, size := range []uint64{0, 9 * abi.SlotSize, math.MaxUint64, math.MaxUint64 - abi.SlotSize} {
		_, err = c.AcquireBlock(size, 16)
		require.ErrorIs(t, err, ErrNoSlot, "nobody can have %d bytes", size)
	}
	again, err := c.AcquireBlock(abi.SlotSize, 16)
	require.NoError(t, err)
	assert.Equal(t, b, again)
	first.Release()
}
