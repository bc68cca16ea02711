package cabi

// #include "shim.h"
import "C"

import (
	"encoding/binary"
	"errors"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/wire"
)

func hasHost() bool { return C.hotso_host() != 0 }

// ErrNoHost: nobody told this library how to call its host, or the host no longer
// takes calls.
var ErrNoHost = errors.New("there is no host to call")

// A HostError is what went wrong in a function of the host's: the error that it
// returned, its panic, or that it does not exist.
type HostError struct {
	Function string // empty for a callback
	Message  string // of a panic, with its stack
	Panicked bool
}

func (e *HostError) Error() string {
	text := "host function " + e.Function
	if e.Function == "" {
		text = "callback of the host"
	}
	if e.Panicked {
		return text + " panicked: " + e.Message
	}
	return text + ": " + e.Message
}

// None is the result type of a host function that returns an error only.
type None struct{}

// Host0 is a function of the host's without parameters.
//
// The host offers it under that name (host.Provide0), with these types, where a named
// type counts as its underlying type: the fixed-width integers, float32, float64,
// bool, string, []byte, slices of these numbers and structs of numbers.
// It is looked up at its first call, so a package variable may hold it:
//
//	var lookup = cabi.Host1[string, int64]("Lookup")
//
// The returned function may be called from any goroutine, at the same time,
// and from the library's own goroutines as well as from within an export. It
// runs the host's code on this thread, and returns when that does. Everything
// that crosses is copied. Errors: [*HostError], [ErrNoHost].
func Host0[R any](name string) func() (R, error) {
	return host0[R](newHostFunc(name, reflect.TypeFor[func() R]()))
}

func host0[R any](f *hostFunc) func() (R, error) {
	return func() (r R, err error) {
		x, err := f.begin()
		if err != nil {
			return r, err
		}
		defer x.end()
		err = f.call(x, unsafe.Pointer(&r))
		return r, err
	}
}

// Host1 is Host0 for a function with one parameter.
func Host1[A, R any](name string) func(A) (R, error) {
	return host1[A, R](newHostFunc(name, reflect.TypeFor[func(A) R]()))
}

func host1[A, R any](f *hostFunc) func(A) (R, error) {
	return func(a1 A) (r R, err error) {
		x, err := f.begin()
		if err != nil {
			return r, err
		}
		defer x.end()
		x.args = f.Params[0].Append(x.args, unsafe.Pointer(&a1))
		err = f.call(x, unsafe.Pointer(&r))
		return r, err
	}
}

// Host2 is Host0 for a function with two parameters.
func Host2[A, B, R any](name string) func(A, B) (R, error) {
	return host2[A, B, R](newHostFunc(name, reflect.TypeFor[func(A, B) R]()))
}

func host2[A, B, R any](f *hostFunc) func(A, B) (R, error) {
	return func(a1 A, a2 B) (r R, err error) {
		x, err := f.begin()
		if err != nil {
			return r, err
		}
		defer x.end()
		x.args = f.Params[0].Append(x.args, unsafe.Pointer(&a1))
		x.args = f.Params[1].Append(x.args, unsafe.Pointer(&a2))
		err = f.call(x, unsafe.Pointer(&r))
		return r, err
	}
}

// Host3 is Host0 for a function with three parameters. More go into a struct.
func Host3[A, B, C, R any](name string) func(A, B, C) (R, error) {
	return host3[A, B, C, R](newHostFunc(name, reflect.TypeFor[func(A, B, C) R]()))
}

func host3[A, B, C, R any](f *hostFunc) func(A, B, C) (R, error) {
	return func(a1 A, a2 B, a3 C) (r R, err error) {
		x, err := f.begin()
		if err != nil {
			return r, err
		}
		defer x.end()
		x.args = f.Params[0].Append(x.args, unsafe.Pointer(&a1))
		x.args = f.Params[1].Append(x.args, unsafe.Pointer(&a2))
		x.args = f.Params[2].Append(x.args, unsafe.Pointer(&a3))
		err = f.call(x, unsafe.Pointer(&r))
		return r, err
	}
}

// A hostFunc is one function of the host's, as this library wants to call it.
type hostFunc struct {
	*wire.Func
	name     string
	callback bool
	given    uint64        // the handle of a callback
	handle   atomic.Uint64 // 0 until the function has been looked up
}

