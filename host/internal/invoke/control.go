package invoke

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
)

// symbols are the addresses of the control symbols.
type symbols struct {
	start, health, stop, save, restore uintptr
	take, takeStatus, free             uintptr
	cancel                             uintptr
	streamRead, streamClose, debug     uintptr // 0 if it has none
	pending                            *uint32
}

// Resolve looks up the control symbols, and functions, which are those of the
// manifest, by lookup. C only: nothing of the library's Go code runs.
func (t *Target) Resolve(lookup func(name string) (uintptr, error), functions map[string]abi.Signature) error {
	var pending uintptr
	for name, p := range map[string]*uintptr{
		abi.SymStart: &t.sym.start, abi.SymHealth: &t.sym.health, abi.SymStop: &t.sym.stop,
		abi.SymSave: &t.sym.save, abi.SymRestore: &t.sym.restore, abi.SymTake: &t.sym.take,
		abi.SymTakeStatus: &t.sym.takeStatus, abi.SymFree: &t.sym.free,
		abi.SymCancel: &t.sym.cancel, abi.SymPending: &pending,
	} {
		addr, err := lookup(name)
		if err != nil {
			return err
		}
		*p = addr
	}
	t.sym.pending = *(**uint32)(unsafe.Pointer(&pending))
	t.sym.streamRead, _ = lookup(abi.SymStreamRead)
	t.sym.streamClose, _ = lookup(abi.SymStreamClose)
	t.sym.debug, _ = lookup(abi.SymDebug)

	t.functions = make(map[string]*Function, len(functions))
	for name, sig := range functions {
		addr, err := lookup(name)
		if err != nil {
			return fmt.Errorf("the manifest promises %s: %w", name, err)
		}
		t.functions[name] = newFunction(t, name, addr, sig)
	}
	if addr, err := lookup(abi.SymDrill); err == nil {
		sig, _ := abi.ParseSignature(abi.SignatureDrill)
		t.functions[abi.SymDrill] = newFunction(t, abi.SymDrill, addr, sig)
	}
	return nil
}

// control makes a control call. It is the only way into the library for what is no
// call of a user's: it has a lease of the gate like any call, also while the gate is
// closed, so the library stays until it is out. It must not be made when nothing keeps
// the version from having been unloaded, and fails once the gate is sealed or the
// runtime has ended. The caller gets the frame back, and puts it.
func (t *Target) control(addr uintptr, args func(*call.Frame)) (*call.Frame, error) {
	s, ok := t.gate.EnterOwner()
	if !ok {
		return nil, t.closedError()
	}
	defer t.leaveUncounted(s)
	if t.Dead() {
		return nil, t.CrashError()
	}
	f := t.frame(addr)
	args(f)
	f.Do()
	if t.Dead() {
		t.orphan(f)
		return nil, t.CrashError()
	}
	return f, nil
}

// frame returns a frame for a call into the library's code, from which the thread can
// be ejected. The caller puts it back.
func (t *Target) frame(addr uintptr) *call.Frame {
	f := call.Get()
	f.Fn, f.Jump = addr, t.jump
	return f
}

// ask makes a control call with integers and returns its result.
func (t *Target) ask(addr uintptr, args ...uint64) (uint64, error) {
	f, err := t.control(addr, func(f *call.Frame) {
		for _, a := range args {
			f.Int(a)
		}
	})
	if err != nil {
		return 0, err
	}
	defer f.Put()
	return f.R0, nil
}

// Touch makes the first call, of a function that does nothing: it waits for the
// library's runtime and its init functions.
func (t *Target) Touch() error {
	_, err := t.ask(t.sym.takeStatus)
	return err
}

// Saves reports whether the version has a state to hand over.
func (t *Target) Saves() bool {
	if t.builtin != nil {
		return t.builtin.Save != nil
	}
	status, err := t.ask(t.sym.save, 0, 0, 0, 0)
	return err == nil && int32(status) == abi.OK
}

// Restores reports whether the version takes the state of another.
func (t *Target) Restores() bool {
	if t.builtin != nil {
		return t.builtin.Restore != nil
	}
	status, err := t.ask(t.sym.restore, 0, 0, 0)
	return err == nil && int32(status) == abi.OK
}

// Save has the version write its state down, within limit. No call is inside.
func (t *Target) Save(limit time.Duration) ([]byte, error) {
	if t.builtin != nil {
		return t.saveBuiltin(limit)
	}
	f, err := t.control(t.sym.save, func(f *call.Frame) {
		f.Int(uint64(max(limit, 1)))
		f.Output(0)
	})
	if err != nil {
		return nil, err
	}
	defer f.Put()
	switch status := int32(f.R0); abi.Kind(status) {
	case abi.OK:
		return slices.Clone(f.Buffer[:min(f.Length, uintptr(len(f.Buffer)))]), nil
	case abi.TooSmall:
		state, err := t.take(status, f.Length)
		if err != nil {
			return nil, fmt.Errorf("its %d bytes: %w", f.Length, err)
		}
		return state, nil
	default:
		return nil, errors.New(t.message(status))
	}
}

// Restore gives the version a state, within limit. No call is inside.
func (t *Target) Restore(state []byte, limit time.Duration) error {
	if t.builtin != nil {
		return t.restoreBuiltin(state, limit)
	}
	if cap(state) == 0 {
		state = make([]byte, 0, 1) // not nil, which would only ask
	}
	f, err := t.control(t.sym.restore, func(f *call.Frame) {
		f.Int(uint64(max(limit, 1)))
		f.Pointer(unsafe.Pointer(unsafe.SliceData(state)))
		f.Int(uint64(len(state)))
	})
	if err != nil {
		return err
	}
	defer f.Put()
	if status := int32(f.R0); status != abi.OK {
		return errors.New(t.message(status))
	}
	return nil
}

// maxMessage bounds what is believed of a library's claim how long a kept result is,
// in bytes.
const maxMessage = 1 << 30

var errNotKept = errors.New("it was not kept long enough to fetch")

// take fetches the bytes that the library keeps for a status; size is how many it said
// there are. The error is errNotKept, or that of a control call.
func (t *Target) take(status int32, size uintptr) ([]byte, error) {
	if t.builtin != nil {
		return t.builtin.take(status)
	}
	for size <= maxMessage {
		b := make([]byte, max(size, 1))
		f, err := t.control(t.sym.take, func(f *call.Frame) {
			f.Int(uint64(status))
			f.Pointer(unsafe.Pointer(&b[0]))
			f.Int(uint64(len(b)))
			f.Pointer(unsafe.Pointer(&f.Length))
		})
		if err != nil {
			return nil, err
		}
		got, n := int32(f.R0), f.Length
		f.Put()
		switch {
		case got == abi.OK && n <= uintptr(len(b)):
			return b[:n], nil
		case got != abi.TooSmall || n <= size:
			return nil, errNotKept
		}
		size = n
	}
	return nil, errNotKept
}

// message is the text that the library keeps for a status.
func (t *Target) message(status int32) string {
	b, err := t.take(status, 512)
	if err != nil {
		return fmt.Sprintf("status %d, no message kept", abi.Kind(status))
	}
	return string(b)
}

// free frees memory of the library's malloc. C only: its runtime is not entered.
func (t *Target) free(p uintptr) {
	f := t.frame(t.sym.free)
	defer f.Put()
	f.Int(uint64(p))
	f.Do()
	if t.Dead() {
		t.orphan(f)
	}
}
