package host

import (
	"cmp"
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/internal/rollout"
)

// Defaults of the options.
const (
	DefaultStartTimeout    = 10 * time.Second
	DefaultDrainTimeout    = 30 * time.Second
	DefaultHandoverTimeout = 5 * time.Second
	DefaultTakeoverTimeout = 30 * time.Second
	DefaultMaxCalls        = 2000
	DefaultMaxCallsWait    = time.Second
	DefaultCrashLimit      = 3
	DefaultCrashWindow     = time.Minute
)

// An Option configures Open and NewSlot.
type Option func(*config)

type config struct {
	rollout.Config
	log      slog.Handler // nil: none
	fallback *Source
}

func newConfig(opts []Option) *config {
	c := &config{}
	c.Instance.StartTimeout, c.Handover, c.Instance.DrainTimeout = DefaultStartTimeout, DefaultHandoverTimeout, DefaultDrainTimeout
	c.Takeover = DefaultTakeoverTimeout
	c.CrashLimit, c.CrashWindow, c.Rule = DefaultCrashLimit, DefaultCrashWindow, rollout.Rule{}.WithDefaults()
	c.Instance.CancelGrace = 20 * time.Millisecond
	c.Instance.MaxCalls, c.Instance.MaxCallsWait = DefaultMaxCalls, DefaultMaxCallsWait
	for _, o := range opts {
		o(c)
	}
	i := &c.Instance
	i.HealthTimeout, i.StopTimeout = cmp.Or(i.HealthTimeout, i.StartTimeout), cmp.Or(i.StopTimeout, i.StartTimeout)
	heritable(c)
	c.Own = func(v *lifecycle.Version) { v.Target.Owner = &Library{v: v, owned: c.Image.Name != ""} }
	return c
}

// AllowUnsealed also loads libraries without a manifest, for instance one built
// by go build alone. Their functions are not checked before they are called.
func AllowUnsealed() Option { return func(c *config) { c.Image.AllowUnsealed = true } }

// AllowDowngrade lets Slot.Swap replace a version by an older one.
func AllowDowngrade() Option { return func(c *config) { c.AllowDowngrade = true } }

// StartTimeout limits the load of a version with its init functions, each start hook, and
// each health and stop hook if they have no limit of their own; default 10 s. A version
// whose init functions do not end in time is ended as in a crash. A version whose start hook fails
// or does not end in time never receives a call, and its stop hooks don't run:
// they would end what was never begun. The context of start and health hooks ends as well when that
// of the swap does; they have until their limit to return.
func StartTimeout(d time.Duration) Option { return func(c *config) { c.Instance.StartTimeout = d } }

// HealthTimeout limits each health hook.
func HealthTimeout(d time.Duration) Option { return func(c *config) { c.Instance.HealthTimeout = d } }

// StopTimeout limits each stop hook. If it is exceeded the version is still unloaded.
func StopTimeout(d time.Duration) Option { return func(c *config) { c.Instance.StopTimeout = d } }

// HandoverTimeout limits how long calls wait while one version hands its state
// to another: for the calls inside the old one, then for its save hook and the
// other's restore hook. Default 5 s. When it is over the swap is undone with ErrBusy,
// and the old version goes on with its state.
func HandoverTimeout(d time.Duration) Option { return func(c *config) { c.Handover = d } }

// Exclusive has only one version of the slot live at a time, as a library that calls cabi.Exclusive has: for
// libraries that hold what can't be held twice. In a swap the new version is read, verified
// and loaded, which runs its init functions, while the old one serves. Then calls wait: the old one is
// drained, saves its state, stops, and is taken out of the process; the new one starts, restores the
// state, and is checked. If it fails, the old one is loaded again from the slot's own copy, starts,
// restores what it has saved, and the calls go on there.
//
// A rollback takes over in the same way. After a crash nothing is started before the dead version is
// out of the process. Probation and BlueGreen keep no version loaded: to go back, the one before is
// loaded again. A canary is refused with ErrExclusive. A version that stays in the process
// ([Resident]) has stopped by its stop hooks, and nothing else, when the next one starts.
func Exclusive() Option { return func(c *config) { c.Config.Exclusive = true } }

