package image

import (
	"runtime"
	"sync"
)

// A Scratch is where the bytes of a file go until they are in the private copy. It is
// not on the heap: some megabytes more there would begin a collection, in the middle
// of the load.
type Scratch struct {
	b       []byte
	cleanup runtime.Cleanup // gives b back when the pool lets the buffer go
}

// scratches has those that are not in use: the next version's bytes go where the last
// one's were. What is not used for a while the pool lets go.
var scratches = sync.Pool{New: func() any { return new(Scratch) }}

// Borrow returns a buffer and how to give it back: when nobody reads the bytes
// any more.
func Borrow() (s *Scratch, giveBack func()) {
	s = scratches.Get().(*Scratch)
	return s, func() {
		if len(s.b) > maxKept {
			s.free()
		}
		scratches.Put(s)
	}
}

// maxKept bounds what a buffer that nobody uses may take, in bytes. To get the pages of
// a larger one anew is nothing beside the digest of its bytes, and it would be the host's
// until two collections have passed, which may be hours.
const maxKept = 32 << 20

func (s *Scratch) free() {
	s.cleanup.Stop()
	freeMemory(s.b)
	s.b = nil
}

// Alloc returns n bytes, whose content is anything. What it returned before is gone.
func (s *Scratch) Alloc(n int64) []byte {
	if int64(len(s.b)) < n {
		s.free()
		s.b = newMemory(n)
		s.cleanup = runtime.AddCleanup(s, freeMemory, s.b)
	}
	return s.b[:n:n]
}
