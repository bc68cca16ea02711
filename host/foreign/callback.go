package foreign

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/host"
)

// A Callback is a function of the program's. What it returns is not 0 for an error.
type Callback func(args []Value, result *Value) int32

// callbackRoom is how many bytes a result has in libhotso's own buffer.
const callbackRoom = 1024

// wired makes a callback one whose arguments and result are as package wire has them.
func wired(sig abi.Signature, f Callback) func(args, out []byte) ([]byte, error) {
	return func(args, out []byte) ([]byte, error) {
		c := (*callbackCall)(Allocate(unsafe.Sizeof(callbackCall{}))) // not in Go's memory, where C may find no addresses
		if c == nil {
			return nil, ErrNoMemory
		}
		defer Free(unsafe.Pointer(c))
		c.args, c.result = [maxCallbackParams]Value{}, Value{}
		rest := args
		for i, p := range sig.Params {
			var err error
			if rest, err = c.args[i].read(p.Type, rest); err != nil {
				return nil, err
			}
		}
		r := &c.result
		r.Type, r.Buffer, r.Capacity = typeOf(sig.Result), unsafe.Pointer(&c.room), callbackRoom
		if sig.Result.Span() {
			r.Capacity /= uintptr(sig.Result.Elem().Size())
		}
		failed := f(c.args[:len(sig.Params)], r)
		defer func() {
			if r.Data != nil && r.Data != r.Buffer {
				FreeResult(r.Data)
			}
		}()
		if failed != 0 {
			return nil, r.message(failed)
		}
		return r.write(sig.Result, out)
	}
}

// A callbackCall is what a callback gets.
type callbackCall struct {
	args   [maxCallbackParams]Value
	result Value
	room   [callbackRoom / 8]uint64
}

// read makes the value the one at the beginning of b, where it stays.
func (v *Value) read(t abi.Type, b []byte) (rest []byte, err error) {
	v.Type = typeOf(t)
	size := uintptr(t.Size())
	n := size
	switch {
	case t.Span():
		if len(b) < 8 {
			return nil, wire.ErrShort
		}
		v.Length = uintptr(binary.LittleEndian.Uint64(b))
		b = b[8:]
		size = uintptr(t.Elem().Size())
		if v.Length > uintptr(len(b))/size {
			return nil, wire.ErrShort
		}
		n = v.Length * size
	case t.Struct():
		bytes, _ := t.Layout()
		v.Length, n = uintptr(bytes), uintptr(bytes)
	}
	if uintptr(len(b)) < n {
		return nil, wire.ErrShort
	}
	if t.Span() || t.Struct() {
		v.Data = unsafe.Pointer(unsafe.SliceData(b))
	} else {
		var word [8]byte
		copy(word[:], b[:n])
		v.number(t, binary.LittleEndian.Uint64(word[:]))
	}
	return b[min((n+7)/8*8, uintptr(len(b))):], nil
}

// write appends the result, of type t, to out.
func (v *Value) write(t abi.Type, out []byte) ([]byte, error) {
	if v.Type != typeOf(t) {
		return nil, fmt.Errorf("%w: the result of a callback is of type %d, not %s", host.ErrArgument, v.Type, t)
	}
	n, p := uintptr(t.Size()), v.Data
	switch {
	case t == abi.None:
		return out, nil
	case t.Span():
		size := uintptr(t.Elem().Size())
		if err := v.check(size); err != nil {
			return nil, fmt.Errorf("%w: the result of a callback: %w", host.ErrArgument, err)
		}
		n = v.Length * size
		out = binary.LittleEndian.AppendUint64(out, uint64(v.Length))
	case t.Struct():
		bytes, _ := t.Layout()
		if n = uintptr(bytes); v.Length != n || p == nil {
			return nil, fmt.Errorf("%w: the result of a callback has %d bytes, and %s has %d", host.ErrArgument, v.Length, t, n)
		}
	default:
		word, err := v.scalar(t)
		if err != nil {
			return nil, fmt.Errorf("%w: the result of a callback: %w", host.ErrArgument, err)
		}
		p = unsafe.Pointer(&word)
	}
	out = append(out, unsafe.Slice((*byte)(p), n)...)
	for ; n%8 != 0; n++ {
		out = append(out, 0)
	}
	return out, nil
}

// message is the error of a callback that returned failed.
func (v *Value) message(failed int32) error {
	if v.Length == 0 || v.Data == nil || v.Length > 1<<20 {
		return fmt.Errorf("the host's function returned %d", failed)
	}
	return fmt.Errorf("%s", unsafe.Slice((*byte)(v.Data), v.Length))
}

// A lent function is one that libraries can call by its word.
type lent struct {
	word     uint64
	withdraw func()
}

func (l *lent) release() error {
	l.withdraw()
	return nil
}

// Lend lends a function to libraries.
func Lend(signature string, f Callback) (Handle, error) {
	imp, err := importOf("", signature, f)
	if err != nil {
		return 0, err
	}
	word, withdraw, err := imp.Lend(false)
	if err != nil {
		return 0, err
	}
	return handles.add(&lent{word, withdraw}), nil
}

// LentWord is by what a library calls it.
func LentWord(h Handle) (uint64, error) {
	l, err := lookup[*lent](h)
	if err != nil {
		return 0, err
	}
	return l.word, nil
}
