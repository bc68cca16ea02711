package kept

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/cabi/abi"
)

func takes(t *testing.T, b *Bytes, id uint32, want string) {
	t.Helper()
	data, ok := b.Take(id, math.MaxUint)
	assert.True(t, ok)
	assert.Equal(t, want, string(data))
	gone(t, b, id)
}

func gone(t *testing.T, b *Bytes, id uint32) {
	t.Helper()
	_, ok := b.Take(id, math.MaxUint)
	assert.False(t, ok)
}

func TestTake(t *testing.T) {
	var b Bytes
	gone(t, &b, 0)
	id := b.Keep([]byte("some"), false)
	gone(t, &b, 0)
	gone(t, &b, id+1)
	data, ok := b.Take(id, 3)
	assert.True(t, ok)
	assert.Equal(t, "some", string(data), "it stays if there is no room")
	takes(t, &b, id, "some")
}

func TestWhoDoesNotAskCostsLittle(t *testing.T) {
	var b Bytes
	first := b.Keep([]byte("first"), false)
	for range Few - 1 {
		b.Keep(nil, false)
	}
	takes(t, &b, first, "first")

	first = b.Keep([]byte("first"), false)
	for range Few {
		b.Keep(nil, false)
	}
	gone(t, &b, first)
	assert.Equal(t, Few, b.order.Len())
}

func TestWhoAsksForEverythingGetsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bytes
		first, second := b.Keep([]byte("first"), true), b.Keep([]byte("second"), true)
		for range 10 * Few {
			b.Keep(nil, true)
		}
		time.Sleep(Patience - 1)
		b.Keep(nil, true)
		takes(t, &b, first, "first")
		time.Sleep(time.Nanosecond)
		b.Keep(nil, true)
		gone(t, &b, second)
		assert.Equal(t, Few, b.order.Len(), "but not for ever")
		for range Most + 1 {
			b.Keep(nil, true)
		}
		assert.Equal(t, Most, b.order.Len())
	})
}

func TestIDsWrapAround(t *testing.T) {
	var b Bytes
	first := b.Keep([]byte("first"), false)
	b.last = abi.MaxStatusID - 1
	assert.EqualValues(t, abi.MaxStatusID, b.Keep(nil, false))
	assert.Equal(t, first+1, b.Keep(nil, false), "an id that is in use is left out")
	takes(t, &b, first, "first")
}
