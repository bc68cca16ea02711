package host

import (
	"cmp"
	"context"
	"time"
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

type config struct {
	name           string
	owned          bool // by a slot
	allowUnsealed  bool
	allowDowngrade bool
	signed         bool // only with a signature of one of keys
	keys           []PublicKey
	startTimeout   time.Duration
	healthTimeout  time.Duration // 0: startTimeout
	stopTimeout    time.Duration // 0: startTimeout
	handover       time.Duration
	probation      time.Duration // 0: none
	rule           Rule
	drainTimeout   time.Duration
	tempDir        string
	onDisk         bool
	check          func(context.Context, *Library) error
	onEvent        func(Event)
	callLimit      time.Duration
	killHung       bool
	forceUnload    bool
	crashLimit     int
	crashWindow    time.Duration
	cancelGrace    time.Duration
	services       []*service
}

func newConfig(opts []Option) *config {
	c := &config{startTimeout: DefaultStartTimeout, handover: DefaultHandoverTimeout, drainTimeout: DefaultDrainTimeout,
		crashLimit: DefaultCrashLimit, crashWindow: DefaultCrashWindow, rule: Rule{}.withDefaults(),
		cancelGrace: 20 * time.Millisecond}
	for _, o := range opts {
		o(c)
	}
	c.healthTimeout, c.stopTimeout = cmp.Or(c.healthTimeout, c.startTimeout), cmp.Or(c.stopTimeout, c.startTimeout)
	return c
}

// AllowUnsealed loads libraries without a manifest too, for instance one built
// by go build alone. Their functions are not checked before they are called.
func AllowUnsealed() Option { return func(c *config) { c.allowUnsealed = true } }

// AllowDowngrade lets Slot.Swap replace a version by an older one.
func AllowDowngrade() Option { return func(c *config) { c.allowDowngrade = true } }

// StartTimeout limits each start hook, and each health and stop hook for which
// there is no limit of their own; default 10 s. A version whose start hook fails
// or does not end in time never receives a call, and its stop hooks don't run:
// they would end what was never begun.
func StartTimeout(d time.Duration) Option { return func(c *config) { c.startTimeout = d } }

// HealthTimeout limits each health hook.
func HealthTimeout(d time.Duration) Option { return func(c *config) { c.healthTimeout = d } }

// StopTimeout limits each stop hook. The version is unloaded all the same.
func StopTimeout(d time.Duration) Option { return func(c *config) { c.stopTimeout = d } }

// HandoverTimeout limits how long the calls wait while one version hands its state
// to another: for those that are inside the old one, then for its save and the
// other's restore hook. Default 5 s. Past it the swap is undone with ErrBusy, and
// the old version goes on with its state.
func HandoverTimeout(d time.Duration) Option { return func(c *config) { c.handover = d } }

// DrainTimeout limits how long a swap or Close waits for the calls that are
// still inside the old version; default 30 s. Past it the version is
// quarantined: kept whole, and let go when its last call returns.
func DrainTimeout(d time.Duration) Option { return func(c *config) { c.drainTimeout = d } }

// OnDisk keeps the private copy in a temporary file in dir (empty:
// os.TempDir), not in memory, so that gdb and perf find it.
func OnDisk(dir string) Option {
	return func(c *config) { c.onDisk, c.tempDir = true, dir }
}

// Check adds the host's own test of a new version: it runs after the start
// hooks and before the version receives any other call. An error keeps the
// version out.
func Check(f func(ctx context.Context, candidate *Library) error) Option {
	return func(c *config) { c.check = f }
}

// OnEvent has f called for each event in the life of a version, in order, by
// one goroutine at a time. f must not call back into the slot.
func OnEvent(f func(Event)) Option { return func(c *config) { c.onEvent = f } }

// CrashLimit sets when a version is in a crash loop: n crashes within window,
// default 3 in a minute. It is then not loaded again until its file's content
// changes or Slot.Forgive is called.
func CrashLimit(n int, window time.Duration) Option {
	return func(c *config) { c.crashLimit, c.crashWindow = n, window }
}

// CallTimeout bounds every call, as a context with that timeout does. Limit does
// so for one function.
func CallTimeout(d time.Duration) Option { return func(c *config) { c.callLimit = d } }

// KillHung ends a version when one of its calls does not return by its deadline:
// its other callers get ErrCrashed, and the slot falls back as after a crash. A
// library that heeds cabi.Context in time is not ended, see CancelGrace.
func KillHung() Option { return func(c *config) { c.killHung = true } }

// CancelGrace is how long a caller whose context ends waits for a library that
// was told so (cabi.Context) to come back with an answer, default 20 ms. Only a
// call that does not come back takes longer for it. With KillHung, on a machine
// whose processors are busy, more keeps a version alive that was about to answer.
func CancelGrace(d time.Duration) Option { return func(c *config) { c.cancelGrace = d } }

// ForceUnload ends a replaced or closed version whose calls outlive the drain
// timeout, instead of keeping it in quarantine; they get ErrCrashed.
func ForceUnload() Option { return func(c *config) { c.forceUnload = true } }
