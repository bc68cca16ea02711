package host

import (
	"context"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/rollout"
)

// A Slot is a stable name whose version can be replaced while it is called.
// All methods may be called from any goroutine at the same time.
//
//	slot := host.NewSlot("greeter")
//	defer slot.Close(ctx)
//	greet, err := host.Func1[string, string](slot, "GreetName")
//	...
//	_, err = slot.Swap(ctx, "build/libgreeter.v2.so")
//	...
//	s, err := greet(ctx, "Ada") // of v2
type Slot struct{ s *rollout.Slot }

// NewSlot makes an empty slot for libraries of that name. Calls get ErrEmpty
// until the first Swap.
func NewSlot(name string, opts ...Option) *Slot {
	c := newConfig(opts)
	c.Image.Name = name
	c.warn()
	if c.fallback != nil {
		c.Fallback = c.fallback.s.Builtin
	}
	s := &Slot{rollout.NewSlot(&c.Config)}
	if c.fallback != nil && c.Fallback == nil {
		s.s.Vacate(c.fallback.notBuiltin(s))
	}
	return s
}

// Name returns the name of the slot.
func (s *Slot) Name() string { return s.s.Name() }

// Current returns the version that serves, or nil. It belongs to the slot and
// may be replaced at any time.
func (s *Slot) Current() *Library { return libraryOf(s.s.Route.Current()) }

// Swap replaces the current version by the library at path. The new version is
// read, verified, loaded, started and checked while the old one serves; only
// then do calls reach it. If the old version saves its state and the new one
// restores it (cabi.OnSave, OnRestore), new calls wait while it is handed over,
// at most for HandoverTimeout; a call that itself calls the slot then waits for
// itself, until the swap gives up. If any step fails the old version goes on serving and
// the error says what failed. Swap returns when the calls inside the old
// version have come back and it was let go; if they don't within the drain
// timeout, or until ctx ends, the error is ErrBusy, the swap holds, and the old
// version is quarantined. While a canary runs, it is refused with ErrCanary. If only one version
// may be live, the new one takes over: see Exclusive.
func (s *Slot) Swap(ctx context.Context, path string) (*Swap, error) {
	return s.SwapTo(ctx, File(path))
}

// SwapTo is Swap for a version from anywhere: a file system or memory, or one that is linked into
// the program.
func (s *Slot) SwapTo(ctx context.Context, from Source) (*Swap, error) {
	src, err := from.check(s)
	if err != nil {
		return nil, err
	}
	return s.s.Swap(ctx, src)
}

// Rollback goes back to the previous version: the warm one during a probation,
// otherwise the one that served before the current, loaded again from the slot's own
// copy, whatever became of its file. The state is handed back as in a Swap, and
// if that fails the current version goes on serving. The version that is left becomes
// Failed. A second Rollback in a row gets ErrNoneBefore; while a canary runs the error
// is ErrCanary.
func (s *Slot) Rollback(ctx context.Context) (*Swap, error) { return s.s.Rollback(ctx) }

// Versions lists what the slot has seen, oldest first, and always all versions that are
// in the process.
func (s *Slot) Versions() []VersionInfo { return s.s.Versions() }

// Figures are what has become of the slot's versions, and how their calls went. How long calls took
// is among them with MeasureCalls. It takes some microseconds for each version.
func (s *Slot) Figures() SlotFigures { return s.s.Figures() }

// Flush waits until OnEvent's function has returned for every event so far, or ctx ends.
// Call it before you act on what the events have reported. Called by OnEvent's function
// it returns at once.
func (s *Slot) Flush(ctx context.Context) { s.s.Flush(ctx) }

// Forgive forgets all crashes: versions in a crash loop may be loaded again.
func (s *Slot) Forgive() { s.s.Forgive() }

// Call is Library.Call on the current version.
func (s *Slot) Call(ctx context.Context, name string, args ...any) (Result, error) {
	r, err := s.s.Route.Call(ctx, name, forTarget(args)...)
	return Result(r), err
}

// CallStream is Library.CallStream on the current version.
func (s *Slot) CallStream(ctx context.Context, name string, args ...any) (*Stream, error) {
	return newStream(s.s.Route.CallStream(ctx, name, forTarget(args)...))
}

// bind implements Caller.
func (s *Slot) bind(name string, want abi.Signature) (*invoke.Binding, error) {
	return s.s.Bind(name, want, invoke.Terms{})
}

// Close refuses new calls, drains the current version and lets it go, and with it
// a warm version and a canary. Errors and report are those of Library.Close; without
// a version both are nil.
func (s *Slot) Close(ctx context.Context) (*Report, error) { return s.s.Close(ctx) }
