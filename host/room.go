package host

import (
	"runtime"
	"sync"
)

// A room is where the bytes of a file go until they are in the private copy. It is
// not on the heap: some megabytes more there would begin a collection, in the middle
// of the load.
type room struct {
	b       []byte
	cleanup runtime.Cleanup // gives b back when the pool lets the room go
}

// rooms has those that are not in use: the next version's bytes go where the last
// one's were. What is not used for a while the pool lets go.
var rooms = sync.Pool{New: func() any { return new(room) }}

// borrowRoom returns a room and how to give it back: when nobody reads the bytes
// any more.
func borrowRoom() (r *room, giveBack func()) {
	r = rooms.Get().(*room)
	return r, func() { rooms.Put(r) }
}

// of returns n bytes, whose content is anything. What it returned before is gone.
func (r *room) of(n int64) []byte {
	if int64(len(r.b)) < n {
		r.cleanup.Stop()
		freeMemory(r.b)
		r.b = newMemory(n)
		r.cleanup = runtime.AddCleanup(r, freeMemory, r.b)
	}
	return r.b[:n:n]
}
