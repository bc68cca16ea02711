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
	"github.com/hotso/hotso/host/internal/gate"
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

	swapping sync.Mutex // one Swap or Close at a time

	recovering atomic.Pointer[chan struct{}] // closed when the last crash was dealt with

	mu        sync.Mutex             // guards what follows
	good      *spare                 // the version before the current one, if it left well
	crashes   map[string][]time.Time // by Description.key, within the window
	lastCrash *Crash                 // why there is no current version
	bindings  []*binding
	versions  []*VersionInfo // oldest first

	emitting sync.Mutex
}

// A VersionInfo is what a slot knows of a version it has seen.
type VersionInfo struct {
	Version  string    `json:"version"`
	File     string    `json:"file"`
	State    State     `json:"state"`
	Since    time.Time `json:"since"` // when it came into this state
	InFlight int64     `json:"in_flight"`
	Reason   string    `json:"reason,omitempty"` // why refused, failed, quarantined, resident

	lib *Library
}

// maxVersions is how many versions a slot remembers; those still in the
// process are never forgotten.
const maxVersions = 64

// A Swap says what a replacement did.
type Swap struct {
	Version string        `json:"version"` // now serving
	Load    time.Duration `json:"load"`    // nanoseconds from the file to ready
	Old     *Report       `json:"old"`     // what became of the version before, nil if none
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
// then do calls reach it. If any step fails the old version goes on serving and
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
	s.mu.Lock()
	old, err := s.publishLocked(v, lib)
	s.mu.Unlock()
	if err != nil {
		lib.gate.Close()
		_, _ = lib.retire(ctx)
		return fail(err)
	}
	swap := &Swap{Version: lib.Version(), Load: time.Since(begin)}
	s.emit(v, Event{State: Serving, Took: swap.Load})
	if old == nil {
		return swap, nil
	}
	swap.Old, err = s.retire(ctx, old)
	return swap, err
}

// openFor opens a verified library whose life v records.
func (s *Slot) openFor(ctx context.Context, v *VersionInfo, d *Description) (*Library, error) {
	return s.conf.open(ctx, d, func(e Event) { s.emit(v, e) })
}

// publishLocked binds the slot's functions in lib and lets calls reach it. From the
// store on, no new call enters the old version: its gate closes right after,
// and whoever is refused there finds the new one.
func (s *Slot) publishLocked(v *VersionInfo, lib *Library) (old *Library, err error) {
	bound := make([]*function, len(s.bindings))
	for i, b := range s.bindings {
		if bound[i], err = lib.lookup(b.name, b.sig); err != nil {
			return nil, err
		}
	}
	lib.bound.Store(&bound)
	lib.state.set(Serving)
	v.lib = lib
	s.lastCrash = nil
	old = s.current.Swap(lib)
	lib.takeOver(s.crashed)
	if old != nil {
		if !old.dead() {
			s.setGood(old.spare())
			old.state.set(Retiring)
		}
		old.gate.Close()
	}
	return old, nil
}

// setGood remembers the version to fall back to.
func (s *Slot) setGood(c *spare) {
	if s.good != nil {
		_ = s.good.copy.Close()
	}
	s.good = c
}

// retire drains and takes down a version that was replaced.
func (s *Slot) retire(ctx context.Context, old *Library) (*Report, error) {
	if !old.death.happened() {
		old.emit(Event{State: Retiring})
	}
	return old.close(ctx)
}

// enter goes through the gate of the current version.
func (s *Slot) enter(ctx context.Context) (*Library, gate.Shard, error) {
	for {
		lib := s.current.Load()
		if lib == nil {
			return nil, 0, s.emptyError()
		}
		if token, ok := lib.gate.Enter(); ok {
			return lib, token, nil
		}
		// A closed gate means that a successor was published before it
		// closed, or that the version crashed and one is on its way.
		if s.current.Load() != lib {
			continue
		}
		if done := s.recovering.Load(); done != nil {
			select {
			case <-*done:
			case <-ctx.Done():
				return nil, 0, ctx.Err()
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
	s.mu.Unlock()
	if old == nil {
		return nil, nil
	}
	old.gate.Close()
	return s.retire(ctx, old)
}

// Versions lists what the slot has seen, oldest first.
func (s *Slot) Versions() []VersionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]VersionInfo, len(s.versions))
	for i, v := range s.versions {
		list[i] = *v
		if v.lib != nil {
			list[i].InFlight = v.lib.InFlight()
		}
		list[i].lib = nil
	}
	return list
}

// see begins the life of a version.
func (s *Slot) see(path string) *VersionInfo {
	v := &VersionInfo{File: path, State: Found, Since: time.Now()}
	s.mu.Lock()
	s.versions = append(s.versions, v)
	if len(s.versions) > maxVersions {
		i := slices.IndexFunc(s.versions, func(v *VersionInfo) bool {
			return v.State == Refused || v.State == Failed || v.State == Unloaded || v.State == Resident
		})
		if i >= 0 {
			s.versions = slices.Delete(s.versions, i, i+1)
		}
	}
	s.mu.Unlock()
	s.emit(v, Event{State: Found})
	return v
}

// emit records where v is and tells the host.
func (s *Slot) emit(v *VersionInfo, e Event) {
	s.emitting.Lock()
	defer s.emitting.Unlock()
	e.Time = time.Now()
	s.mu.Lock()
	v.State, v.Since, v.Reason = e.State, e.Time, e.Detail
	if e.State == Unloaded || e.State == Resident || e.State == Failed {
		v.lib = nil // what a finished version kept alive may go
	}
	e.Name, e.Version, e.File = s.conf.name, v.Version, v.File
	s.mu.Unlock()
	if s.conf.onEvent != nil {
		s.conf.onEvent(e)
	}
}
