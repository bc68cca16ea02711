package host

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/proc"
)

func unmapped(addr uintptr, size int) bool { return proc.Free(uint64(addr), uint64(addr)+uint64(size)) }

// A room is used again as long as it is large enough, and what nobody uses for a
// while is unmapped.
func TestRoom(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("rooms are on the heap here")
	}
	const small, large = 1 << 20, 2 << 20
	r := new(room)
	b := r.of(small)
	assert.Len(t, b, small)
	assert.Equal(t, small, cap(b))
	first := uintptr(unsafe.Pointer(&b[0]))
	assert.False(t, unmapped(first, small))

	b = r.of(small / 2)
	assert.Len(t, b, small/2)
	assert.Equal(t, small/2, cap(b), "what is appended goes elsewhere")
	assert.Equal(t, first, uintptr(unsafe.Pointer(&b[0])))
	assert.Empty(t, r.of(0))

	b = r.of(large)
	b[0], b[large-1] = 1, 1
	second := uintptr(unsafe.Pointer(&b[0]))
	assert.True(t, first >= second && first < second+large || unmapped(first, small))
	rooms.Put(r)
	r, b = nil, nil
	for range 100 {
		if runtime.GC(); unmapped(second, large) {
			return
		}
	}
	assert.Fail(t, "still mapped")
}
