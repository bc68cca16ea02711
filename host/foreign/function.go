package foreign

import (
	"context"
	"fmt"
	"strings"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/bridge"
	"github.com/hotso/hotso/host/internal/invoke"
)

// A Function is a prepared one. It does not change.
type Function struct {
	binding *invoke.Binding
	name    string
	sig     abi.Signature
	words   int // of its arguments
	result  Type
	size    uintptr // of a struct result, or of an element
	spans   []span  // the arguments that are addresses
}

// A span is an argument with an address.
type span struct {
	word   int     // of the address
	size   uintptr // of an element
	single bool    // a struct: no length follows
}

// parseSignature reads "func(string, int32) string", with or without names and error.
func parseSignature(text string) (abi.Signature, error) {
	sig, err := abi.ParseSignature(text)
	if err != nil {
		if i := strings.LastIndex(text, ") "); i > 0 && !strings.HasSuffix(text, ")") {
			if with, err := abi.ParseSignature(text[:i+2] + "(" + text[i+2:] + ", error)"); err == nil {
				return with, nil
			}
		}
		return sig, fmt.Errorf("%w: %w", host.ErrArgument, err)
	}
	return sig, nil
}

// Prepare binds a function of a library or slot. If signature is empty it is that which the function has now.
func Prepare(h Handle, name, signature string) (Handle, error) {
	t, err := lookup[target](h)
	if err != nil {
		return 0, err
	}
	f, err := t.prepare(name, signature)
	if err != nil {
		return 0, err
	}
	return handles.add(f), nil
}

func (p *prepared) prepare(caller host.Caller, lib *host.Library, name, signature string) (*Function, error) {
	sig, err := signatureOf(lib, name, signature)
	if err != nil {
		return nil, err
	}
	sig.Error = false // how an error or a string travels is the library's affair
	if sig.Result == abi.CString {
		sig.Result = abi.String
	}
	for i := range sig.Params {
		sig.Params[i].Name = ""
	}
	key := name + " " + sig.String()
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.functions[key]; f != nil {
		return f, nil
	}
	if sig.Result == abi.Stream {
		return nil, fmt.Errorf("%w: %s returns a stream: hotsoh_stream_open calls it", host.ErrArgument, name)
	}
	if err := invoke.CheckRegisters(sig); err != nil {
		return nil, err
	}
	b, err := bridge.Bind(caller, name, sig)
	if err != nil {
		return nil, err
	}
	f := newFunction(b, name, sig)
	if p.functions == nil {
		p.functions = map[string]*Function{}
	}
	p.functions[key] = f
	return f, nil
}

// signatureOf reads the signature, or if it is empty asks the library, which may be nil.
func signatureOf(lib *host.Library, name, signature string) (abi.Signature, error) {
	if signature != "" {
		return parseSignature(signature)
	}
	if lib == nil {
		return abi.Signature{}, fmt.Errorf("%w: to prepare %s without a signature takes a version that has one", host.ErrEmpty, name)
	}
	f, ok := lib.Description().Manifest.Function(name)
	if !ok {
		return abi.Signature{}, &host.Error{Name: lib.Name(), Version: lib.Version(), Step: host.StepBind, Reason: host.ErrFunction,
			Cause: fmt.Errorf("%s", name)}
	}
	return parseSignature(f.Signature)
}

func newFunction(b *invoke.Binding, name string, sig abi.Signature) *Function {
	f := &Function{binding: b, name: name, sig: sig, words: invoke.WordsOf(sig), result: typeOf(sig.Result)}
	if size, _ := sig.Result.Layout(); sig.Result.Struct() {
		f.size = uintptr(size)
	} else if sig.Result.Span() {
		f.size = uintptr(sig.Result.Elem().Size())
	} else {
		f.size = 1
	}
	at := 0
	for _, p := range sig.Params {
		switch {
		case p.Type.Span():
			f.spans = append(f.spans, span{word: at, size: uintptr(p.Type.Elem().Size())})
			at++
		case p.Type.Struct():
			f.spans = append(f.spans, span{word: at, single: true})
		}
		at++
	}
	return f
}

// FunctionSignature is that of a prepared function.
func FunctionSignature(h Handle) (string, error) {
	f, err := lookup[*Function](h)
	if err != nil {
		return "", err
	}
	return f.sig.String(), nil
}

// Invoke is hotsoh_invoke: args has count words, and result is where as many go as hotso.h says. Both are C
// memory, or memory that nobody moves.
func Invoke(h Handle, args *uint64, count uint32, result unsafe.Pointer) error {
	f, ok := handles.find(h).(*Function)
	if !ok {
		return ErrBadHandle
	}
	if int(count) != f.words || args == nil && count > 0 {
		return fmt.Errorf("%w: %s takes %d words of arguments, not %d: %s", host.ErrArgument, f.name, f.words, count, f.sig)
	}
	return f.invoke(context.Background(), args, result)
}

