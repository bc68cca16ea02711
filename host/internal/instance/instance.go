package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/internal/private"
	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/stackcheck"
	"github.com/hotso/hotso/host/internal/tls"
	"github.com/hotso/hotso/host/life"
)

// A Config says how versions are loaded and unloaded.
type Config struct {
	invoke.Config
	StartTimeout  time.Duration
	HealthTimeout time.Duration
	StopTimeout   time.Duration
	DrainTimeout  time.Duration
	OnDisk        bool     // the private copy is a temporary file,
	TempDir       string   // in this directory
	Environ       []string // NAME=value or NAME, for the library's runtime on top of the process's environment
	ReclaimC      bool     // free what its C code has left on the C heap
	ForceUnload   bool     // end a version whose calls outlive DrainTimeout
	// RefuseConflicts gives a version up that has a file open which another has, too.
	RefuseConflicts bool
	// Check is the host's own test of a version; nil if it has none.
	Check func(context.Context, *invoke.Target) error
}

// An Instance is one loaded version. Its methods may be called from any goroutine;
// Open once, by whoever prepared it.
type Instance struct {
	Target *invoke.Target
	Desc   *life.Description
	Key    string // names its content

	conf    *Config
	builtin *Builtin         // what it is, if that is linked into the program; then it has no image
	flags   uint32           // of its descriptor
	tell    func(life.Event) // its steps; does not wait
	copy    *private.Copy
	edits   []elfimage.Edit // what was patched in the private copy
	needed  *needed.Set     // what must be loaded before it; nil if the dynamic linker searches
	ahead   *needed.Set     // then what is loaded before it nonetheless
	own     *needed.Own     // what it has copies of for itself; nil if nothing
	block   *tls.Block      // for their thread-local storage; nil if they need none
	handle  dl.Handle
	unload  uintptr        // the shim's hotso_unload,
	release uintptr        // and hotso_release
	threads atomic.Uintptr // hotso_threads, for the unload of others
	sharing sharing

	attachment   *attachment     // what the host lent to it; nil if it can't be unloaded
	resident     string          // why it can't, or empty
	stays        string          // why it won't be, though the host lent to it; or empty
	extent       extent          // where its image is mapped; before that, from its first byte of code
	readOnly     []elfimage.Part // of its image; the addresses count from the extent's begin
	mapName      string          // what its mappings are called in /proc/self/maps
	crashMessage *os.File        // the attachment's
	started      bool            // its start hooks have run, and its stop hooks must
	ended        bool            // its threads have ended,
	unloaded     unloadReport    // as this says
	rings        int             // io_urings of its that were closed
	handlers     int             // that it had in the dispatch table
	brings       []string        // file names of all objects that it needs, if stackcheck.InProgram
	beside       []string        // objects that it needs, and what these may have in the process

	unprepared error            // why it can't be loaded
	still      stackcheck.Still // the threads that stood still before it was mapped
	loading    chan struct{}    // nil, or closed when the load that was given up has ended
	opened     chan struct{}    // closed when Open has ended
	runs       chan struct{}    // closed when its runtime has started, or died
	up         chan struct{}    // closed when the first call has come back

	closing sync.Once
	report  *life.Report
	err     error
}

// Prepare does what can be done for a load before it is known whether the image is
// what was sealed: it makes the private copy and takes what the library will borrow.
// Nothing is mapped and nothing runs. What goes wrong is told by Open, which comes
// when all of the verdict is in; if it is against the file, Forget comes instead.
func Prepare(conf *Config, im *image.Image) *Instance {
	d := im.Description
	in := &Instance{Desc: &d, Key: im.Key(), conf: conf, flags: im.Flags, opened: make(chan struct{}), runs: make(chan struct{}), up: make(chan struct{})}
	in.Target = invoke.New(d.Name, d.Version, d.File, &conf.Config)
	in.needed, im.Needed = im.Needed, nil
	if in.unprepared = in.borrow(im); in.unprepared == nil {
		in.unprepared = in.copyImage(im)
	}
	return in
}

// Forget lets go what Prepare took; nothing of the library is mapped. in may be nil.
func (in *Instance) Forget() {
	if in == nil || in.builtin != nil {
		return
	}
	if in.copy != nil {
		_ = in.copy.Close()
	}
	in.needed.Close()
	in.own.Close()
	in.detach()
}

// Load maps the library and waits for its runtime and init functions, and tells it. If there is
// an error, nothing of it is left, or it is quarantined; else Start or Discard follows.
func (in *Instance) Load(ctx context.Context, tell func(life.Event)) error {
	in.tell = tell
	load := func(ctx context.Context) error { return proc.ExplainLoad(in.loadInTime(ctx)) }
	return in.steps(ctx, step{step: life.StepLoad, reason: life.ErrLoad, run: load, done: life.Loaded})
}

