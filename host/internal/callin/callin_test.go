package callin_test

import (
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/callin"
)

// address is asked for once, as in a host.
var address = sync.OnceValue(func() uintptr { return callin.Address(func(c *callin.Call) { handler(c) }) })

var handler func(*callin.Call)

// in calls the C function as C does.
func in(function uint64, args, out []byte) (n int, status int32) {
	f := call.Get()
	defer f.Put()
	f.Fn = address()
	f.Int(function)
	f.Pointer(unsafe.Pointer(unsafe.SliceData(args)))
	f.Int(uint64(len(args)))
	f.Pointer(unsafe.Pointer(unsafe.SliceData(out)))
	f.Int(uint64(len(out)))
	f.Pointer(unsafe.Pointer(&f.Length))
	f.Do()
	return int(f.Length), int32(f.R0)
}

func TestCall(t *testing.T) {
	handler = func(c *callin.Call) {
		args, out := unsafe.Slice((*byte)(c.Args), c.ArgsLen), unsafe.Slice((*byte)(c.Out), c.OutCap)
		*c.OutLen = uintptr(copy(out, args))
		c.Status = uintptr(c.Function >> 32)
	}
	out := make([]byte, 16)
	n, status := in(7<<32|1, []byte("some bytes"), out)
	assert.EqualValues(t, 7, status)
	assert.Equal(t, "some bytes", string(out[:n]))
}

// Calls inside calls, on stacks that move, from many goroutines.
func TestNested(t *testing.T) {
	handler = func(c *callin.Call) {
		grow(64)
		*c.OutLen = 0
		c.Status = uintptr(c.Function)
		if c.Function > 0 {
			_, status := in(c.Function-1, nil, nil)
			c.Status = uintptr(status) + 2
		}
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				_, status := in(5, nil, nil)
				assert.EqualValues(t, 10, status)
				runtime.Gosched()
			}
		})
	}
	wg.Wait()
}

func grow(n int) (sum byte) {
	var frame [512]byte
	frame[n%len(frame)] = byte(n)
	if n > 0 {
		sum = grow(n - 1)
	}
	return sum + frame[0]
}