// newHostFunc takes the types from func(A, B) R.
func newHostFunc(name string, types reflect.Type) *hostFunc {
	return &hostFunc{Func: wire.FuncOf(types), name: name}
}

// lookupBits are the low bits of a handle: 0 in one that looks up functions.
const lookupBits = 0xffff

var text, _ = wire.Of(reflect.TypeFor[string]())

// find asks the host for the function, once; the host compares its types.
func (f *hostFunc) find(x *exchange) error {
	if f.Err != nil {
		return f.Err
	}
	finder := uint64(C.hotso_host())
	if f.callback {
		if finder = f.given &^ lookupBits; finder == 0 {
			return &HostError{Message: "its handle is " + strconv.FormatUint(f.given, 10)}
		}
	}
	if finder == 0 {
		return ErrNoHost
	}
	x.args = binary.LittleEndian.AppendUint64(x.args[:0], 0)
	x.args = text.Append(x.args, unsafe.Pointer(&f.name))
	x.args = text.Append(x.args, unsafe.Pointer(&f.Signature))
	out, err := f.exchange(finder, x)
	if err != nil {
		return err
	}
	if len(out) < 8 {
		return wire.ErrShort
	}
	f.handle.Store(binary.LittleEndian.Uint64(out))
	x.args = x.args[:0]
	return nil
}

// An exchange is the memory of one call.
type exchange struct {
	args, out []byte
	n         uintptr
}

var exchanges = sync.Pool{New: func() any { return &exchange{args: make([]byte, 0, 512), out: make([]byte, 512)} }}

// maxPooled is the largest buffer that is kept for another call, in bytes.
const maxPooled = 64 << 10

func (x *exchange) end() {
	if cap(x.args) <= maxPooled && len(x.out) <= maxPooled {
		exchanges.Put(x)
	}
}

func (f *hostFunc) begin() (*exchange, error) {
	x := exchanges.Get().(*exchange)
	x.args = x.args[:0]
	if f.handle.Load() == 0 {
		if err := f.find(x); err != nil {
			x.end()
			return nil, err
		}
	}
	return x, nil
}

// call makes the call; result points to a value of the result type.
func (f *hostFunc) call(x *exchange, result unsafe.Pointer) error {
	out, err := f.exchange(f.handle.Load(), x)
	if err != nil || f.Result.Type == abi.None {
		return err
	}
	_, err = f.Result.Read(out, result)
	return err
}

// exchange brings x.args to the host and returns what came back.
func (f *hostFunc) exchange(handle uint64, x *exchange) ([]byte, error) {
	status := x.cross(handle)
	kind := abi.Kind(status)
	for x.n > uintptr(len(x.out)) && kind != abi.Gone {
		x.out = make([]byte, x.n)
		x.args = binary.LittleEndian.AppendUint64(x.args[:0], uint64(status))
		if abi.Kind(x.cross(handle&^lookupBits)) == abi.Gone {
			return nil, &HostError{Function: f.name, Message: "its large result was not kept long enough to fetch"}
		}
	}
	switch kind {
	case abi.OK, abi.TooSmall:
		return x.out[:x.n], nil
	case abi.Gone:
		if f.callback && hasHost() {
			return nil, &HostError{Message: "the host took it back"}
		}
		return nil, ErrNoHost
	}
	return nil, &HostError{Function: f.name, Message: string(x.out[:x.n]), Panicked: kind == abi.Panic}
}

// cross calls the host. Go memory of this runtime does not move, and cgo keeps
// it alive until the call returns.
func (x *exchange) cross(handle uint64) int32 {
	x.n = 0
	return int32(C.hotso_call_host(C.uint64_t(handle), unsafe.Pointer(unsafe.SliceData(x.args)), C.size_t(len(x.args)),
		unsafe.Pointer(unsafe.SliceData(x.out)), C.size_t(len(x.out)), (*C.size_t)(unsafe.Pointer(&x.n))))
}

var count = Host2[string, int64, None](wire.CountFunction)

// Count adds delta to a metric of the host's (host.OnCount). Without a host that
// counts, nothing happens.
func Count(name string, delta int64) { _, _ = count(name, delta) }
