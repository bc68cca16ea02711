// Package call calls C functions from a Go program without cgo, without
// reflection and without allocating: a frame of registers goes to the
// system stack through runtime.cgocall, and a few lines of assembly per
// architecture do the rest. Where there are none, or with the build tag
// hotso_fallback, purego makes the call: see fallback.go.
//
//	f := call.Get()
//	f.Fn = addr
//	f.Int(uint64(a))
//	f.Int(uint64(b))
//	f.Do()
//	sum := int32(f.R0)
//	f.Put()
package call

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	// MaxFloats is how many floating point arguments it takes: those that
	// travel in registers (psABI AMD64 3.2.3, AAPCS64 6.4.2).
	MaxFloats = 8
	// MaxPointers is how many Go pointers a frame keeps alive for arguments.
	MaxPointers = 12
	// scratchSize is how many bytes of structs a frame carries without allocating.
	scratchSize = 256
	// bufferSize is what a result may have without a second crossing, at first.
	bufferSize = 512
)

// A Frame holds the arguments and results of one call. The field order up to
// Jump is known to the assembly.
type Frame struct {
	Fn     uintptr // address of the C function
	nstack uintptr // integer arguments that go to the stack

	// The arguments, integers first, then floats, which go to registers from their
	// lowest bytes on. See Set.
	Words [MaxInts + MaxFloats]uint64

	R0 uint64 // integer result
	F0 uint64 // floating point result, as bits

	// What Guarded sets, and the result.
	pending uintptr // *uint32, C memory, or 0
	take    uintptr // the C function int32_t take(void)
	Status  uint64  // see Guarded
	thread  uintptr // thread pointer of the thread that makes the call, on Linux

	// Jump is the offset from the thread pointer of a word in which a callee
	// keeps where to leave it with a long jump; 0 for none. Linux only. Do saves
	// the word on the stack, has it hold the address of that place with the
	// lowest bit set while the thread is between caller and callee, and restores
	// it. So the callee can tell which frames are the caller's, and skip none. In the
	// word below that place is the address of the Frame, which tells the calls apart.
	Jump int64

	// Go memory that C gets the address of. Held here, in a frame on the
	// heap, the memory escapes to the heap as well, so it does not move when
	// a callback into the host grows this goroutine's stack, and it stays
	// alive until Put. The last is for a result.
	pointers [MaxPointers + 1]unsafe.Pointer

	nints, nfloats, npointers int

	scratch  [scratchSize / 8]uint64 // see Scratch
	nscratch int                     // words in use

	abandoned bool // see Abandon

	// Room for what C writes.
	Buffer []byte  // a text or byte result
	Length uintptr // its length
	Scalar uint64  // a scalar result beside a status
}

var frames = sync.Pool{New: func() any {
	f := new(Frame)
	f.Init()
	return f
}}

// Init makes a Frame that does not come from Get ready for use.
func (f *Frame) Init() { f.Buffer = make([]byte, bufferSize) }

// Get returns an empty frame. The caller owns it until Put.
func Get() *Frame { return frames.Get().(*Frame) }

// Put gives f back and lets go of the memory it kept alive.
func (f *Frame) Put() {
	if f.abandoned {
		return
	}
	f.Release()
	f.nints, f.nfloats, f.pending, f.Jump = 0, 0, 0, 0
	frames.Put(f)
}

// Abandon leaves f, and all memory that C got the address of, to the callee, which
// may write there although the call has ended. Put does nothing from now on. The
// caller keeps f reachable for as long as that may be.
func (f *Frame) Abandon() { f.abandoned = true }

// Abandoned reports whether f was left to a callee.
func (f *Frame) Abandoned() bool { return f.abandoned }

// Release lets go of the memory that f kept alive.
func (f *Frame) Release() {
	if f.npointers > 0 {
		f.release()
	}
}

