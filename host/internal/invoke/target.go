package invoke

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/internal/gate"
	"github.com/hotso/hotso/host/life"
)

// A Config says how the calls of a version behave.
type Config struct {
	CallLimit    time.Duration // of each call, 0: none
	MaxCalls     int           // inside at a time, 0: as many as the process has threads for
	MaxCallsWait time.Duration // how long a call waits for a place then
	KillHung     bool          // end the version when a call does not return by its deadline
	CancelGrace  time.Duration // how long a caller whose context has ended waits for an answer
	Imports      []*Import     // what the host provides
	LabelCalls   bool          // in profiles of the host
	Measure      bool          // how long calls take
	Trace        life.Trace    // nil: nobody is told of calls
}

// A Target is one loaded version as its callers see it. Whoever loads the version
// makes it with [New], tells it the symbols with Resolve, and closes its gate when
// the version is to go.
type Target struct {
	Name, Version, File string
	Conf                *Config
	Owner               any // what package host gives to users for this version; set before anyone calls

	gate      gate.Gate[inside]             // every thread of the host's that is inside has a lease of it
	uncounted atomic.Int64                  // leases that were no calls
	errors    atomic.Int64                  // calls that returned an error or panicked
	failures  failures                      // all, by kind
	meter     *meter                        // nil: how long calls take is not measured
	onError   atomic.Pointer[chan struct{}] // is sent a value for each of them

	jump      int64 // offset of a thread's way out of a call, see call.Frame
	sym       symbols
	functions map[string]*Function        // those of the manifest
	bound     atomic.Pointer[[]*Function] // by Binding.index of a route
	imports   uint64                      // the handle of its import table

	watchdog watchdog
	streams  streams
	pins     pins
	End      End // of its runtime
	orphans  orphans
	stopped  atomic.Bool      // its stop hooks have begun
	kill     func(why string) // nil if it can't be ended
	builtin  *Builtin         // its code, if that is linked into the program
	about    *about           // what else is done at each call, nil: nothing
}

// New returns the target of a version that is going to be loaded.
func New(name, version, file string, conf *Config) *Target {
	t := &Target{Name: name, Version: version, File: file, Conf: conf}
	t.bound.Store(&[]*Function{})
	t.about = aboutCalls(t, conf)
	if conf.Measure {
		t.meter = newMeter()
	}
	t.pins.ended = make(chan struct{})
	t.End.init()
	t.limit()
	return t
}

// Guard tells, before the version is loaded, how its calls are ended when its runtime
// ends: word is not 0 from then on, jump is where a thread keeps its way out
// (call.Frame), and kill ends the runtime on request.
func (t *Target) Guard(word *atomic.Uint32, jump int64, kill func(why string)) {
	t.End.word, t.jump, t.kill = word, jump, kill
}

// Error returns err as a [life.Error] of this version.
func (t *Target) Error(step life.Step, reason, cause error) *life.Error {
	return &life.Error{File: t.File, Name: t.Name, Version: t.Version, Step: step, Reason: reason, Cause: cause}
}

// InFlight is how many threads of the host's are inside.
func (t *Target) InFlight() int64 { return t.gate.InFlight() }

// Close refuses new calls. Those inside go on.
func (t *Target) Close() { t.gate.Close() }

// Drain waits until nobody is inside a closed target, or ctx ends.
func (t *Target) Drain(ctx context.Context) error { return t.gate.Wait(ctx) }

// Seal refuses control calls as well, for good, and reports whether nobody is inside.
// From a true on, no thread of the host's is inside the library, or will be.
func (t *Target) Seal() bool { return t.gate.Seal() }

// Reopen lets calls in again, unless the runtime has ended: what is being taken down
// must stay closed.
func (t *Target) Reopen() bool {
	return t.End.IfAlive(t.gate.Reopen)
}

// Figures are how many calls have ended since the version was loaded, and how many of
// them returned an error or panicked.
func (t *Target) Figures() (calls, errors int64) {
	return max(t.gate.Left()-t.uncounted.Load(), 0), t.errors.Load()
}

// NotifyErrors has a value sent to c, if it has room, for each call that fails. There
// is one such channel; nil ends it.
func (t *Target) NotifyErrors(c chan struct{}) {
	if c == nil {
		t.onError.Store(nil)
		return
	}
	t.onError.Store(&c)
}

// countError notes that a call failed, by an error or panic.
func (t *Target) countError(kind life.FailureKind) {
	t.failures.add(kind)
	t.errors.Add(1)
	if c := t.onError.Load(); c != nil {
		select {
		case *c <- struct{}{}:
		default:
		}
	}
}

// enter lets a caller in, which must leave again. It does not wait.
func (t *Target) enter() (*Lease, bool) { return t.gate.Enter() }

// leaveUncounted ends a lease that was no call.
func (t *Target) leaveUncounted(s *Lease) {
	t.uncounted.Add(1)
	s.Value.timing.running = false
	t.gate.Leave(s)
}

// closedError says why nobody gets in.
func (t *Target) closedError() error {
	if t.End.Happened() {
		return t.CrashError()
	}
	return &life.Error{Name: t.Name, Version: t.Version, Step: life.StepCall, Reason: life.ErrClosed}
}

// SetBound says which functions the bindings of a route call here.
func (t *Target) SetBound(fns []*Function) { t.bound.Store(&fns) }

// AddBound appends one to those of SetBound. Callers don't do so at the same time.
func (t *Target) AddBound(fn *Function) {
	bound := append(slices.Clone(*t.bound.Load()), fn)
	t.bound.Store(&bound)
}

// CanKill reports whether Kill does anything.
func (t *Target) CanKill() bool { return t.kill != nil }

// Kill ends the runtime from outside, if it can be ended.
func (t *Target) Kill(why string) {
	if t.kill != nil {
		t.kill(why)
	}
}
