package invoke

import (
	"context"
	"errors"
	"time"
	"unsafe"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/gate"
	"github.com/hotso/hotso/host/life"
)

// A Lease is a call's right to be inside its version, with what it needs there. The
// gate keeps some for each processor, so calls find them ready.
type Lease = gate.Lease[inside]

// inside is a call between enter and leave.
type inside struct {
	call.Frame
	fn           *Function     // nil until the lease is used for the first time
	limit        time.Duration // 0: none
	bounded      bool          // by the limit, or a context that can end
	stays        bool          // the caller of a bounded one does not leave
	cancellation cancellation  // of a caller who stays
	builtin      insideBuiltin
	timing       stopwatch
}

// Enter goes through the gate of the version to call. The caller calls [Finish].
func (b *Binding) Enter(ctx context.Context) (s *Lease, err error) {
	done := ctx.Done()
	if done != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	fn := b.fixed
	if b.route != nil {
		// As Route.enter does when nothing is going on.
		t, ok := b.route.current.Load(), false
		if t != nil && b.route.diversion.Load() == nil {
			s, ok = t.gate.Enter()
		}
		if !ok {
			if t, s, err = b.route.enter(ctx); err != nil {
				return nil, err
			}
		}
		if fn = (*t.bound.Load())[b.index]; fn == nil {
			t.leaveUncounted(s)
			return nil, &life.Error{Name: t.Name, Version: t.Version, Step: life.StepCall, Reason: life.ErrFunction, Cause: errors.New(b.Name)}
		}
	} else {
		var ok bool
		if s, ok = fn.target.gate.Enter(); !ok {
			if _, s, err = fn.target.enterSelf(ctx); err != nil {
				return nil, err
			}
		}
	}
	s.Value.begin(fn, b.limit, done != nil, b.stays)
	return s, nil
}

// begin makes the call one of fn. stays tells of a caller who stays when its context
// has ended; a limit holds all the same.
func (in *inside) begin(fn *Function, limit time.Duration, canEnd, stays bool) {
	if in.fn != fn {
		in.set(fn)
	}
	in.bounded = canEnd || limit != 0
	in.stays = stays && limit == 0
	in.limit = limit
	if in.timing.shard != nil {
		in.timing.start()
	}
}

// set prepares the lease for calls of fn, which are mostly several.
//
//go:noinline
func (in *inside) set(fn *Function) {
	if in.fn == nil { // nobody had this lease before
		in.Init()
		in.timing.shard = fn.target.meter.shard()
	}
	in.fn = fn
	in.Fn, in.Jump = fn.addr, fn.target.jump
	in.Guarded(fn.target.sym.pending, fn.target.sym.takeStatus) // both 0 in a builtin
}

// Finish makes the call, whose arguments were put into the lease, and leaves. One that is bounded runs on a goroutine of its
// own, which costs some hundred nanoseconds and no allocation, and the caller may
// leave it behind.
//
// To leave is not deferred, which would cost every call: nothing in between panics,
// and callbacks must not end the goroutine (Provide0).
func Finish[R any](ctx context.Context, s *Lease) (r R, err error) {
	in := &s.Value
	fn := in.fn
	if in.bounded || !fn.plain {
		err = finishInto(ctx, s, unsafe.Pointer(&r))
		return r, err
	}
	in.Run(fn.stacked)
	t := fn.target
	if t.Dead() || in.Status != 0 {
		err = fn.failed(in)
		fn.leave(s)
		return r, err
	}
	r = *(*R)(unsafe.Pointer(fn.register(&in.Frame))) // its low bytes: our processors are little-endian
	if in.timing.running {
		in.timing.stop()
	}
	in.Release()
	t.gate.Leave(s)
	return r, nil
}

// FinishBytes is Finish for a function that returns bytes. They may be in the memory of room,
// of which the length does not matter. Somebody may still write there if the version crashed or
// the caller left.
func FinishBytes(ctx context.Context, s *Lease, room []byte) ([]byte, error) {
	if err := finishInto(ctx, s, unsafe.Pointer(&room)); err != nil {
		return nil, err
	}
	return room, nil
}

// finishInto is Finish with the result at r, which is not written to once it
// has returned.
func finishInto(ctx context.Context, s *Lease, r unsafe.Pointer) error {
	in := &s.Value
	fn := in.fn
	if in.bounded || !fn.bare {
		return finishWith(ctx, s, r)
	}
	err := fn.do(in, r)
	fn.leave(s)
	return err
}

// finishWith is finishInto for a call that has something about it.
func finishWith(ctx context.Context, s *Lease, r unsafe.Pointer) error {
	if about := s.Value.fn.target.about; about != nil {
		return about.finish(ctx, s, r)
	}
	return finishBy(ctx, s, r)
}

// finishBy makes the call in the way that its caller, its function and its bounds ask for.
func finishBy(ctx context.Context, s *Lease, r unsafe.Pointer) error {
	in := &s.Value
	switch {
	case !in.bounded:
		return in.fn.complete(s, r)
	case !in.stays:
		return finishBounded(ctx, s, r)
	}
	in.watch(ctx, s)
	if err := in.fn.complete(s, r); err != nil {
		return heeded(err, ctx.Err())
	}
	return nil
}

// complete makes a call on the goroutine of its caller, and leaves, also if the function ends
// the goroutine: a builtin's can. Callbacks of a library must not, see Finish.
func (fn *Function) complete(s *Lease, r unsafe.Pointer) error {
	defer fn.leave(s)
	return fn.do(&s.Value, r)
}

// failed says how a plain call did.
func (fn *Function) failed(in *inside) error {
	if fn.target.Dead() {
		return fn.target.diedIn(&in.Frame)
	}
	return fn.status(int32(in.Status))
}

// cancel tells the library that nobody waits for the call any more, if it has gone
// inside. It may have come back, and its thread may make another call by now; but the lease
// must not be another call's.
func (in *inside) cancel() {
	if in.fn.builtin != nil {
		in.builtin.cancel()
	} else if called := in.Called(); called != 0 {
		_, _ = in.fn.target.ask(in.fn.target.sym.cancel, uint64(called))
	}
}

// leave ends a call. What it kept alive may go.
func (fn *Function) leave(s *Lease) {
	if s.Value.bounded && s.Value.stays {
		s.Value.cancellation.over()
	}
	if s.Value.timing.running {
		s.Value.timing.stop()
	}
	if s.Value.Abandoned() { // the library died in the call
		fn.target.gate.Abandon(s)
		return
	}
	s.Value.Release()
	fn.target.gate.Leave(s)
}
