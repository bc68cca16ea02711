//go:build riscv64 || loong64 || ppc64le || (hotso_fallback && (amd64 || arm64))

package call

import (
	"math"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/host/internal/dl"
)

// Ejects says that Jump is heeded where there are libraries that can be unloaded.
const Ejects = false

// Run is Do for a caller that has set the arguments, ints of them integers.
//
// What the callee kept for its thread is to be found on that thread.
func (f *Frame) Run(ints uintptr) {
	if f.pending != 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
	}
	f.run(int(ints))
	f.Status = 0
	if f.pending != 0 && atomic.LoadUint32(*(**uint32)(unsafe.Pointer(&f.pending))) != 0 {
		f.Status = uint64(uint32(dl.Call(f.take)))
	}
}

// Stacked is what Run wants to know of n integer arguments.
func Stacked(n int) uintptr { return uintptr(n) }

func (f *Frame) run(ints int) {
	if floats, ok := declared.Load(f.Fn); ok {
		f.runFloats(ints, floats.(floating))
		return
	}
	// A uint64 is a uintptr here.
	f.R0 = uint64(dl.Call(f.Fn, unsafe.Slice((*uintptr)(unsafe.Pointer(&f.Words)), ints)...))
}

// What is floating about a function: how many arguments, and how many bytes of the
// result.
type floating struct{ arguments, result int }

var (
	// declared has what Declare was told of functions with floats, by their
	// addresses, and typed the Go functions that call them. They are few and stay,
	// as the libraries do.
	declared, typed sync.Map

	word   = reflect.TypeFor[uintptr]()
	double = reflect.TypeFor[float64]()
)

// Declare says that fn takes that many floating point arguments, and of how many
// bytes its floating point result is, 0 for another. purego wants to know; the last
// word counts.
func Declare(fn uintptr, floats, result int) {
	if floats == 0 && result == 0 {
		declared.Delete(fn)
		return
	}
	declared.Store(fn, floating{floats, result})
}

// A typedCall is a function as purego is asked for it.
type typedCall struct {
	fn   uintptr
	ints int
	floating
}

// runFloats passes all floats as float64, which hands a register on bit by bit:
// Float32 has put a float32 there.
func (f *Frame) runFloats(ints int, floats floating) {
	key := typedCall{f.Fn, ints, floats}
	fn, ok := typed.Load(key)
	if !ok {
		fn, _ = typed.LoadOrStore(key, key.make())
	}
	args := make([]reflect.Value, 0, ints+floats.arguments)
	for _, w := range f.Words[:ints] {
		args = append(args, reflect.ValueOf(uintptr(w)))
	}
	for _, w := range f.Words[MaxInts:][:floats.arguments] {
		args = append(args, reflect.ValueOf(math.Float64frombits(w)))
	}
	result := fn.(reflect.Value).Call(args)[0]
	runtime.KeepAlive(f)
	if floats.result == 0 {
		f.R0 = result.Uint()
		return
	}
	f.F0 = math.Float64bits(result.Float())
	if floats.result == 4 {
		f.F0 = uint64(float32Bits(f.F0))
	}
}

// make has purego make a Go function of it. The integers come first: the classes do
// not mix in the registers, and floats never go to the stack.
func (c typedCall) make() reflect.Value {
	in := make([]reflect.Type, 0, c.ints+c.arguments)
	for range c.ints {
		in = append(in, word)
	}
	for range c.arguments {
		in = append(in, double)
	}
	out := word
	if c.result != 0 {
		out = double
	}
	fn := reflect.New(reflect.FuncOf(in, []reflect.Type{out}, false))
	dl.Register(fn.Interface(), c.fn)
	return fn.Elem()
}
