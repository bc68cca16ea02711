package invoke

import (
	"context"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/wire"
	"github.com/hotso/hotso/host/life"
)

// Words are how package foreign gives the arguments of a call: 8 bytes for a number, in the low ones of
// them; for a string or slice the address and the length in elements; for a struct its address.

// WordsOf is how many words the arguments of a function take.
func WordsOf(sig abi.Signature) (n int) {
	for _, p := range sig.Params {
		n++
		if p.Type.Span() {
			n++
		}
	}
	return n
}

// PutWords puts WordsOf(b.Signature) words into the lease. What they point to is only read, until the call
// is over; for a call that its caller may leave behind it is copied.
func (b *Binding) PutWords(s *Lease, words *uint64) {
	f := &s.Value.Frame
	copied := s.Value.bounded && !s.Value.stays
	at := unsafe.Pointer(words)
	for _, p := range b.all {
		switch size := p.kind.element(); {
		case size > 0:
			address, length := *(*unsafe.Pointer)(at), *(*uint64)(unsafe.Add(at, 8))
			if copied && length > 0 {
				address = copyOf(address, uintptr(length)*uintptr(size))
			}
			f.Set(p.at, f.Hold(address))
			f.Set(p.at+1, length)
			at = unsafe.Add(at, 16)
		case p.kind >= kindStruct:
			putOther(f, p, *(*unsafe.Pointer)(at))
			at = unsafe.Add(at, 8)
		default:
			putOther(f, p, at) // its low bytes: our processors are little-endian
			at = unsafe.Add(at, 8)
		}
	}
}

// copyOf is aligned for every element.
func copyOf(p unsafe.Pointer, size uintptr) unsafe.Pointer {
	words := make([]uint64, (size+7)/8)
	to := unsafe.Pointer(unsafe.SliceData(words))
	copy(unsafe.Slice((*byte)(to), size), unsafe.Slice((*byte)(p), size))
	return to
}

// FinishWords is [Finish] with the result at r, as a word: a number in its low bytes, the others 0; for a struct
// the word has the address where it goes. For a string or slice there are two: address and
// capacity of a buffer in elements, and afterwards address and length, in memory of allocate if the
// buffer is too small. ok is false if allocate had none; the result is lost then.
func FinishWords(ctx context.Context, s *Lease, r unsafe.Pointer, allocate func(uintptr) unsafe.Pointer) (ok bool, err error) {
	in := &s.Value
	fn := in.fn
	switch {
	case !in.bounded && fn.plain:
		in.Run(fn.stacked)
		if fn.target.Dead() || in.Status != 0 {
			err = fn.failed(in)
			fn.leave(s)
			return true, err
		}
		if fn.result != kindNone {
			*(*uint64)(r) = 0
			store(fn.result, *fn.register(&in.Frame), r)
		}
		if in.timing.running {
			in.timing.stop()
		}
		in.Release()
		fn.target.gate.Leave(s)
		return true, nil
	case fn.result == kindString, fn.result == kindCString:
		var text string
		if err := finishInto(ctx, s, unsafe.Pointer(&text)); err != nil {
			return true, err
		}
		return spanTo(r, unsafe.Pointer(unsafe.StringData(text)), uintptr(len(text)), 1, allocate), nil
	case fn.span:
		size := uintptr(fn.result.element()) // fn may be gone afterwards
		var list []byte                      // of elements of that size: all slices look alike
		if err := finishInto(ctx, s, unsafe.Pointer(&list)); err != nil {
			return true, err
		}
		return spanTo(r, unsafe.Pointer(unsafe.SliceData(list)), uintptr(len(list)), size, allocate), nil
	case fn.result >= kindStruct:
		return true, finishInto(ctx, s, *(*unsafe.Pointer)(r))
	case fn.result == kindNone:
		return true, finishInto(ctx, s, unsafe.Pointer(new(uint64)))
	}
	var word uint64
	err = finishInto(ctx, s, unsafe.Pointer(&word))
	if err == nil {
		*(*uint64)(r) = word
	}
	return true, err
}

// spanTo copies a result to where the words at r say.
func spanTo(r, from unsafe.Pointer, length, size uintptr, allocate func(uintptr) unsafe.Pointer) bool {
	to, capacity := *(*unsafe.Pointer)(r), *(*uintptr)(unsafe.Add(r, 8))
	if length > capacity {
		if to = allocate(length * size); to == nil {
			return false
		}
		*(*unsafe.Pointer)(r) = to
	}
	*(*uintptr)(unsafe.Add(r, 8)) = length
	copy(unsafe.Slice((*byte)(to), length*size), unsafe.Slice((*byte)(from), length*size))
	return true
}

// ImportWire is [Import1] for a function of any signature, whose arguments and result are as package wire has
// them: f appends the result to out. The arguments are valid until it returns.
func ImportWire(name string, sig abi.Signature, f func(args, out []byte) ([]byte, error)) *Import {
	sig.Error = true // as every function can fail
	for i := range sig.Params {
		sig.Params[i].Name = ""
	}
	imp := &Import{Name: name, types: &wire.Func{Signature: sig.String()}}
	imp.call = func(_ *Target, args, out []byte) ([]byte, error) { return f(args, out) }
	if err := sig.Check(); err != nil {
		imp.err = &life.Error{Name: name, Step: life.StepBind, Reason: life.ErrArgument, Cause: err}
	}
	return imp
}
