package invoke

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
	"github.com/hotso/hotso/host/life"
)

// How libraries call the host (cabi.h, "Calls from the library into its host").
// There is one C function in the process for it. What is meant is said by a
// handle:
//
//	 63                                     16  15  14            0
//	+-----------------------------------------+-----+--------------+
//	| which table, never used twice           | own | which import |
//	+-----------------------------------------+-----+--------------+
//
// The library sets own for a call on a thread of its own.
//
// Import 0 of every table finds the others, and hands out what did not fit.
// So a handle that outlives what it named finds nothing, and never something else.
const importBits = 16

// An importTable is what one library may call of the host's, or one callback.
type importTable struct {
	handle  uint64  // of import 0
	target  *Target // nil for a callback
	imports []*Import
}

// An Import is a function of the host's that libraries can call.
type Import struct {
	Name string

	types *wire.Func
	err   error // why it can't be called

	// call reads args, and appends the result to out, which is the library's.
	call func(t *Target, args, out []byte) ([]byte, error)
}

var (
	importTables sync.Map // uint64 (import bits 0) to *importTable
	lastTable    atomic.Uint64
)

// add makes the table callable until its handle is deleted from importTables.
func (it *importTable) add() (handle uint64) {
	it.handle = lastTable.Add(1) << importBits
	importTables.Store(it.handle, it)
	return it.handle
}

// ImportTables is how many there are.
func ImportTables() (n int) {
	importTables.Range(func(any, any) bool { n++; return true })
	return n
}

// HostEntry is the address of that one C function.
var HostEntry = sync.OnceValue(func() uintptr { return callin.Address(answer) })

// OfferImports makes what the host provides callable by the library, and returns the
// handle by which it finds it.
func (t *Target) OfferImports() (handle uint64, err error) {
	if err := CheckImports(t.Conf.Imports); err != nil {
		return 0, err
	}
	t.imports = (&importTable{target: t, imports: t.Conf.Imports}).add()
	return t.imports, nil
}

// WithdrawImports ends what OfferImports began: from here on the library's calls fail.
func (t *Target) WithdrawImports() { importTables.Delete(t.imports) }

// TellHost tells a library how to call the host, if its config could not say so;
// set is its hotso_set_host. C only: its runtime is not entered.
func (t *Target) TellHost(set uintptr) { call.Call(set, uint64(HostEntry()), t.imports) }

// answer is hotso_host_call. It runs on the thread that called, which may be one
// of the library's; the memory is the library's, valid until it returns.
//
// The library's caller, if it is a goroutine of ours, is the one that this runs
// on: its stack may grow and move here, which is why everything that C has the
// address of is in a call.Frame on the heap.
func answer(c *callin.Call) {
	*c.OutLen = 0
	handle, index := c.Function>>importBits<<importBits, int(c.Function&(abi.OwnThread-1))
	found, ok := importTables.Load(handle)
	if !ok {
		c.Status = abi.Gone
		return
	}
	it := found.(*importTable)
	if index > len(it.imports) {
		c.Status = abi.Gone
		return
	}
	buffer := unsafe.Slice((*byte)(c.Out), c.OutCap)[:0:c.OutCap]
	args := unsafe.Slice((*byte)(c.Args), c.ArgsLen)
	var result []byte
	var kind int32
	switch {
	case index == 0:
		result, kind = protected(it.find, it.target, args, buffer)
	case c.Function&abi.OwnThread == 0:
		result, kind = protected(it.imports[index-1].call, it.target, args, buffer)
	default:
		result, kind = apart(it.imports[index-1].call, it.target, args, buffer)
	}
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
func protected(f func(*Target, []byte, []byte) ([]byte, error), t *Target, args, out []byte) (result []byte, kind int32) {
	defer func() {
		if r := recover(); r != nil {
			result, kind = fmt.Appendf(nil, "%v\n\n%s", r, debug.Stack()), abi.Panic
		}
	}()
	result, err := f(t, args, out)
	if err != nil {
		return []byte(err.Error()), abi.Error
	}
	return result, abi.OK
}

// apart is protected on a goroutine of its own, which f may end (runtime.Goexit). That of
// a thread that Go did not start is the thread's only one, and the process ends with it.
func apart(f func(*Target, []byte, []byte) ([]byte, error), t *Target, args, out []byte) (result []byte, kind int32) {
	done := make(chan struct{})
	result, kind = []byte("the host's function ended its goroutine (runtime.Goexit)"), abi.Panic
	go func() {
		defer close(done)
		result, kind = protected(f, t, args, out)
	}()
	<-done
	return result, kind
}

// find is import 0.
func (it *importTable) find(_ *Target, args, out []byte) ([]byte, error) {
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
	for i, imp := range it.imports {
		if imp.Name != name {
			continue
		}
		if have := imp.types.Signature; have != signature {
			return nil, fmt.Errorf("%w: it is %s, called as %s", life.ErrSignature, have, signature)
		}
		return binary.LittleEndian.AppendUint64(out, it.handle|uint64(i+1)), nil
	}
	return nil, fmt.Errorf("%w: the host does not provide it", life.ErrFunction)
}

// unfetched keeps what did not fit the library's buffer, until it asks, as the
// libraries do for us (cabi/status.go).
var unfetched kept.Bytes
