package invoke

import (
	"context"
	"fmt"
	"iter"
	"math"
	"reflect"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/kept"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/rank"
)

// A Builtin is the code of a version that is linked into the program, for one life of it. It
// answers as a library does: by statuses, with what belongs to them kept until it is taken.
//
// A panic of a function is the caller's error, as in a library. One on a goroutine of its own ends
// the program.
type Builtin struct {
	Functions map[string]*BuiltinFunction

	// What a library registers with cabi.OnStart and its kin; nil: none.
	Start, Health, Stop Hook
	Save                func() ([]byte, error)
	Restore             func(state []byte) error

	// Ejects has every call run on a goroutine of its own, so that callers come back when the
	// version is said to have crashed.
	Ejects bool
	Crash  func(message string) // says so; set when the version is prepared

	kept    kept.Bytes
	streams builtinStreams
}

// A BuiltinFunction has one of Bytes, Open and Call, as its signature wants it. The context ends when
// nobody waits for the call any more, and has nothing else of the caller's.
type BuiltinFunction struct {
	Signature abi.Signature
	Bytes     func(ctx context.Context, args, room []byte) ([]byte, error)              // func([]byte) ([]byte, error)
	Open      func(ctx context.Context, a *Arguments) (iter.Seq2[[]byte, error], error) // of one that returns a stream
	Call      func(ctx context.Context, a *Arguments) (reflect.Value, error)            // of all others
	Error     func(error) error                                                         // how its errors cross; nil: as text
}

// BuiltIn says, before anybody calls, that the version is one that is linked into the program.
func (t *Target) BuiltIn(b *Builtin) {
	t.builtin = b
	t.functions = make(map[string]*Function, len(b.Functions))
	for name, f := range b.Functions {
		fn := declared(t, name, f.Signature)
		fn.builtin = f
		t.functions[name] = fn
	}
}

// Ended reports whether the life that b is for is over.
func (b *Builtin) Ended() bool {
	b.streams.mu.Lock()
	defer b.streams.mu.Unlock()
	return b.streams.over
}

// Is reports whether b is the code of the version.
func (t *Target) Is(b *Builtin) bool { return t.builtin == b }

// Arguments are those of one call, where its caller has put them.
type Arguments struct {
	frame  *call.Frame
	params []Param
}

// Bytes is the only argument of a function that takes bytes. They are the caller's.
func (a *Arguments) Bytes() []byte {
	return unsafe.Slice((*byte)(a.frame.Held(0)), int(a.frame.Words[a.params[0].at+1]))
}

// Value is an argument, of the type that the function has for it, until the call returns: who keeps it copies it, as
// reflect.Value.Call does. What a slice refers to is the caller's.
func (a *Arguments) Value(i int, t reflect.Type) reflect.Value {
	p := a.params[i]
	word := unsafe.Pointer(&a.frame.Words[p.at])
	if p.kind.element() == 0 && p.kind < kindStruct {
		return reflect.NewAt(t, word).Elem()
	}
	held := 0 // pointers before this one
	for _, before := range a.params[:i] {
		if before.kind.element() > 0 || before.kind >= kindStruct {
			held++
		}
	}
	at := a.frame.Held(held)
	switch n := int(a.frame.Words[min(int(p.at)+1, len(a.frame.Words)-1)]); {
	case p.kind >= kindStruct:
		return reflect.NewAt(t, at).Elem()
	case p.kind == kindString:
		s := unsafe.String((*byte)(at), n)
		return reflect.NewAt(t, unsafe.Pointer(&s)).Elem()
	default:
		s := unsafe.Slice((*byte)(at), n) // all slices look alike; n counts elements
		return reflect.NewAt(t, unsafe.Pointer(&s)).Elem()
	}
}

// own has the function read copies of what texts and slices refer to. The frame keeps those.
func (a *Arguments) own() {
	held := 0
	for _, p := range a.params {
		if n := p.kind.element(); n > 0 {
			size := int(a.frame.Words[p.at+1]) * n
			b := append([]byte(nil), unsafe.Slice((*byte)(a.frame.Held(held)), size)...)
			a.frame.Rehold(held, unsafe.Pointer(unsafe.SliceData(b)))
		}
		if p.kind.element() > 0 || p.kind >= kindStruct {
			held++
		}
	}
}

// insideBuiltin is what of a call is the builtin's.
type insideBuiltin struct {
	end atomic.Pointer[context.CancelFunc] // of its context, while it is inside
}

// cancel ends the context of a call that is inside.
func (in *insideBuiltin) cancel() {
	if end := in.end.Load(); end != nil {
		(*end)()
	}
}

// begun reports whether the call has come inside.
func (in *inside) begun() bool {
	if in.fn.builtin != nil {
		return in.builtin.end.Load() != nil
	}
	return in.Thread() != 0
}

// An outcome is what a function of a builtin has returned.
type outcome struct {
	status int32
	bytes  []byte
	scalar uint64        // the handle of a stream
	value  reflect.Value // of other functions
}

