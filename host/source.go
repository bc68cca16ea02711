package host

import (
	"context"
	"errors"
	"io/fs"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/bridge"
	"github.com/hotso/hotso/host/internal/builtin"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/lifecycle"
)

// A Source is where a version comes from. [Slot.SwapTo], [Slot.CanaryOf] and [OpenFrom] take it.
type Source struct {
	s   lifecycle.Source
	err error
}

// File is the library at path. [Slot.Swap] and [Open] take the path itself.
func File(path string) Source { return Source{s: lifecycle.AtPath(path)} }

// FileIn is the library at a path of a file system, such as an embed.FS or a zip.Reader.
//
//	//go:embed plugins
//	var plugins embed.FS
//	...
//	_, err := slot.SwapTo(ctx, host.FileIn(plugins, "plugins/libgreeter.v2.so"))
//
// It is read once, into memory. Events, errors and [CheckFileName] know it by the path.
func FileIn(fsys fs.FS, path string) Source {
	if fsys == nil {
		return Source{err: &Error{File: path, Step: StepRead, Reason: ErrArgument, Cause: errors.New("the file system is nil")}}
	}
	return Source{s: lifecycle.InFS(fsys, path)}
}

// Bytes is a library that is in memory already, as one that was downloaded. Events, errors and
// [CheckFileName] know it by the name. Nobody writes to b until the call that it is for has returned.
func Bytes(name string, b []byte) Source { return Source{s: lifecycle.Bytes(name, b)} }

// Hooks are for a [Builtin] what cabi.OnStart and its kin are for a library, with the same limits
// ([StartTimeout]). Each may be nil.
type Hooks struct {
	Start, Health, Stop func(context.Context) error
	Save                func() ([]byte, error)
	Restore             func(state []byte) error
	Exclusive           bool // as cabi.Exclusive: only one version of the slot may be live at a time
}

// Builtin is a version that is linked into the program. It is called as a library is, by typed functions,
// contracts and by name, and is swapped, drained and given its state like one; but it shares the memory, the
// runtime and the fate of the program. A panic of a function is its caller's error ([ErrPanic]); one on a
// goroutine of its own ends the program. [KillHung] and [ForceUnload] can't end it.
//
//	slot := host.NewSlot("shop", host.Fallback(host.Builtin("1.4.0", shop.New)))
//
// The implementation is
//
//   - a value: its methods are the functions, those that only have types which cross; and it serves each
//     contract that it implements, of the packages that the program imports;
//   - a func() (T, error) that makes such a value when the version starts, as Export of a contract takes
//     it; if the value is an io.Closer, it is closed when the version stops;
//   - a map[string]any of functions, by name.
//
// A function may take a context.Context first, and return an error last. The context ends when nobody waits
// for the call any more, and has nothing else of the caller's; that of a contract's method has the
// deadline, too. What crosses is copied where a library has it copied: slices are the caller's own
// memory, to be read until the function returns. The host's functions (Provide0) it calls directly.
//
// It has no file, so nothing is verified, and [TrustKeys] does not matter to it. Versions are compared as
// ever: an older one is refused ([ErrDowngrade]). When it has stopped its Report says unloaded, although its
// code stays.
func Builtin(version string, implementation any, hooks ...Hooks) Source {
	var all Hooks
	switch len(hooks) {
	case 0:
	case 1:
		all = hooks[0]
	default:
		return Source{err: &Error{Version: version, Step: StepLoad, Reason: ErrArgument, Cause: errors.New("there is one Hooks at most")}}
	}
	b, err := builtin.New(version, implementation, builtin.Hooks(all))
	if err != nil {
		return Source{err: &Error{Version: version, Step: StepLoad, Reason: ErrArgument, Cause: err}}
	}
	return Source{s: lifecycle.Source{Builtin: b}}
}

// Fallback has a Builtin serve from the first moment of a slot on, and again when a version has crashed and
// nothing else is left: not the version before, nor the same one started again. Where no library can be loaded,
// it is what serves. If it can't start, or is no Builtin, calls get that error until another version serves.
func Fallback(from Source) Option {
	return func(c *config) {
		c.fallback = &from
	}
}

// check returns what the slot takes.
func (from Source) check(s *Slot) (lifecycle.Source, error) {
	if from.err != nil {
		err := *from.err.(*Error)
		err.Name = s.Name()
		return from.s, &err
	}
	return from.s, from.zero(s.Name())
}

// zero refuses the zero Source.
func (from Source) zero(name string) error {
	if from.s.Read == nil && from.s.Builtin == nil {
		return &Error{Name: name, Step: StepLoad, Reason: ErrArgument, Cause: errors.New("the zero Source")}
	}
	return nil
}

// notBuiltin says why it is none.
func (from Source) notBuiltin(s *Slot) error {
	if from.err == nil {
		from.err = &Error{Step: StepLoad, Reason: ErrArgument, Cause: errors.New("Fallback takes a Builtin")}
	}
	_, err := from.check(s)
	return err
}

func init() {
	bridge.Source = func(b *instance.Builtin) any { return Source{s: lifecycle.Source{Builtin: b}} }
	bridge.Builtin = func(from any) (*instance.Builtin, error) { return from.(Source).s.Builtin, from.(Source).err }
	bridge.Target = func(lib any) *invoke.Target { return lib.(*Library).v.Target }
	bridge.Bind = func(c any, name string, want abi.Signature) (*invoke.Binding, error) {
		return c.(Caller).bind(name, want)
	}
	bridge.Provide = func(imp *invoke.Import) any { return provide(imp) }
}