// errRoom is for a result without a place.
func (f *Function) invoke(ctx context.Context, args *uint64, result unsafe.Pointer) error {
	if err := f.checkSpans(args); err != nil {
		return err
	}
	var nowhere [2]uint64
	var dropped []uint64
	switch {
	case result == nil && f.result == TypeStruct: // nobody wants it
		dropped = make([]uint64, (f.size+7)/8)
		nowhere[0] = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(dropped))))
		result = unsafe.Pointer(&nowhere)
	case result == nil:
		result = unsafe.Pointer(&nowhere)
	case f.result == TypeStruct && *(*unsafe.Pointer)(result) == nil:
		return fmt.Errorf("%w: the address for the result of %s is NULL", host.ErrArgument, f.name)
	}
	s, err := f.binding.Enter(ctx)
	if err != nil {
		return err
	}
	f.binding.PutWords(s, args)
	allocate := Allocate
	if result == unsafe.Pointer(&nowhere) {
		allocate = discard
	}
	ok, err := invoke.FinishWords(ctx, s, result, allocate)
	if err == nil && !ok && result != unsafe.Pointer(&nowhere) {
		return fmt.Errorf("%w for the result of %s", ErrNoMemory, f.name)
	}
	return err
}

func discard(uintptr) unsafe.Pointer { return nil }

// checkSpans wants memory behind each argument that is an address.
func (f *Function) checkSpans(args *uint64) error {
	for _, s := range f.spans {
		word := (*[2]uint64)(unsafe.Add(unsafe.Pointer(args), s.word*8))
		switch {
		case s.single && word[0] == 0:
			return fmt.Errorf("%w: %s: %w", host.ErrArgument, f.name, errNull)
		case s.single:
		case word[1] > 0 && word[0] == 0:
			return fmt.Errorf("%w: %s: %w", host.ErrArgument, f.name, errNull)
		case word[1] > maxLength/uint64(s.size):
			return fmt.Errorf("%w: %s: %w", host.ErrArgument, f.name, errLength)
		}
	}
	return nil
}

// Call is hotsoh_call.
func Call(ctx context.Context, h Handle, args []Value, result *Value) error {
	f, err := lookup[*Function](h)
	if err != nil {
		return err
	}
	if len(args) != len(f.sig.Params) {
		return fmt.Errorf("%w: %s takes %d arguments, not %d: %s", host.ErrArgument, f.name, len(f.sig.Params), len(args), f.sig)
	}
	var words [2 * maxParams]uint64
	at := 0
	for i, p := range f.sig.Params {
		n, err := args[i].words(words[at:], p.Type)
		if err != nil {
			return argumentError(f.name, i, err)
		}
		at += n
	}
	if result == nil {
		return f.invoke(ctx, &words[0], nil)
	}
	return f.callInto(ctx, &words[0], result)
}

// maxParams is how many the typed functions have at most, as CheckRegisters and Binding.Params say.
const maxParams = 24

func (f *Function) callInto(ctx context.Context, args *uint64, result *Value) error {
	t := f.sig.Result
	var r [2]uint64
	switch {
	case t.Struct():
		to, capacity := result.Buffer, result.Capacity
		if capacity < f.size || to == nil {
			if to = Allocate(f.size); to == nil {
				return fmt.Errorf("%w for the result of %s", ErrNoMemory, f.name)
			}
			result.Data = to // freed by the caller, below, if the call fails
		}
		r[0] = uint64(uintptr(to))
		if err := f.invoke(ctx, args, unsafe.Pointer(&r)); err != nil {
			if to != result.Buffer {
				Free(to)
				result.Data = nil
			}
			return err
		}
		result.Type, result.Data, result.Length = TypeStruct, to, f.size
		return nil
	case f.result == TypeString, t.Span():
		r[0], r[1] = uint64(uintptr(result.Buffer)), uint64(result.Capacity)
		if result.Buffer == nil {
			r[1] = 0
		}
		if err := f.invoke(ctx, args, unsafe.Pointer(&r)); err != nil {
			return err
		}
		result.Type, result.Length = f.result, uintptr(r[1])
		*(*uint64)(unsafe.Pointer(&result.Data)) = r[0] // an address of C's, or that of the buffer
		return nil
	}
	if err := f.invoke(ctx, args, unsafe.Pointer(&r)); err != nil {
		return err
	}
	result.number(t, r[0])
	return nil
}

// Free is free(3) in libhotso. FreeResult is for what a callback has returned, which it may own.
var (
	Free       = func(unsafe.Pointer) {}
	FreeResult = func(unsafe.Pointer) {}
)
