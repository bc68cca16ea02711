package invoke

import (
	"context"
	"errors"
	"io"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/life"
)

// How long somebody who reads waits for more.
const (
	leastDebugPause = time.Millisecond
	mostDebugPause  = 50 * time.Millisecond
)

// Debug has the library write to w what it has registered under that name (cabi.OnDebug).
// advice tells whoever asks for what is not there how to have it.
//
// It keeps the version no longer than a control call takes, so a profile of a minute is in
// nobody's way. A version that stops ends it.
func (t *Target) Debug(ctx context.Context, w io.Writer, what, advice string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	err := t.debug(ctx, w, what)
	if lacks, ok := errors.AsType[*life.Error](err); ok && lacks.Reason == life.ErrFunction && t.builtin == nil {
		lacks.Advice = advice
	}
	return err
}

func (t *Target) debug(ctx context.Context, w io.Writer, what string) error {
	if t.builtin != nil {
		return t.Error(life.StepCall, life.ErrFunction, errors.New("it is linked into the program, whose runtime it has: ask that"))
	}
	if t.sym.debug == 0 {
		return t.lacks("it was built with an older cabi, without " + abi.SymDebug)
	}
	d := &debugStream{stream{target: t, name: what}}
	status, err := d.open()
	switch {
	case err != nil:
		return err
	case status != abi.OK:
		return d.ended(status)
	}
	defer func() { _, _ = t.ask(t.sym.streamClose, d.id) }() // at its end that does nothing
	return d.copy(ctx, w)
}

func (t *Target) lacks(what string) error {
	return t.Error(life.StepCall, life.ErrFunction, errors.New(what))
}

// A debugStream is one without a lease of its own.
type debugStream struct{ stream }

func (d *debugStream) open() (status int32, err error) {
	what := []byte(d.name)
	f, err := d.target.control(d.target.sym.debug, func(f *call.Frame) {
		f.Pointer(unsafe.Pointer(unsafe.SliceData(what)))
		f.Int(uint64(len(what)))
		f.Pointer(unsafe.Pointer(&f.Scalar))
	})
	if err != nil {
		return 0, err
	}
	defer f.Put()
	d.id = f.Scalar
	return int32(f.R0), nil
}

func (d *debugStream) copy(ctx context.Context, w io.Writer) error {
	buffer := make([]byte, 64<<10)
	pause := leastDebugPause
	for {
		status, n, err := d.cross(buffer)
		if err != nil {
			return err
		}
		switch abi.Kind(status) {
		case abi.OK:
		case abi.End:
			return nil
		default:
			return d.ended(status)
		}
		if n = min(n, uintptr(len(buffer))); n > 0 {
			if _, err := w.Write(buffer[:n]); err != nil {
				return err
			}
			pause = leastDebugPause
			continue
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, mostDebugPause)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ended is why there is no stream, or no more of it.
func (d *debugStream) ended(status int32) error {
	message := d.target.message(status)
	switch {
	case d.target.stopped.Load():
		return d.target.closedError()
	case abi.Kind(status) == abi.Invalid:
		return d.target.lacks(message)
	}
	return d.failed(message, abi.Kind(status) == abi.Panic)
}
