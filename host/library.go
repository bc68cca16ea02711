package host

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/lifecycle"
)

// A Library is one loaded version. All methods may be called from any
// goroutine at the same time.
type Library struct {
	v     *lifecycle.Version
	owned bool // by a slot
}

// libraryOf is the Library by which users know the target, each time the same one.
func libraryOf(t *invoke.Target) *Library {
	if t == nil {
		return nil
	}
	return t.Owner.(*Library)
}

// Open reads, verifies, loads and starts the library at path. None of its code
// runs before it is verified, and when Open returns it is ready to be called:
// its runtime is up and its start and health hooks have succeeded. The caller
// owns the library and closes it.
func Open(ctx context.Context, path string, opts ...Option) (*Library, error) {
	return OpenFrom(ctx, File(path), opts...)
}

// OpenFrom is Open for a library that is in a file system or in memory. A Builtin has the name of its
// slot, so it needs one: here it is refused.
func OpenFrom(ctx context.Context, from Source, opts ...Option) (*Library, error) {
	c := newConfig(opts)
	c.warn()
	if err := cmp.Or(from.err, from.zero("")); err != nil {
		return nil, err
	}
	v, err := lifecycle.Open(ctx, from.s, &c.Config.Config, c.Own)
	if err != nil {
		return nil, err
	}
	return libraryOf(v.Target), nil
}

// Name is the library's name, "greeter" for libgreeter.v2.so.
func (l *Library) Name() string { return l.v.Target.Name }

// Version is the version as it was built, "2" for libgreeter.v2.so.
func (l *Library) Version() string { return l.v.Target.Version }

// Description is what the file says about the library. It is a copy, the caller's own.
func (l *Library) Description() *Description {
	d := *l.v.Desc
	d.Manifest.Functions = slices.Clone(d.Manifest.Functions)
	d.Manifest.Needed, d.Manifest.Libraries = slices.Clone(d.Manifest.Needed), slices.Clone(d.Manifest.Libraries)
	if d.Signature != nil {
		s := *d.Signature
		d.Signature = &s
	}
	return &d
}

// State says where in its life the version is.
func (l *Library) State() State { return l.v.State() }

// InFlight is how many calls are inside the library now.
func (l *Library) InFlight() int64 { return l.v.Target.InFlight() }

// Figures say how the calls of the library went. How long they took is among them with MeasureCalls.
func (l *Library) Figures() Figures { return l.v.Target.AllFigures() }

// Health runs the library's health hooks. Their context ends with ctx; they have until [HealthTimeout] to return.
func (l *Library) Health(ctx context.Context) error { return l.v.Health(ctx) }

// Call calls a function by name with arguments that are converted to its
// parameter types: numbers of any Go type and json.Number where the value
// fits, string, []byte, bool; a slice of numbers or []any; a struct or
// map[string]any with its fields; Argument and VersionArgument. It is for callers that learn
// the functions at run time; Func1 and its kin are faster and check at compile
// time. Errors are those of typed calls, and ErrArgument.
func (l *Library) Call(ctx context.Context, name string, args ...any) (Result, error) {
	r, err := l.v.Target.Call(ctx, name, forTarget(args)...)
	return Result(r), err
}

// CallStream is Call for a function that returns a stream.
func (l *Library) CallStream(ctx context.Context, name string, args ...any) (*Stream, error) {
	return newStream(l.v.Target.CallStream(ctx, name, forTarget(args)...))
}

// bind implements Caller.
func (l *Library) bind(name string, want abi.Signature) (*invoke.Binding, error) {
	fn, err := l.v.Lookup(name, want)
	if err != nil {
		return nil, err
	}
	return invoke.NewBinding(name, want, l.v.Target.Conf.CallLimit).To(fn), nil
}

// Close waits for the calls inside the library, at most for the drain
// timeout or until ctx ends, then stops and unloads it. The report says what
// was freed and what is left. When calls are still inside, the error is
// ErrBusy and the library is quarantined: it stays whole, refuses new calls,
// and is let go when the last call returns. Closing twice returns the same.
// A library that belongs to a slot is the slot's to close: here that is ErrBusy.
func (l *Library) Close(ctx context.Context) (*Report, error) {
	if l.owned {
		return nil, l.v.Target.Error(StepUnload, ErrBusy, errors.New("it belongs to a slot, which swaps or closes it"))
	}
	return l.v.Retire(ctx)
}
