package instance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/private"
	"github.com/hotso/hotso/host/life"
)

// A Config says how versions are loaded and unloaded.
type Config struct {
	invoke.Config
	StartTimeout  time.Duration
	HealthTimeout time.Duration
	StopTimeout   time.Duration
	DrainTimeout  time.Duration
	OnDisk        bool   // the private copy is a temporary file,
	TempDir       string // in this directory
	ForceUnload   bool   // end a version whose calls outlive DrainTimeout
	// Check is the host's own test of a version; nil if it has none.
	Check func(context.Context, *invoke.Target) error
}

// An Instance is one loaded version. Its methods may be called from any goroutine;
// Open once, by whoever prepared it.
type Instance struct {
	Target *invoke.Target
	Desc   *life.Description
	Key    string // names its content

	conf   *Config
	flags  uint32           // of its descriptor
	tell   func(life.Event) // its steps; does not wait
	copy   *private.Copy
	edits  []elfimage.Edit // what was patched in the private copy
	handle dl.Handle
	unload uintptr // the shim's hotso_unload

	attachment   *attachment // what the host lent to it; nil if it can't be unloaded
	resident     string      // why it can't, or empty
	extent       extent      // where its image is mapped; before that, from its first byte of code
	mapName      string      // what its mappings are called in /proc/self/maps
	groupFiles   []int       // descriptors that its runtime opened at start
	poller       poller      // of its runtime
	crashMessage *os.File    // the attachment's
	stopped      bool        // its stop hooks have run, or must not

	unprepared error         // why it can't be loaded
	opened     chan struct{} // closed when Open has ended
	up         chan struct{} // closed when the first call has come back

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
	in := &Instance{Desc: &d, Key: im.Key(), conf: conf, flags: im.Flags, opened: make(chan struct{}), up: make(chan struct{})}
	in.Target = invoke.New(d.Name, d.Version, d.File, &conf.Config)
	if in.unprepared = in.borrow(im); in.unprepared == nil {
		in.unprepared = in.copyImage(im)
	}
	return in
}

// Forget lets go what Prepare took; nothing of the library is mapped. in may be nil.
func (in *Instance) Forget() {
	if in == nil {
		return
	}
	if in.copy != nil {
		_ = in.copy.Close()
	}
	in.detach()
}

// Open loads, starts and checks the library, and tells each step. Its state hooks and
// Check run with no lock held. If there is an error, nothing of it is left, or it is
// quarantined.
func (in *Instance) Open(ctx context.Context, tell func(life.Event)) error {
	in.tell = tell
	defer close(in.opened)
	for _, s := range []struct {
		step   life.Step
		reason error
		run    func(context.Context) error
		done   life.State
	}{
		{life.StepLoad, life.ErrLoad, in.load, life.Loaded},
		{life.StepStart, life.ErrStart, in.start, life.Started},
		{life.StepHealth, life.ErrUnhealthy, in.check, life.Healthy},
	} {
		begin := time.Now()
		err := ctx.Err()
		if err == nil {
			err = s.run(ctx)
		}
		if err != nil {
			in.Target.Close()
			in.stopped = s.step != life.StepHealth // only what was started is stopped
			e := in.error(s.step, s.reason, err)
			if in.handle != 0 {
				_, _ = in.Close(ctx)
			} else {
				in.Forget()
			}
			return e
		}
		tell(life.Event{State: s.done, Took: time.Since(begin)})
	}
	return nil
}

func (in *Instance) error(step life.Step, reason, cause error) error {
	var e *life.Error
	if errors.As(cause, &e) {
		return cause
	}
	return in.Target.Error(step, reason, cause)
}

// load maps the private copy, finds the symbols, and waits for the runtime.
func (in *Instance) load(ctx context.Context) (err error) {
	if in.unprepared != nil {
		return in.unprepared
	}
	if err := process.loading.Acquire(ctx); err != nil {
		return err
	}
	defer process.loading.Release()
	if in.attachment != nil {
		crashes.instances[in.attachment.slot.Index()].Store(in)
	}
	if in.handle, err = dl.Open(in.copy.Path()); err != nil {
		return err
	}
	if in.attachment != nil {
		low, _ := in.attachment.entry.Text()
		in.extent = extent{in.extent.low + uint64(low), in.extent.high + uint64(low)}
	}
	if err := in.resolve(); err != nil {
		return err
	}
	if in.attachment == nil {
		if set, err := in.handle.Sym(abi.SymSetHost); err == nil {
			in.Target.TellHost(set)
		}
	}
	// dlopen returns while the runtime is still starting. The first call
	// waits for it, and for the init functions.
	err = in.Target.Touch()
	close(in.up)
	if err == nil {
		err = in.setReady()
	}
	links, filesErr := claimRuntimeFiles(in)
	err = errors.Join(err, filesErr)
	switch {
	case in.attachment == nil:
	case in.Target.Dead(): // in an init function; what it has opened is let go with it
		in.poller, _ = findPoller(links, in.attachment.entry.Probe())
	case err == nil:
		if err = in.attachment.verify(); err == nil {
			in.poller, err = findPoller(links, in.attachment.entry.Probe())
		}
		if err != nil {
			in.abandon(err.Error())
		}
	}
	return err
}

// resolve looks up the control symbols and the functions of the manifest.
func (in *Instance) resolve() (err error) {
	if in.unload, err = in.handle.Sym(abi.SymUnload); err != nil {
		return err
	}
	functions := make(map[string]abi.Signature, len(in.Desc.Manifest.Functions))
	for _, f := range in.Desc.Manifest.Functions {
		if functions[f.Name], err = abi.ParseSignature(f.Signature); err != nil {
			return err
		}
	}
	return in.Target.Resolve(in.handle.Sym, functions)
}

// Lookup finds the function that can be called as want.
func (in *Instance) Lookup(name string, want abi.Signature) (*invoke.Function, error) {
	if in.Desc.Sealed {
		return in.Target.Lookup(name, want, nil)
	}
	return in.Target.Lookup(name, want, in.handle.Sym)
}

// start runs the library's start hooks, so that no user's call pays for them.
func (in *Instance) start(context.Context) error { return in.Target.Start(in.conf.StartTimeout) }

// check asks the library's health hooks, and the host.
func (in *Instance) check(ctx context.Context) (err error) {
	if err := in.Health(); err != nil {
		return err
	}
	if in.conf.Check == nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the host's check panicked: %v", r)
		}
	}()
	return in.conf.Check(ctx, in.Target)
}

// Health runs the library's health hooks.
func (in *Instance) Health() error { return in.Target.Health(in.conf.HealthTimeout) }

// Close waits for the calls inside the library, at most for the drain timeout or until
// ctx ends, then stops and unloads it. The report says what was freed and what is left.
// When calls are still inside, the error is ErrBusy and the library is quarantined: it
// stays whole, refuses new calls, and is let go when the last call returns. Closing
// twice returns the same.
func (in *Instance) Close(ctx context.Context) (*life.Report, error) {
	in.closing.Do(func() {
		in.Target.Close()
		in.report, in.err = in.retire(ctx)
	})
	return in.report, in.err
}