// A State is what a version has saved for another.
type State struct {
	Bytes   []byte
	Version string        // which has saved it
	Limit   time.Duration // of the hook that restores it
}

func (s *State) String() string {
	return fmt.Sprintf("%d bytes of state from v%s", len(s.Bytes), s.Version)
}

// Start has what was loaded begin, restores state unless that is nil, checks it, and tells each
// step. The library's hooks and Check run with no lock held. Errors are as those of Load.
func (in *Instance) Start(ctx context.Context, state *State) error {
	todo := []step{{step: life.StepStart, reason: life.ErrStart, run: in.start, done: life.Started}}
	if state != nil {
		restore := func(context.Context) error {
			if err := in.Target.Restore(state.Bytes, state.Limit); err != nil {
				return fmt.Errorf("restore: %w", err)
			}
			return nil
		}
		todo = append(todo, step{life.StepHandOver, life.ErrState, restore, life.Restored, state.String()})
	}
	err := in.steps(ctx, append(todo, step{step: life.StepHealth, reason: life.ErrUnhealthy, run: in.check, done: life.Healthy})...)
	if err == nil {
		close(in.opened)
	}
	return err
}

// Open is Load and Start.
func (in *Instance) Open(ctx context.Context, tell func(life.Event)) error {
	if err := in.Load(ctx, tell); err != nil {
		return err
	}
	return in.Start(ctx, nil)
}

// Discard lets go what was loaded, and perhaps started, and is not wanted after all.
func (in *Instance) Discard(ctx context.Context) {
	in.Target.Close()
	select {
	case <-in.opened:
		_, _ = in.Close(ctx)
	default:
		in.giveUp(ctx)
	}
}

// A step on the way in.
type step struct {
	step   life.Step
	reason error // of its errors
	run    func(context.Context) error
	done   life.State // then
	detail string     // of its event
}

func (in *Instance) steps(ctx context.Context, todo ...step) error {
	for _, s := range todo {
		begin := time.Now()
		err := ctx.Err()
		if err == nil {
			err = s.run(ctx)
		}
		if err != nil {
			err = in.despite(s.step, err)
			e := in.error(s.step, s.reason, err)
			in.Discard(ctx)
			return e
		}
		in.tell(life.Event{State: s.done, Detail: s.detail, Took: time.Since(begin)})
	}
	return nil
}

// giveUp lets go what can't be used: at once, or, if its load has not ended, when it does.
func (in *Instance) giveUp(ctx context.Context) {
	letGo := func(ctx context.Context) {
		_, _ = in.Close(ctx)
		close(in.opened)
	}
	if in.loading == nil {
		letGo(ctx)
		return
	}
	in.tell(life.Event{State: life.Quarantined, Detail: "its load has not ended"})
	go func() {
		<-in.loading
		letGo(context.Background())
		if in.handle == 0 { // there was nothing to take down, which would have told the end
			in.tell(life.Event{State: life.Unloaded})
		}
	}()
}

func (in *Instance) error(step life.Step, reason, cause error) error {
	var e *life.Error
	if errors.As(cause, &e) {
		return cause
	}
	return in.Target.Error(step, reason, cause)
}

// Lookup finds the function that can be called as want.
func (in *Instance) Lookup(name string, want abi.Signature) (*invoke.Function, error) {
	if in.Desc.Sealed {
		return in.Target.Lookup(name, want, nil)
	}
	return in.Target.Lookup(name, want, in.handle.Sym)
}

// start runs the library's start hooks, so that no user's call pays for them.
func (in *Instance) start(ctx context.Context) error {
	err := in.Target.Start(ctx, in.conf.StartTimeout)
	in.started = err == nil
	return err
}

// check asks the library's health hooks, and the host.
func (in *Instance) check(ctx context.Context) (err error) {
	if err := in.Health(ctx); err != nil {
		return err
	}
	if err := in.refuseConflicts(); err != nil || in.conf.Check == nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the host's check panicked: %v", r)
		}
	}()
	return in.conf.Check(ctx, in.Target)
}

// Health runs the library's health hooks.
func (in *Instance) Health(ctx context.Context) error {
	return in.Target.Health(ctx, in.conf.HealthTimeout)
}

// Close waits for the calls inside the library, at most for the drain timeout or until
// ctx ends, then stops and unloads it. The report says what was freed and what is left.
// When calls are still inside, the error is ErrBusy and the library is quarantined: it
// stays whole, refuses new calls, and is let go when the last call returns. Closing
// twice returns the same. Of what could not even be mapped there is nothing to report.
func (in *Instance) Close(ctx context.Context) (*life.Report, error) {
	in.closing.Do(func() {
		in.Target.Close()
		if in.handle == 0 && in.builtin == nil {
			in.Forget()
			return
		}
		in.report, in.err = in.retire(ctx)
	})
	return in.report, in.err
}