func (f *Frame) release() {
	for n := f.npointers; n > 0; n-- { // few: clear would be a call
		f.pointers[n-1] = nil
	}
	f.npointers, f.nscratch = 0, 0
}

// Guarded has Do look at the counter at pending, which is C memory, once Fn has
// returned. If it is not 0, Do calls take and leaves its result in Status. Both
// happen on the thread that Fn ran on: what Fn kept for that thread is found,
// without binding the goroutine to it. Otherwise Status is 0. It holds for all calls
// until Put.
func (f *Frame) Guarded(pending *uint32, take uintptr) {
	f.pending, f.take = uintptr(unsafe.Pointer(pending)), take
}

// Set sets integer argument number at, from 0, or floating point argument number
// at-MaxInts.
func (f *Frame) Set(at uint8, bits uint64) { f.Words[at%uint8(len(f.Words))] = bits }

// Hold keeps the Go memory at p where it is and alive, and returns its address.
func (f *Frame) Hold(p unsafe.Pointer) uint64 {
	f.pointers[f.npointers] = p
	f.npointers++
	return uint64(uintptr(p))
}

// Held is what Hold kept, in the order of its calls.
func (f *Frame) Held(n int) unsafe.Pointer { return f.pointers[n] }

// Rehold keeps the memory at p in place of what Held returns for n.
func (f *Frame) Rehold(n int, p unsafe.Pointer) { f.pointers[n] = p }

// Ints says that the first n integer arguments have been set. Int and those that
// follow append to them.
func (f *Frame) Ints(n int) { f.nints = n }

// Int appends an integer argument, already extended to 64 bits.
func (f *Frame) Int(v uint64) {
	f.Words[:MaxInts][f.nints] = v
	f.nints++
}

// Float appends a floating point argument, as bits: those of a float64, or what
// Float32 returns. The function has been declared.
func (f *Frame) Float(bits uint64) {
	f.Words[MaxInts:][f.nfloats] = bits
	f.nfloats++
	if FloatsTakeInts {
		f.nints++
	}
}

// Pointer appends the address of Go memory.
func (f *Frame) Pointer(p unsafe.Pointer) { f.Int(f.Hold(p)) }

// Output appends Buffer, its capacity in elements of 1<<shift bytes, and Length:
// where a text, byte or slice result goes. Buffer may be replaced before, and is
// put back before Put.
func (f *Frame) Output(shift uint8) {
	f.Int(uint64(uintptr(unsafe.Pointer(&f.Buffer[0])))) // f holds both itself
	f.Int(uint64(len(f.Buffer)) >> shift)
	f.Int(uint64(uintptr(unsafe.Pointer(&f.Length))))
}

// Thread is the thread pointer of the thread that Do runs on, once it has
// begun; 0 before, if Forget was called, and where it can't be told. Any
// goroutine may ask.
func (f *Frame) Thread() uintptr { return atomic.LoadUintptr(&f.thread) }

// Called is how the callee knows the call that Do makes, as soon as it has begun, among all
// that are under way or were, until f is used again: by the address of f, and without Jump
// by Thread, which is the same for the next call on that thread. 0 before, as Thread is.
func (f *Frame) Called() uintptr {
	thread := f.Thread()
	if thread != 0 && f.Jump != 0 {
		return uintptr(unsafe.Pointer(f))
	}
	return thread
}

// Forget makes Thread 0, for those who will ask: an atomic store in every Reset
// would cost every call.
func (f *Frame) Forget() { atomic.StoreUintptr(&f.thread, 0) }

// Do calls Fn. The goroutine's thread is inside C until it returns.
func (f *Frame) Do() {
	f.Run(Stacked(f.nints))
}

// Call calls a function with integer arguments and returns its result.
func Call(fn uintptr, args ...uint64) uint64 {
	f := Get()
	defer f.Put()
	f.Fn = fn
	for _, a := range args {
		f.Int(a)
	}
	f.Do()
	return f.R0
}
