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

// A VersionInfo is what a slot knows of a version it has seen.
type VersionInfo struct {
	Version  string    `json:"version"`
	File     string    `json:"file"`
	State    State     `json:"state"`
	Since    time.Time `json:"since"` // when it came into this state
	InFlight int64     `json:"in_flight"`
	Calls    int64     `json:"calls"`            // that have ended
	Errors   int64     `json:"errors"`           // of those, errors and panics
	Reason   string    `json:"reason,omitempty"` // why refused, failed, quarantined, resident

	lib    *Library
	failed string // the reason, once it has failed: that it was unloaded too is not what matters
}

// maxVersions is how many versions a slot remembers; those still in the
// process are never forgotten.
const maxVersions = 64

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

// replace hands the state over, if there is one, and publishes lib. It returns the
// version to retire, if any. Going back, there is no probation.
func (s *Slot) replace(ctx context.Context, v *VersionInfo, lib *Library, swap *Swap, back bool) (*Library, error) {
	for {
		old := s.current.Load()
		p, size, err := s.handOver(ctx, old, lib)
		if err != nil && !old.dead() { // what crashed has no state any more
			return nil, err
		}
		s.mu.Lock()
		if s.current.Load() != old { // it crashed, and there is a fallback
			s.mu.Unlock()
			p.end()
			continue
		}
		_, err = s.publishLocked(lib)
		retire := old
		if err == nil {
			retire = s.keepLocked(lib, old, back)
			if s.trial != nil {
				swap.Warm = s.trial.warm.Version()
			}
		}
		s.mu.Unlock()
		if err != nil && p != nil {
			old.reopen()
		}
		swap.Pause = p.end()
		if err == nil && p != nil {
			s.emit(v, Event{State: Restored, Took: swap.Pause, Detail: fmt.Sprintf("%d bytes of state from v%s", size, old.Version())})
		}
		if err == nil && retire != old && old.state.get() == Warm {
			old.emit(Event{State: Warm, Detail: "kept to go back to"})
		}
		return retire, err
	}
}

// keepLocked decides what becomes of the version before lib: it is kept warm, or
// to be retired. s.mu is held.
func (s *Slot) keepLocked(lib, old *Library, back bool) (retire *Library) {
	warm := old
	if t := s.endTrial(); t != nil {
		warm = t.warm
	}
	if warm == nil || warm.dead() {
		return old
	}
	if back {
		s.setGood(nil)
		return old
	}
	s.setGood(warm.spare())
	if s.conf.probation <= 0 {
		return old
	}
	s.beginTrial(lib, warm)
	if warm == old {
		return nil
	}
	return old
}

// openFor opens a verified library whose life v records.
func (s *Slot) openFor(ctx context.Context, v *VersionInfo, d *Description) (*Library, error) {
	lib, err := s.conf.open(ctx, d, func(e Event) { s.emit(v, e) })
	s.mu.Lock()
	defer s.mu.Unlock()
	v.lib = lib
	return lib, err
}

// publishLocked binds the slot's functions in lib and lets calls reach it. From the
// store on, no new call enters the old version: its gate closes right after,
// and whoever is refused there finds the new one.
func (s *Slot) publishLocked(lib *Library) (old *Library, err error) {
	bound := make([]*function, len(s.bindings))
	for i, b := range s.bindings {
		if bound[i], err = lib.lookup(b.name, b.sig); err != nil {
			return nil, err
		}
	}
	lib.bound.Store(&bound)
	lib.state.set(Serving)
	s.lastCrash = nil
	old = s.current.Swap(lib)
	lib.takeOver(s.crashed)
	if old != nil {
		if !old.dead() {
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
		for _, over := range []<-chan struct{}{s.paused.Load().ended(), s.recovered()} {
			select {
			case <-over:
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

// Versions lists what the slot has seen, oldest first.
func (s *Slot) Versions() []VersionInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]VersionInfo, len(s.versions))
	for i, v := range s.versions {
		list[i] = *v
		if v.lib != nil {
			list[i].InFlight = v.lib.InFlight()
			list[i].Calls, list[i].Errors = v.lib.figures()
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
			return v.lib == nil && (v.State == Refused || v.State == Failed || v.State == Unloaded || v.State == Resident)
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
	switch e.State {
	case Failed:
		v.failed = e.Detail
	case Serving: // once more, on a rollback
		v.failed = ""
	case Crashed, Retiring, Drained, Unloaded:
		if v.failed != "" {
			v.State, v.Reason = Failed, v.failed
		}
	}
	if e.State == Unloaded || e.State == Resident {
		if v.lib != nil {
			v.Calls, v.Errors = v.lib.figures()
		}
		v.lib = nil // what a finished version kept alive may go
	}
	e.Name, e.Version, e.File = s.conf.name, v.Version, v.File
	s.mu.Unlock()
	if s.conf.onEvent != nil {
		s.conf.onEvent(e)
	}
}
