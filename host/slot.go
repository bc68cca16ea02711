package host

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
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
type Slot struct {
	conf    *config
	current atomic.Pointer[Library]
	closed  atomic.Bool

	swapping sync.Mutex // one Swap, Rollback or Close at a time

	recovering atomic.Pointer[chan struct{}] // closed when the last crash was dealt with
	paused     atomic.Pointer[pause]         // nil unless a state is being handed over

	mu        sync.Mutex             // guards what follows
	good      *spare                 // the version before the current one, if it left well
	trial     *trial                 // of the current version, nil if it is not on probation
	crashes   map[string][]time.Time // by Description.key, within the window
	lastCrash *Crash                 // why there is no current version
	bindings  []*binding
	versions  []*VersionInfo // oldest first

	emitting sync.Mutex
}

// A Swap says what a replacement did.
type Swap struct {
	Version string        `json:"version"`        // now serving
	Load    time.Duration `json:"load"`           // nanoseconds from the file to ready
	Pause   time.Duration `json:"pause"`          // nanoseconds that new calls waited for the state; 0: none was handed over
	Old     *Report       `json:"old"`            // what became of the version before, nil if none
	Warm    string        `json:"warm,omitempty"` // version that is kept for the time of probation
}

// NewSlot makes an empty slot for libraries of that name. Calls get ErrEmpty
// until the first Swap.
func NewSlot(name string, opts ...Option) *Slot {
	s := &Slot{conf: newConfig(opts)}
	s.conf.name, s.conf.owned = name, true
	return s
}

// Name returns the name of the slot.
func (s *Slot) Name() string { return s.conf.name }

// Current returns the version that serves, or nil. It belongs to the slot and
// may be replaced at any time.
func (s *Slot) Current() *Library { return s.current.Load() }

// Swap replaces the current version by the library at path. The new version is
// read, verified, loaded, started and checked while the old one serves; only
// then do calls reach it. If the old version saves its state and the new one
// restores it (cabi.OnSave, OnRestore), new calls wait while it is handed over,
// at most for HandoverTimeout; a call that itself calls the slot then waits for
// itself, until the swap gives up. If any step fails the old version goes on serving and
// the error says what failed. Swap returns when the calls inside the old
// version have come back and it was let go; if they don't within the drain
// timeout, or until ctx ends, the error is ErrBusy, the swap holds, and the old
// version is quarantined.
func (s *Slot) Swap(ctx context.Context, path string) (*Swap, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	begin := time.Now()
	v := s.see(path)
	fail := func(err error) (*Swap, error) {
		state := Failed
		if errors.Is(err, ErrRefused) || errors.Is(err, ErrNotFound) {
			state = Refused
		}
		s.emit(v, Event{State: state, Detail: err.Error(), Err: err})
		return nil, err
	}
	if s.closed.Load() {
		return fail(&Error{File: path, Name: s.Name(), Step: StepSwap, Reason: ErrClosed})
	}

	b, err := readFile(path)
	if err != nil {
		return fail(err)
	}
	d, err := s.conf.verify(path, b)
	s.mu.Lock()
	if d != nil {
		v.Version = d.Version
	}
	s.mu.Unlock()
	if err == nil {
		err = s.checkOrder(d)
	}
	if err == nil {
		err = s.checkBindings(d)
	}
	if err == nil {
		err = s.checkLoop(d)
	}
	if err != nil {
		return fail(err)
	}
	s.emit(v, Event{State: Verified, Took: time.Since(begin)})

	lib, err := s.openFor(ctx, v, d)
	if err != nil {
		return fail(err)
	}
	swap := &Swap{Version: lib.Version(), Load: time.Since(begin)}
	old, err := s.replace(ctx, v, lib, swap, false)
	if err != nil {
		lib.gate.Close()
		_, _ = lib.retire(ctx)
		return fail(err)
	}
	e := Event{State: Serving, Took: swap.Load, Passed: swap.Warm == ""}
	if swap.Warm != "" {
		e.Detail = fmt.Sprintf("on probation for %v, v%s is kept warm", s.conf.probation, swap.Warm)
	}
	s.emit(v, e)
	if old == nil {
		return swap, nil
	}
	swap.Old, err = s.retire(ctx, old)
	return swap, err
}

// enter goes through the gate of the current version, which may have a frame for
// the call.
func (s *Slot) enter(ctx context.Context) (*Library, *call.Frame, error) {
	for {
		lib := s.current.Load()
		if lib == nil {
			return nil, nil, s.emptyError()
		}
		if frame, ok := lib.gate.Enter(); ok {
			return lib, frame, nil
		}
		// A closed gate means that a successor was published before it
		// closed, or that the version crashed and one is on its way.
		if s.current.Load() != lib {
			continue
		}
		for _, over := range []<-chan struct{}{s.paused.Load().ended(), s.recovered()} {
			select {
			case <-over:
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
		runtime.Gosched()
	}
}

// emptyError says why there is no current version.
func (s *Slot) emptyError() error {
	reason := ErrEmpty
	if s.closed.Load() {
		reason = ErrClosed
	} else {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.lastCrash != nil {
			return s.lastCrash
		}
	}
	return &Error{Name: s.Name(), Step: StepCall, Reason: reason}
}

// bind implements Caller.
func (s *Slot) bind(name string, want abi.Signature) (*binding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := newBinding(name, want, nil)
	b.slot, b.index = s, len(s.bindings)
	if lib := s.current.Load(); lib != nil {
		fn, err := lib.lookup(name, want)
		if err != nil {
			return nil, err
		}
		bound := append(slices.Clone(*lib.bound.Load()), fn)
		lib.bound.Store(&bound)
	}
	s.bindings = append(s.bindings, b)
	return b, nil
}

// checkBindings refuses a version that lacks what the host has bound, by its
// manifest, before any of its code runs.
func (s *Slot) checkBindings(d *Description) error {
	if !d.Sealed {
		return nil // publish looks the symbols up
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.bindings {
		refuse := func(reason, cause error) error {
			return &Error{File: d.File, Name: d.Name, Version: d.Version, Step: StepVerify,
				Reason: reason, Cause: cause, Advice: "the host has bound it"}
		}
		f, ok := d.Manifest.Function(b.name)
		if !ok {
			return refuse(ErrFunction, errors.New(b.name))
		}
		have, err := abi.ParseSignature(f.Signature)
		if err != nil || !compatible(b.sig, have) {
			return refuse(ErrSignature, fmt.Errorf("%s is %s, bound as %s", b.name, f.Signature, b.sig))
		}
	}
	return nil
}

// Close refuses new calls, drains the current version and lets it go. Errors
// and report are those of Library.Close; without a version both are nil.
func (s *Slot) Close(ctx context.Context) (*Report, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	s.closed.Store(true)
	s.mu.Lock()
	old := s.current.Swap(nil)
	s.setGood(nil)
	t := s.endTrial()
	s.mu.Unlock()
	if old != nil {
		old.gate.Close()
	}
	var warm error
	if t != nil {
		_, warm = s.retire(ctx, t.warm)
	}
	if old == nil {
		return nil, warm
	}
	report, err := s.retire(ctx, old)
	return report, errors.Join(err, warm)
}
