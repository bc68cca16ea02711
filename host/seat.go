package host

import (
	"context"
	"time"
	"unsafe"

	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/gate"
)

// A seat is a call's place in the gate of its version, with what it needs there. A
// version keeps some for each processor, so calls find them ready.
type seat = gate.Seat[inside]

// inside is a call between enter and leave.
type inside struct {
	call.Frame
	fn      *function     // nil until the seat is used for the first time
	limit   time.Duration // 0: none
	bounded bool          // by the limit, or a context that can end
	stays   bool          // the caller of a bounded one does not leave
	watch   watch         // of a caller who stays
}

// enter goes through the gate of the version to call. The caller leaves it.
func (b *binding) enter(ctx context.Context) (s *seat, err error) {
	done := ctx.Done()
	if done != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	fn := b.fixed
	if b.slot != nil {
		// As Slot.enter does when nothing is going on.
		lib, ok := b.slot.current.Load(), false
		if lib != nil && b.slot.canary.Load() == nil {
			s, ok = lib.gate.Enter()
		}
		if !ok {
			if lib, s, err = b.slot.enter(ctx); err != nil {
				return nil, err
			}
		}
		fn = (*lib.bound.Load())[b.index]
	} else {
		var ok bool
		if s, ok = fn.lib.gate.Enter(); !ok {
			return nil, fn.lib.closedError()
		}
	}
	s.Value.begin(fn, b.limit, done != nil, b.stays)
	return s, nil
}

// begin makes the call one of fn. stays tells of a caller who stays when its context
// has ended; a limit holds all the same.
func (in *inside) begin(fn *function, limit time.Duration, canEnd, stays bool) {
	if in.fn != fn {
		in.set(fn)
	}
	in.bounded = canEnd || limit != 0
	in.stays = stays && limit == 0
	in.limit = limit
}

// set prepares the seat for calls of fn, which are mostly several.
//
//go:noinline
func (in *inside) set(fn *function) {
	if in.fn == nil { // nobody had this seat before
		in.Init()
	}
	in.fn = fn
	in.Fn, in.Jump = fn.addr, fn.lib.jump
	in.Guarded(fn.lib.sym.pending, fn.lib.sym.takeStatus)
}

// finish makes the call, and leaves. One that is bounded runs on a goroutine of its
// own, which costs some hundred nanoseconds and no allocation, and the caller may
// leave it behind.
//
// To leave is not deferred, which would cost every call: nothing in between panics,
// and callbacks must not end the goroutine (Provide0).
func finish[R any](ctx context.Context, s *seat) (r R, err error) {
	in := &s.Value
	fn := in.fn
	if in.bounded || !fn.plain {
		err = finishInto(ctx, s, unsafe.Pointer(&r))
		return r, err
	}
	in.Run(fn.stacked)
	lib := fn.lib
	if lib.dead() || in.Status != 0 {
		err = fn.failed(in)
		fn.leave(s)
		return r, err
	}
	r = *(*R)(unsafe.Pointer(fn.register(&in.Frame))) // its low bytes: our processors are little-endian
	in.Release()
	lib.gate.Leave(s)
	return r, nil
}

// finishInto is finish with the result at r, which is not written to once it
// has returned.
func finishInto(ctx context.Context, s *seat, r unsafe.Pointer) error {
	if s.Value.bounded {
		if s.Value.stays {
			return finishStaying(ctx, s, r)
		}
		return finishBounded(ctx, s, r)
	}
	fn := s.Value.fn
	err := fn.do(&s.Value.Frame, r)
	fn.leave(s)
	return err
}

// failed says how a plain call did.
func (fn *function) failed(in *inside) error {
	if fn.lib.dead() {
		return fn.lib.diedIn(&in.Frame)
	}
	return fn.status(int32(in.Status))
}

// cancel tells the library that nobody waits for the call any more. The call must
// be inside.
func (in *inside) cancel() {
	if thread := in.Thread(); thread != 0 {
		_, _ = in.fn.lib.invoke(in.fn.lib.sym.cancel, uint64(thread))
	}
}

// leave ends a call. What it kept alive may go.
func (fn *function) leave(s *seat) {
	if s.Value.Abandoned() { // the library died in the call
		fn.lib.gate.Abandon(s)
		return
	}
	s.Value.Release()
	fn.lib.gate.Leave(s)
}