// doBuiltin is do. The function may end the goroutine.
func (fn *Function) doBuiltin(in *inside, result unsafe.Pointer) error {
	ctx := context.Background()
	if in.bounded {
		cancellable, cancel := context.WithCancel(ctx)
		defer cancel()
		in.builtin.end.Store(&cancel)
		defer in.builtin.end.Store(nil)
		ctx = cancellable
	}
	args := &Arguments{&in.Frame, fn.params}
	var out outcome
	if t := fn.target; t.builtin.Ejects {
		answered := make(chan outcome, 1)
		args.own() // the caller may have its memory back before the function has ended
		go fn.answerApart(ctx, args, answered)
		select {
		case out = <-answered:
		case <-t.End.known:
		}
		if t.Dead() {
			return t.diedIn(&in.Frame)
		}
	} else {
		var room []byte
		if fn.builtin.Bytes != nil {
			room = *(*[]byte)(result)
		}
		out = fn.answer(ctx, args, room)
	}
	if out.status == abi.OK {
		fn.returned(out, result)
	}
	return fn.status(out.status)
}

// answerApart is answer on a goroutine of its own, which the function may end.
func (fn *Function) answerApart(ctx context.Context, args *Arguments, answered chan<- outcome) {
	var out outcome
	returned := false
	defer func() {
		if !returned {
			out.status = fn.target.builtin.exited()
		}
		answered <- out
	}()
	out = fn.answer(ctx, args, nil)
	returned = true
}

// answer calls the function.
func (fn *Function) answer(ctx context.Context, args *Arguments, room []byte) (out outcome) {
	rank.Unlocked()
	b := fn.target.builtin
	defer b.recover(&out.status)
	var err error
	switch f := fn.builtin; {
	case f.Bytes != nil:
		out.bytes, err = f.Bytes(ctx, args.Bytes(), room)
	case f.Open != nil:
		out.scalar, err = b.streams.open(fn.target, ctx, func(ctx context.Context) (iter.Seq2[[]byte, error], error) { return f.Open(ctx, args) })
	default:
		out.value, err = f.Call(ctx, args)
	}
	out.status = b.statusOf(err)
	return out
}

// returned moves what a function has returned to result, which is a copy then. It keeps result from
// package reflect, for which every call's would be on the heap.
func (fn *Function) returned(out outcome, result unsafe.Pointer) {
	switch f := fn.builtin; {
	case f.Bytes != nil:
		*(*[]byte)(result) = out.bytes
		return
	case f.Open != nil:
		*(*uint64)(result) = out.scalar
		return
	case fn.result == kindNone:
		return
	}
	v := reflect.New(out.value.Type())
	v.Elem().Set(out.value)
	p := v.UnsafePointer()
	switch {
	case fn.result == kindString:
		*(*string)(result) = *(*string)(p)
	case fn.span:
		s := *(*[]byte)(p) // all slices look alike; len counts elements
		b := unsafe.Slice(unsafe.SliceData(s), len(s)<<fn.shift)
		storeSlice(result, append([]byte(nil), b...), fn.shift)
	default:
		n := int(v.Type().Elem().Size())
		copy(unsafe.Slice((*byte)(result), n), unsafe.Slice((*byte)(p), n))
	}
}

// recover is deferred, and makes a panic a status.
func (b *Builtin) recover(status *int32) {
	if r := recover(); r != nil {
		*status = b.keep(abi.Panic, fmt.Appendf(nil, "panic: %v\n\n%s", r, debug.Stack()))
	}
}

// exited is the status of what has ended its goroutine.
func (b *Builtin) exited() int32 {
	return b.keep(abi.Panic, []byte("panic: it has ended its goroutine (runtime.Goexit)"))
}

// statusOf is the status of an error, as cabi.Status has it.
func (b *Builtin) statusOf(err error) int32 {
	if err == nil {
		return abi.OK
	}
	if d, ok := err.(interface{ ErrorDetail() []byte }); ok {
		return b.keep(abi.Error, abi.JoinError(err.Error(), d.ErrorDetail()))
	}
	return b.keep(abi.Error, []byte(err.Error()))
}

func (b *Builtin) keep(kind int32, data []byte) int32 {
	return kind | int32(b.kept.Keep(data, true)<<8)
}

func (b *Builtin) take(status int32) ([]byte, error) {
	data, ok := b.kept.Take(abi.StatusID(status), math.MaxUint)
	if !ok {
		return nil, errNotKept
	}
	return data, nil
}

func (t *Target) saveBuiltin(limit time.Duration) (state []byte, err error) {
	saved := make(chan []byte, 1)
	err = t.runHook(context.Background(), "save", func(context.Context) error {
		state, err := t.builtin.Save()
		saved <- state
		return err
	}, limit)
	if err != nil {
		return nil, err
	}
	return <-saved, nil
}

func (t *Target) restoreBuiltin(state []byte, limit time.Duration) error {
	own := append([]byte(nil), state...)
	return t.runHook(context.Background(), "restore", func(context.Context) error { return t.builtin.Restore(own) }, limit)
}

// CloseStreams ends the streams that are left of a builtin.
func (t *Target) CloseStreams() {
	if t.builtin != nil {
		t.builtin.streams.closeAll()
	}
}

// Crashed has the version of a builtin that ejects its callers be dead from now on. The caller is the
// one to deal with that, if it reports true: see End.Begin.
func (t *Target) Crashed() bool {
	_, ok := t.End.Begin()
	return ok
}
