package host

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
)

// symbols are the addresses of the control symbols.
type symbols struct {
	start, health, stop, save, restore uintptr
	take, takeStatus, free, unload     uintptr
	cancel                             uintptr
	streamRead, streamClose            uintptr // 0 if it has none
	pending                            *uint32
}

// resolve looks up the control symbols and the functions of the manifest.
func (l *Library) resolve() error {
	var pending uintptr
	for name, p := range map[string]*uintptr{
		abi.SymStart: &l.sym.start, abi.SymHealth: &l.sym.health, abi.SymStop: &l.sym.stop,
		abi.SymSave: &l.sym.save, abi.SymRestore: &l.sym.restore, abi.SymTake: &l.sym.take,
		abi.SymTakeStatus: &l.sym.takeStatus, abi.SymFree: &l.sym.free, abi.SymUnload: &l.sym.unload,
		abi.SymCancel: &l.sym.cancel, abi.SymPending: &pending,
	} {
		addr, err := l.handle.Sym(name)
		if err != nil {
			return err
		}
		*p = addr
	}
	l.sym.pending = *(**uint32)(unsafe.Pointer(&pending))
	l.sym.streamRead, _ = l.handle.Sym(abi.SymStreamRead)
	l.sym.streamClose, _ = l.handle.Sym(abi.SymStreamClose)

	l.functions = make(map[string]*function, len(l.Manifest.Functions))
	for _, f := range l.Manifest.Functions {
		sig, err := abi.ParseSignature(f.Signature)
		if err != nil {
			return err
		}
		addr, err := l.handle.Sym(f.Name)
		if err != nil {
			return fmt.Errorf("the manifest promises %s: %w", f.Name, err)
		}
		l.functions[f.Name] = newFunction(l, f.Name, addr, sig)
	}
	if addr, err := l.handle.Sym(abi.SymDrill); err == nil {
		sig, _ := abi.ParseSignature(abi.SignatureDrill)
		l.functions[abi.SymDrill] = newFunction(l, abi.SymDrill, addr, sig)
	}
	return nil
}

// lookup finds the function that can be called as want.
func (l *Library) lookup(name string, want abi.Signature) (*function, error) {
	fail := func(reason error, cause error, advice string) (*function, error) {
		return nil, &Error{File: l.File, Name: l.Name(), Version: l.Version(), Step: StepBind,
			Reason: reason, Cause: cause, Advice: advice}
	}
	fn, ok := l.functions[name]
	switch {
	case !ok && l.Sealed:
		return fail(ErrFunction, errors.New(name), "export it, or bind another")
	case !ok:
		addr, err := l.handle.Sym(name)
		if err != nil {
			return fail(ErrFunction, err, "export it, or bind another")
		}
		// Without a manifest the host's word counts: spans and structs can only
		// be results beside a status.
		want.Error = want.Result.Span() || want.Result.Struct() || want.Result == abi.Stream
		return newFunction(l, name, addr, want), nil
	case !compatible(want, fn.sig):
		return fail(ErrSignature, fmt.Errorf("%s is %s, bound as %s", name, fn.sig, want), "")
	}
	return fn, nil
}

// control calls a control function that takes a timeout and returns a status.
func (l *Library) control(addr uintptr, timeout time.Duration) error {
	status, err := l.invoke(addr, uint64(timeout))
	if err != nil || abi.Kind(int32(status)) == abi.OK {
		return err
	}
	return errors.New(l.message(int32(status)))
}

// invoke makes a control call. If the runtime dies meanwhile, the call is
// ejected as any other.
func (l *Library) invoke(addr uintptr, args ...uint64) (uint64, error) {
	l.controls.Add(1)
	defer l.controls.Add(-1)
	if l.dead() {
		return 0, l.crashError()
	}
	r := l.call(addr, args...)
	if l.dead() {
		return 0, l.crashError()
	}
	return r, nil
}