// TakeoverTimeout limits how long a call waits while one version takes over from another (Exclusive),
// or an exclusive one is started again; default 30 s. After that calls get ErrPaused, until it is
// over. A takeover that is not done by then is given up, and the old version started again; the steps
// have limits of their own (HandoverTimeout for the calls inside the old version, for its save hook,
// and for the restore hook; StopTimeout, StartTimeout, HealthTimeout).
func TakeoverTimeout(d time.Duration) Option { return func(c *config) { c.Takeover = d } }

// DrainTimeout limits how long a swap or Close waits for the calls that are
// still inside the old version; default 30 s. Past it the version is
// quarantined: kept whole, and let go when its last call returns.
func DrainTimeout(d time.Duration) Option { return func(c *config) { c.Instance.DrainTimeout = d } }

// Environ sets variables of a library's own environment, given as NAME=value, and removes
// those given as NAME, on top of what the host's environment is when the library is loaded.
// os.Getenv of the library sees them, and its runtime at its start: GOGC, GODEBUG and the
// like. Used more than once, all count, and later ones win. C code of the library sees
// the environment of the process, which is one for all; os.Setenv of a library changes
// that as well. What can't be unloaded has the environment that the process began with, and
// is refused with ErrUnsupported if this, MaxProcs or MemoryLimit is used.
func Environ(vars ...string) Option {
	return func(c *config) { c.Instance.Environ = append(c.Instance.Environ, vars...) }
}

// MaxProcs is how many threads of each library run Go code at the same time: GOMAXPROCS
// of its runtime. Without it, and without GOMAXPROCS in the environment, a library has as
// many as the host, and follows it.
func MaxProcs(n int) Option { return Environ("GOMAXPROCS=" + strconv.Itoa(n)) }

// MemoryLimit is each library's share of the memory, in bytes: GOMEMLIMIT of its runtime.
// A runtime counts its own memory only. So with GOMEMLIMIT in the environment and without
// this option, each library may take all of it once more. While a version replaces
// another, there are two. What the libraries may take is the host's to leave, by
// debug.SetMemoryLimit.
func MemoryLimit(bytes int64) Option {
	return Environ("GOMEMLIMIT=" + strconv.FormatInt(bytes, 10))
}

// OnDisk keeps the private copy in a temporary file in dir (empty:
// os.TempDir), not in memory, so that gdb and perf find it.
func OnDisk(dir string) Option {
	return func(c *config) { c.Instance.OnDisk, c.Instance.TempDir = true, dir }
}

// CheckFileName refuses a library, with ErrName, whose file is not called
// lib<name>.v<version>.so after its own name and version: whoever goes by the names of
// files, as package watch does, would take it for another version.
func CheckFileName() Option { return func(c *config) { c.Image.FileName = true } }

// Check adds the host's own test of a new version: it runs after the start
// hooks and before the version receives any other call. An error or a panic keeps the
// version out. It must not deploy to its own slot, which waits for it: that is ErrBusy.
func Check(f func(ctx context.Context, candidate *Library) error) Option {
	return func(c *config) {
		c.Instance.Check = func(ctx context.Context, t *invoke.Target) error { return f(ctx, libraryOf(t)) }
	}
}

// OnEvent has f called for each event in the life of a version, in order and once, on
// one goroutine at a time. It is never the goroutine that caused the event, and nothing
// waits for f, which may take its time and call any slot, including its own. A Swap may
// return before f is called for it; Slot.Close waits until f has returned for all
// events, unless f calls it.
func OnEvent(f func(Event)) Option { return func(c *config) { c.OnEvent = f } }

// CrashLimit sets when a version is in a crash loop: n crashes within window,
// default 3 in a minute. It is then not loaded again until its file's content
// changes or Slot.Forgive is called.
func CrashLimit(n int, window time.Duration) Option {
	return func(c *config) { c.CrashLimit, c.CrashWindow = n, window }
}

// CallTimeout bounds every call, as a context with that timeout does. Limit does
// that for one function.
func CallTimeout(d time.Duration) Option { return func(c *config) { c.Instance.CallLimit = d } }

