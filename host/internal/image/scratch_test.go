package image

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/proc"
)

func unmapped(addr uintptr, size int) bool { return proc.Free(uint64(addr), uint64(addr)+uint64(size)) }

// A buffer is used again as long as it is large enough, and what nobody uses for a
// while is unmapped.
func TestScratch(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("scratch buffers are on the heap here")
	}
	const small, large = 1 << 20, 2 << 20
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
	assert.True(t, first >= second && first < second+large || unmapped(first, small))
	scratches.Put(r)
	r, b = nil, nil
	for range 100 {
		if runtime.GC(); unmapped(second, large) {
			return
		}
	}
	assert.Fail(t, "still mapped")
}
