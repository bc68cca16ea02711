package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi/abi"
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
	canary  atomic.Pointer[canary] // nil unless one runs; beside current, as every call reads both
	closed  atomic.Bool

	swapping sync.Mutex // one Swap, Canary, Promote, Abort, Rollback or Close at a time

	recovering atomic.Pointer[chan struct{}] // closed when the last crash was dealt with
	paused     atomic.Pointer[pause]         // nil unless a state is being handed over

	mu        sync.Mutex             // guards what follows
	good      *spare                 // the version before the current one, if it left well
	trial     *trial                 // of the current version, nil if it is not on probation
	crashes   map[string][]time.Time // by Description.key, within the window
	lastCrash *Crash                 // why there is no current version
	bindings  []*binding
	versions  []*VersionInfo // oldest first

	leaving  sync.WaitGroup // canaries that were aborted by themselves; added to under mu
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
// version is quarantined. While a canary runs, it is refused with ErrCanary.
func (s *Slot) Swap(ctx context.Context, path string) (*Swap, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	if err := s.noCanary(StepSwap); err != nil {
		return nil, err
	}
	begin := time.Now()
	v := s.see(path)
	lib, err := s.admit(ctx, v, path)
	if err != nil {
		return nil, s.reject(v, err)
	}
	swap := &Swap{Version: lib.Version(), Load: time.Since(begin)}
	old, err := s.replace(ctx, v, lib, swap, false)
	if err != nil {
		lib.discard(ctx)
		return nil, s.reject(v, err)
	}
	return s.settle(ctx, v, swap, old, "")
}

// settle tells that v serves, with what it has to say, and lets the version before
// go.
func (s *Slot) settle(ctx context.Context, v *VersionInfo, swap *Swap, old *Library, why string) (_ *Swap, err error) {
	e := Event{State: Serving, Took: swap.Load, Passed: swap.Warm == "", Detail: why}
	if swap.Warm != "" {
		if why != "" {
			e.Detail += "; "
		}
		e.Detail += fmt.Sprintf("on probation for %v, v%s is kept warm", s.conf.probation, swap.Warm)
	}
	s.emit(v, e)
	if old == nil {
		return swap, nil
	}
	swap.Old, err = s.retire(ctx, old)
	return swap, err
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
	b := newBinding(name, want, s.conf.callLimit)
	b.slot, b.index = s, len(s.bindings)
	if lib := s.current.Load(); lib != nil {
		fn, err := lib.lookup(name, want)
		if err != nil {
			return nil, err
		}
		lib.addBound(fn)
	}
	s.bindings = append(s.bindings, b)
	if c := s.canary.Load(); c != nil {
		s.bindCanary(c, b)
	}
	return b, nil
}

// Close refuses new calls, drains the current version and lets it go, and with it
// a warm version and a canary. Errors and report are those of Library.Close; without
// a version both are nil.
func (s *Slot) Close(ctx context.Context) (*Report, error) {
	s.swapping.Lock()
	defer s.swapping.Unlock()
	s.closed.Store(true)
	s.mu.Lock()
	old := s.current.Swap(nil)
	c := s.endCanary()
	s.setGood(nil)
	t := s.endTrial()
	s.mu.Unlock()
	if old != nil {
		old.gate.Close()
	}
	var others error
	if t != nil {
		_, others = s.retire(ctx, t.warm)
	}
	if c != nil {
		_, err := s.retire(ctx, c.lib)
		others = errors.Join(others, err)
	}
	s.leaving.Wait()
	if old == nil {
		return nil, others
	}
	report, err := s.retire(ctx, old)
	return report, errors.Join(err, others)
}
