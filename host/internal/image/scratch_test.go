package image

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/proc"
)

func unmapped(addr uintptr, size int) bool { return proc.Free(uint64(addr), uint64(addr)+uint64(size)) }

// A buffer is used again as long as it is large enough, and what nobody uses for a
// while is unmapped.
func TestScratch(t *testing.T) {
	if runtime.GOOS != "linux" || raceEnabled {
		t.Skip("scratch buffers are on the heap here, or the race detector maps its own memory where they were")
	}
	const large = 2 << 20
	for range 20 { // the runtime may have mapped something else there meanwhile
		second := useScratch(t, large)
		for range 10 {
			if runtime.GC(); unmapped(second, large) {
				return
			}
			time.Sleep(time.Millisecond) // cleanups have a goroutine of their own
		}
	}
	assert.Fail(t, "still mapped")
}

// useScratch has nobody use a buffer of that size any more, whose address it returns. It is
// a function, as what a dead variable holds on the stack would be kept.
//
//go:noinline
func useScratch(t *testing.T, large int64) uintptr {
	const small = 1 << 20
	r := new(Scratch)
	b := r.Alloc(small)
	assert.Len(t, b, small)
	assert.Equal(t, small, cap(b))
	first := uintptr(unsafe.Pointer(&b[0]))
	assert.False(t, unmapped(first, small))

	b = r.Alloc(small / 2)
	assert.Len(t, b, small/2)
	assert.Equal(t, small/2, cap(b), "what is appended goes elsewhere")
	assert.Equal(t, first, uintptr(unsafe.Pointer(&b[0])))
	assert.Empty(t, r.Alloc(0))

	b = r.Alloc(large)
	b[0], b[large-1] = 1, 1
	second := uintptr(unsafe.Pointer(&b[0]))
	assert.True(t, first >= second && first < second+uintptr(large) || unmapped(first, small))
	scratches.Put(r)
	return second
}

// What a large library needed is given back at once: the pool would keep it until two
// collections have passed.
func TestLargeScratchIsGivenBack(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("scratch buffers are on the heap here")
	}
	for _, size := range []int{maxKept, maxKept + 1} {
		s, giveBack := Borrow()
		b := s.Alloc(int64(size))
		at := uintptr(unsafe.Pointer(&b[0]))
		giveBack()
		assert.Equal(t, size > maxKept, unmapped(at, size))
	}
}