// MaxCalls limits how many calls, and open streams, are inside a version at a time;
// default 2,000. Further calls wait for a place, up to wait (default 1 s) or until their
// context ends, and then fail with ErrTooManyCalls. A call that its caller has left
// (ErrHung) is still inside.
//
// Each call that is inside keeps a thread, and Go ends a process that wants more than
// 10,000 (debug.SetMaxThreads), so the calls of all versions together are limited too:
// to four fifths of that, or of what RLIMIT_NPROC and pids.max of the control group
// allow, whichever is less. They are read when the first library is loaded. n = 0 leaves
// only this limit. From n = 512 on up to 4 places per processor are kept ready for the
// next caller there, so that somewhat fewer than n may find one.
func MaxCalls(n int, wait time.Duration) Option {
	return func(c *config) { c.Instance.MaxCalls, c.Instance.MaxCallsWait = n, wait }
}

// KillHung ends a version when one of its calls does not return by its deadline:
// its other callers get ErrCrashed, and the slot falls back as after a crash. A
// library that heeds cabi.Context in time is not ended, see CancelGrace.
func KillHung() Option { return func(c *config) { c.Instance.KillHung = true } }

// CancelGrace is how long a caller whose context has ended waits for the library, which
// is told so (cabi.Context), to return with an answer; default 20 ms. Only callers of
// calls that do not return have to wait longer for it. With KillHung, on a machine
// whose processors are busy, more saves a version that was about to answer.
func CancelGrace(d time.Duration) Option { return func(c *config) { c.Instance.CancelGrace = d } }

// ReclaimC frees, when a version is unloaded, also after a crash, what its own C code has
// allocated on the C heap and not freed (malloc and its like); the report has it as [CHeap].
// Without it such blocks stay, as after any dlclose. It costs each allocation of C code some
// tens of nanoseconds, calls of Go code nothing.
//
// It is for libraries whose C code keeps its memory to itself. Code outside that was given a
// block for good, as a shared object that frees it or goes on using it, would find it freed;
// libc's own functions that free, resize or keep a block of the caller's are known.
func ReclaimC() Option { return func(c *config) { c.Instance.ReclaimC = true } }

// MeasureCalls has calls timed, for Figures: every slow one, and of those that take less than 4 us one in
// sixteen, which counts for all. It costs a call some nanoseconds, and each version that is loaded 2.5 KB of
// memory per processor, 20 KB at most. Calls that C code makes by a prepared function of libhotso are not timed.
func MeasureCalls() Option { return func(c *config) { c.Instance.Measure = true } }

// LabelCalls has the goroutine of a call carry the labels library and version ([pprof.Labels]) until the call
// returns, beside those that its context has, so that CPU profiles of the host tell libraries and versions
// apart. They are where all of a library's time is, below runtime.cgocall. After the call the goroutine has the labels of
// the call's context, as after [pprof.Do]. Without the option a call does nothing for profiles.
func LabelCalls() Option { return func(c *config) { c.Instance.LabelCalls = true } }

// TraceCalls has f called at each call that has been let in, before the library is, on the caller's goroutine and with its
// context; and what f returned when the call is over for its caller, with the caller's error. For a
// stream that is when it is open. Of what is called more than once at a time, f is called so, too.
// Package hotsootel makes spans of that. Without the option it costs calls nothing.
func TraceCalls(f func(context.Context, CallInfo) (end func(error))) Option {
	return func(c *config) { c.Instance.Trace = f }
}

// RefuseConflicts gives a version up, with ErrConflict, that has a file open after its start hooks which
// another version in the process has open as well, if only one may: see [Conflict]. Without it that
// is an event (Conflicting) and a line in [Slot.Versions]. What a library opens later, when it is called,
// is an event in any case.
func RefuseConflicts() Option { return func(c *config) { c.Instance.RefuseConflicts = true } }

// ForceUnload ends a replaced or closed version whose calls outlive the drain
// timeout, instead of keeping it in quarantine; they get ErrCrashed.
func ForceUnload() Option { return func(c *config) { c.Instance.ForceUnload = true } }
