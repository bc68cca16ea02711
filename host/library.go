package host

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/gate"
	"github.com/hotso/hotso/host/internal/private"
)

// A Library is one loaded version. All methods may be called from any
// goroutine at the same time.
type Library struct {
	*Description
	conf      *config
	since     time.Time
	emit      func(Event)
	state     state
	gate      gate.Gate[inside]             // every call is inside it
	uncounted atomic.Int64                  // who was inside it and was no call
	errors    atomic.Int64                  // calls that failed
	onError   atomic.Pointer[chan struct{}] // who wants to know
	copy      *private.Copy
	handle    dl.Handle
	sym       symbols

	attachment   *attachment // nil if it can't be unloaded
	jump         int64       // offset of a thread's way out of a call, see call.Frame
	resident     string      // why it can't, or empty
	extent       extent      // where its image is mapped; before that, from its first byte of code
	mapName      string      // what its mappings are called in /proc/self/maps
	groupFiles   []int       // descriptors that its runtime opened at start
	poller       poller      // of its runtime
	crashMessage *os.File    // the attachment's
	stopped      bool        // its stop hooks have run, or must not

	offer   uint64 // the handle by which it finds what the host offers
	streams streams

	functions map[string]*function        // those of the manifest
	bound     atomic.Pointer[[]*function] // by the index of a slot's bindings

	watchdog watchdog

	death     death
	deathWord *atomic.Uint32  // not 0 when the runtime has ended
	ended     atomic.Bool     // the same for good
	controls  atomic.Int64    // control calls that are inside
	onCrash   func(*Library)  // the slot's, if it has one; must not wait; guarded by death.mu
	edits     []elfimage.Edit // what was patched in the private copy
	kept      keptFrames      // of calls that ended by the death

	unprepared error // why it can't be loaded

	opened   chan struct{} // closed when open has ended
	closing  sync.Once
	report   *Report
	err      error
	tearing  sync.Mutex // one teardown at a time
	tornDown *Report    // of the one that ended well
}

// Open reads, verifies, loads and starts the library at path. None of its code
// runs before it is verified, and when Open returns it is ready to be called:
// its runtime is up and its start and health hooks have succeeded. The caller
// owns the library and closes it.
func Open(ctx context.Context, path string, opts ...Option) (*Library, error) {
	conf := newConfig(opts)
	room, giveBack := borrowRoom()
	defer giveBack()
	b, err := readFile(path, room.of)
	if err != nil {
		return nil, err
	}
	var lib *Library
	_, err = conf.verify(path, b, func(d *Description) error {
		lib = conf.prepare(d)
		return nil
	})
	if err != nil {
		lib.forget()
		return nil, err
	}
	return lib.open(ctx, func(Event) {})
}

// open takes a library that is verified and prepared through load, start and health.
func (l *Library) open(ctx context.Context, emit func(Event)) (*Library, error) {
	l.since, l.emit = time.Now(), emit
	defer close(l.opened)
	for _, s := range []struct {
		step   Step
		reason error
		run    func(context.Context) error
		done   State
	}{
		{StepLoad, ErrLoad, l.load, Loaded},
		{StepStart, ErrStart, l.start, Started},
		{StepHealth, ErrUnhealthy, l.checkHealth, Healthy},
	} {
		begin := time.Now()
		err := ctx.Err()
		if err == nil {
			err = s.run(ctx)
		}
		if err != nil {
			l.state.set(Failed)
			l.gate.Close()
			l.stopped = s.step != StepHealth // only what was started is stopped
			e := l.error(s.step, s.reason, err)
			if l.handle != 0 {
				_, _ = l.close(ctx)
				l.state.set(Failed)
			} else {
				l.forget()
			}
			return nil, e
		}
		l.state.set(s.done)
		emit(Event{State: s.done, Took: time.Since(begin)})
	}
	return l, nil
}

func (l *Library) error(step Step, reason, cause error) error {
	var e *Error
	if errors.As(cause, &e) {
		return cause
	}
	return &Error{File: l.File, Name: l.Name(), Version: l.Version(), Step: step, Reason: reason, Cause: cause}
}

