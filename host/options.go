package host

import (
	"cmp"
	"context"
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
	DefaultCrashLimit      = 3
	DefaultCrashWindow     = time.Minute
)

// An Option configures Open and NewSlot.
type Option func(*config)

type config struct{ rollout.Config }

func newConfig(opts []Option) *config {
	c := &config{}
	c.Instance.StartTimeout, c.Handover, c.Instance.DrainTimeout = DefaultStartTimeout, DefaultHandoverTimeout, DefaultDrainTimeout
	c.CrashLimit, c.CrashWindow, c.Rule = DefaultCrashLimit, DefaultCrashWindow, rollout.Rule{}.WithDefaults()
	c.Instance.CancelGrace = 20 * time.Millisecond
	for _, o := range opts {
		o(c)
	}
	i := &c.Instance
	i.HealthTimeout, i.StopTimeout = cmp.Or(i.HealthTimeout, i.StartTimeout), cmp.Or(i.StopTimeout, i.StartTimeout)
	c.Own = func(v *lifecycle.Version) { v.Target.Owner = &Library{v: v, owned: c.Image.Name != ""} }
	return c
}

// AllowUnsealed loads libraries without a manifest too, for instance one built
// by go build alone. Their functions are not checked before they are called.
func AllowUnsealed() Option { return func(c *config) { c.Image.AllowUnsealed = true } }

// AllowDowngrade lets Slot.Swap replace a version by an older one.
func AllowDowngrade() Option { return func(c *config) { c.AllowDowngrade = true } }

// StartTimeout limits each start hook, and each health and stop hook for which
// there is no limit of their own; default 10 s. A version whose start hook fails
// or does not end in time never receives a call, and its stop hooks don't run:
// they would end what was never begun.
func StartTimeout(d time.Duration) Option { return func(c *config) { c.Instance.StartTimeout = d } }

// HealthTimeout limits each health hook.
func HealthTimeout(d time.Duration) Option { return func(c *config) { c.Instance.HealthTimeout = d } }

// StopTimeout limits each stop hook. The version is unloaded all the same.
func StopTimeout(d time.Duration) Option { return func(c *config) { c.Instance.StopTimeout = d } }

// HandoverTimeout limits how long the calls wait while one version hands its state
// to another: for those that are inside the old one, then for its save and the
// other's restore hook. Default 5 s. Past it the swap is undone with ErrBusy, and
// the old version goes on with its state.
func HandoverTimeout(d time.Duration) Option { return func(c *config) { c.Handover = d } }

// DrainTimeout limits how long a swap or Close waits for the calls that are
// still inside the old version; default 30 s. Past it the version is
// quarantined: kept whole, and let go when its last call returns.
func DrainTimeout(d time.Duration) Option { return func(c *config) { c.Instance.DrainTimeout = d } }

// OnDisk keeps the private copy in a temporary file in dir (empty:
// os.TempDir), not in memory, so that gdb and perf find it.
func OnDisk(dir string) Option {
	return func(c *config) { c.Instance.OnDisk, c.Instance.TempDir = true, dir }
}

// Check adds the host's own test of a new version: it runs after the start
// hooks and before the version receives any other call. An error or a panic keeps the
// version out. It must not deploy to its own slot, which waits for it: that is ErrBusy.
func Check(f func(ctx context.Context, candidate *Library) error) Option {
	return func(c *config) {
		c.Instance.Check = func(ctx context.Context, t *invoke.Target) error { return f(ctx, libraryOf(t)) }
	}
}

// OnEvent has f called for each event in the life of a version, in order and each once,
// by one goroutine at a time. It is not the one that the event is about, and nothing
// waits for f, which may take its time and call any slot, also its own. A Swap may
// have returned before f has heard of it; Slot.Close waits until f has heard of all,
// unless f calls it.
func OnEvent(f func(Event)) Option { return func(c *config) { c.OnEvent = f } }

// CrashLimit sets when a version is in a crash loop: n crashes within window,
// default 3 in a minute. It is then not loaded again until its file's content
// changes or Slot.Forgive is called.
func CrashLimit(n int, window time.Duration) Option {
	return func(c *config) { c.CrashLimit, c.CrashWindow = n, window }
}

// CallTimeout bounds every call, as a context with that timeout does. Limit does
// so for one function.
func CallTimeout(d time.Duration) Option { return func(c *config) { c.Instance.CallLimit = d } }

// KillHung ends a version when one of its calls does not return by its deadline:
// its other callers get ErrCrashed, and the slot falls back as after a crash. A
// library that heeds cabi.Context in time is not ended, see CancelGrace.
func KillHung() Option { return func(c *config) { c.Instance.KillHung = true } }

// CancelGrace is how long a caller whose context ends waits for a library that
// was told so (cabi.Context) to come back with an answer, default 20 ms. Only a
// call that does not come back takes longer for it. With KillHung, on a machine
// whose processors are busy, more keeps a version alive that was about to answer.
func CancelGrace(d time.Duration) Option { return func(c *config) { c.Instance.CancelGrace = d } }

// ForceUnload ends a replaced or closed version whose calls outlive the drain
// timeout, instead of keeping it in quarantine; they get ErrCrashed.
func ForceUnload() Option { return func(c *config) { c.Instance.ForceUnload = true } }
