package host

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/kept"
	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/callin"
)

// How libraries call the host (cabi.h, "Calls from the library into its host").
// There is one C function in the process for it. What is meant is said by a
// handle:
//
//	 63                                     16 15            0
//	+-----------------------------------------+---------------+
//	| which offer, never used twice           | which service |
//	+-----------------------------------------+---------------+
//
// Service 0 of every offer finds the others, and hands out what did not fit.
// So a handle that outlives what it named finds nothing, and never something else.
const serviceBits = 16

// An offer is what one library may call, or one callback.
type offer struct {
	handle   uint64   // of service 0
	lib      *Library // nil for a callback
	services []*service
}

// A service is a function of the host's.
type service struct {
	name  string
	types *wire.Func
	err   error // why it can't be called

	// call reads args, and appends the result to out, which is the library's.
	call func(lib *Library, args, out []byte) ([]byte, error)
}

var (
	offers    sync.Map // uint64 (service bits 0) to *offer
	lastOffer atomic.Uint64
)

// newOffer makes o callable until its handle is deleted from offers.
func newOffer(o *offer) uint64 {
	o.handle = lastOffer.Add(1) << serviceBits
	offers.Store(o.handle, o)
	return o.handle
}

// callbackEntry is the address of that one C function.
var callbackEntry = sync.OnceValue(func() uintptr { return callin.Address(answer) })

// setHost tells a library that could not be told by its config.
func (l *Library) setHost() {
	if l.attachment != nil {
		return
	}
	if set, err := l.handle.Sym(abi.SymSetHost); err == nil {
		call.Call(set, uint64(callbackEntry()), l.offer) // C only: no runtime in it
	}
}

// answer is hotso_host_call. It runs on the thread that called, which may be one
// of the library's; the memory is the library's, valid until it returns.
//
// The library's caller, if it is a goroutine of ours, is the one that this runs
// on: its stack may grow and move here, which is why everything that C has the
// address of is in a call.Frame on the heap.
func answer(c *callin.Call) {
	*c.OutLen = 0
	handle, index := c.Function>>serviceBits<<serviceBits, int(c.Function&(1<<serviceBits-1))
	found, ok := offers.Load(handle)
	if !ok {
		c.Status = abi.Gone
		return
	}
	o := found.(*offer)
	if index > len(o.services) {
		c.Status = abi.Gone
		return
	}
	f := o.find
	if index > 0 {
		f = o.services[index-1].call
	}
	buffer := unsafe.Slice((*byte)(c.Out), c.OutCap)[:0:c.OutCap]
	result, kind := protected(f, o.lib, unsafe.Slice((*byte)(c.Args), c.ArgsLen), buffer)
	*c.OutLen = uintptr(len(result))
	if *c.OutLen <= c.OutCap {
		copy(buffer[:c.OutCap], result) // where it mostly is already
		c.Status = uintptr(kind)
		return
	}
	if kind == abi.OK {
		kind = abi.TooSmall
	}
	c.Status = uintptr(kind | int32(unfetched.Keep(result, true)<<8))
}

// protected makes an error or panic of f a message.
func protected(f func(*Library, []byte, []byte) ([]byte, error), lib *Library, args, out []byte) (result []byte, kind int32) {
	defer func() {
		if r := recover(); r != nil {
			result, kind = fmt.Appendf(nil, "%v\n\n%s", r, debug.Stack()), abi.Panic
		}
	}()
	result, err := f(lib, args, out)
	if err != nil {
		return []byte(err.Error()), abi.Error
	}
	return result, abi.OK
}

// find is service 0.
func (o *offer) find(_ *Library, args, out []byte) ([]byte, error) {
	if len(args) < 8 {
		return nil, wire.ErrShort
	}
	if status := binary.LittleEndian.Uint64(args); status != 0 {
		id := uint32(status) >> 8
		data, ok := unfetched.Take(id, math.MaxUint)
		if !ok {
			return nil, fmt.Errorf("nothing is kept under id %d any more", id)
		}
		return data, nil
	}
	var name, signature string
	rest, err := textCodec.Read(args[8:], unsafe.Pointer(&name))
	if err == nil {
		_, err = textCodec.Read(rest, unsafe.Pointer(&signature))
	}
	if err != nil {
		return nil, err
	}
	for i, s := range o.services {
		if s.name != name {
			continue
		}
		if have := s.types.Signature; have != signature {
			return nil, fmt.Errorf("%w: it is %s, called as %s", ErrSignature, have, signature)
		}
		return binary.LittleEndian.AppendUint64(out, o.handle|uint64(i+1)), nil
	}
	return nil, fmt.Errorf("%w: the host does not provide it", ErrFunction)
}

// unfetched keeps what did not fit the library's buffer, until it asks, as the
// libraries do for us (cabi/status.go).
var unfetched kept.Bytes