// load maps the private copy, finds the symbols, and waits for the runtime.
func (l *Library) load(context.Context) (err error) {
	if l.unprepared != nil {
		return l.unprepared
	}
	if l.attachment != nil {
		crashes.libs[l.attachment.slot.Index()].Store(l)
	}
	process.loading.Lock()
	defer process.loading.Unlock()
	if l.handle, err = dl.Open(l.copy.Path()); err != nil {
		return err
	}
	if l.attachment != nil {
		low, _ := l.attachment.entry.Text()
		l.extent = extent{l.extent.low + uint64(low), l.extent.high + uint64(low)}
	}
	if err := l.resolve(); err != nil {
		return err
	}
	l.setHost()
	// dlopen returns while the runtime is still starting. The first call
	// waits for it, and for the init functions.
	if _, err = l.invoke(l.sym.takeStatus); err == nil {
		err = l.setReady()
	}
	links, filesErr := claimRuntimeFiles(l)
	err = errors.Join(err, filesErr)
	switch {
	case l.attachment == nil:
	case l.dead(): // in an init function; what it has opened is let go with it
		l.poller, _ = findPoller(links, l.attachment.entry.Probe())
	case err == nil:
		if err = l.attachment.verify(); err == nil {
			l.poller, err = findPoller(links, l.attachment.entry.Probe())
		}
		if err != nil {
			l.abandon(err.Error())
		}
	}
	return err
}

// abandon keeps the library in the process for good, with what it borrowed.
func (l *Library) abandon(why string) {
	l.death.over()
	crashes.libs[l.attachment.slot.Index()].Store(nil)
	l.attachment, l.resident = nil, why
}

// detach gives back what attach took; nothing of the library is mapped.
func (l *Library) detach() {
	offers.Delete(l.offer)
	if l.attachment != nil {
		// The entry's next user must not be taken for this one.
		l.death.over()
		crashes.libs[l.attachment.slot.Index()].Store(nil)
		l.attachment.release()
		l.attachment = nil
	}
}

// start makes the first call: it waits for the library's runtime and init
// functions and runs its start hooks, so that no user's call pays for them.
func (l *Library) start(context.Context) error {
	return l.control(l.sym.start, l.conf.startTimeout)
}

func (l *Library) checkHealth(ctx context.Context) error {
	if err := l.control(l.sym.health, l.conf.healthTimeout); err != nil {
		return err
	}
	if l.conf.check != nil {
		return l.conf.check(ctx, l)
	}
	return nil
}

// newCall returns a frame for a call into the library's code, from which the thread
// can be ejected. The caller puts it back.
func (l *Library) newCall(addr uintptr) *call.Frame {
	f := call.Get()
	f.Fn, f.Jump = addr, l.jump
	return f
}

// call makes a call into the library's code.
func (l *Library) call(addr uintptr, args ...uint64) uint64 {
	f := l.newCall(addr)
	defer f.Put()
	for _, a := range args {
		f.Int(a)
	}
	f.Do()
	if l.dead() {
		l.keep(f)
	}
	return f.R0
}

// Name is the library's name, "greeter" for libgreeter.v2.so.
func (l *Library) Name() string { return l.Description.Name }

// Version is the version as it was built, "2" for libgreeter.v2.so.
func (l *Library) Version() string { return l.Description.Version }

// State tells where in its life the version is.
func (l *Library) State() State { return l.state.get() }

// InFlight is how many calls are inside the library now.
func (l *Library) InFlight() int64 { return l.gate.InFlight() }

// Health runs the library's health hooks.
func (l *Library) Health(ctx context.Context) error {
	_, s, err := l.enter(ctx)
	if err != nil {
		return err
	}
	defer l.leaveUncounted(s)
	if err := l.control(l.sym.health, l.conf.healthTimeout); err != nil {
		return l.error(StepHealth, ErrUnhealthy, err)
	}
	return nil
}

func (l *Library) closedError() error {
	if l.death.happened() {
		return l.crashError()
	}
	return &Error{Name: l.Name(), Version: l.Version(), Step: StepCall, Reason: ErrClosed}
}

// bind implements Caller.
func (l *Library) bind(name string, want abi.Signature) (*binding, error) {
	fn, err := l.lookup(name, want)
	if err != nil {
		return nil, err
	}
	b := newBinding(name, want, l.conf.callLimit)
	b.fixed = fn
	return b, nil
}

// Close waits for the calls inside the library, at most for the drain
// timeout or until ctx ends, then stops and unloads it. The report says what
// was freed and what is left. When calls are still inside, the error is
// ErrBusy and the library is quarantined: it stays whole, refuses new calls,
// and is let go when the last call returns. Closing twice returns the same.
// What belongs to a slot is the slot's to close: that is refused with ErrBusy.
func (l *Library) Close(ctx context.Context) (*Report, error) {
	if l.conf.owned {
		return nil, l.error(StepUnload, ErrBusy, errors.New("it belongs to a slot, which swaps or closes it"))
	}
	return l.close(ctx)
}

// close is Close for whoever owns the library.
func (l *Library) close(ctx context.Context) (*Report, error) {
	l.closing.Do(func() {
		l.state.set(Retiring)
		l.gate.Close()
		l.report, l.err = l.retire(ctx)
	})
	return l.report, l.err
}
