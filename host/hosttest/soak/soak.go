// Package soak reloads a library many times, under calls, and measures what
// stays in the process.
package soak

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host"
)

// A Config says what to do. Either Reloads or For ends it.
type Config struct {
	File     string
	Reloads  int           // 0: as many as For allows
	For      time.Duration // 0: as long as Reloads takes
	Overlap  bool          // load the next version before the last is unloaded, by Slot.Swap
	Traffic  int           // goroutines that call all the time
	Reclaim  bool          // by host.ReclaimC
	Function string        // what they call; empty: the health hooks
	Args     []any
	Progress func(reloads int, at time.Duration) // called now and then; may be nil
}

// The warm-up is rounds of reloads until a round adds nothing: by then whatever
// host, libc and purego make once has been made. The host's runtime takes memory for
// its own records in pieces of 256 KiB, and under calls it does so several times.
const (
	warmUp      = 10 // reloads in a round
	warmUpQuiet = 3  // rounds that add nothing
	warmUpMost  = 50 // rounds, and a third of all reloads
)

// samples is about how many are taken for the slope.
const samples = 200

// A run is a soak under way.
type run struct {
	Config
	Result
	name string
	slot *host.Slot                   // with overlap
	lib  atomic.Pointer[host.Library] // without

	extra         int // entries in the runtime's list of threads that are not threads
	begin         time.Time
	rounds        int // reloads at which a round of the warm-up ends; 0 after the warm-up
	next          int // reloads at which the next sample is due
	first         int // reloads before this part
	calls, failed atomic.Int64
	failure       atomic.Pointer[error]
	loads         recent
	steps         [len(loadSteps)]recent
	unloads       recent
}

// loadSteps are the states of a version that is being loaded, in their order.
var loadSteps = [...]host.State{host.Verified, host.Loaded, host.Started, host.Healthy}

// Run reloads c.File. The error is what ended it early.
//
// It has three parts: the warm-up, and two halves. After each part the
// library is unloaded and a sample is taken of the process without it:
// only then are threads, mappings and descriptors exact numbers, because a Go
// runtime at work has sometimes more of them and sometimes less. The slope is
// that of samples taken in between.
func Run(ctx context.Context, c Config) (*Result, error) {
	d, err := host.Inspect(c.File)
	if err != nil {
		return nil, err
	}
	if err := Unloads(ctx, c.File); err != nil {
		return nil, fmt.Errorf("nothing to soak: %w", err)
	}
	r := &run{Config: c, name: d.Name}
	r.Library, r.Version, r.file = d.Name, d.Version, d.Size
	prepareThreads(c.Traffic + 2*runtime.GOMAXPROCS(0) + 8)
	prepareHeap()
	s, err := r.take()
	if err != nil {
		return nil, err
	}
	r.extra = -s.Foreign()
	if r.Stop, err = measureStop(ctx, c.File, c.options()); err != nil {
		return nil, err
	}
	r.begin = time.Now()
	err = r.warmUp(ctx)
	for i, sample := range []*Sample{&r.Middle, &r.End} {
		if err == nil {
			err = r.part(ctx, float64(i+1)/2)
		}
		if err == nil {
			*sample, err = r.settled()
		}
	}
	r.Took = time.Since(r.begin)
	r.Calls, r.Failed = r.calls.Load(), r.failed.Load()
	if p := r.failure.Load(); p != nil {
		r.Failure = (*p).Error()
	}
	r.Load, r.Unload = r.loads.median(), r.unloads.median()
	r.Steps = r.shares()
	r.RSSSlope = slope(r.Samples[len(r.Samples)/10:])
	r.judge()
	return &r.Result, err
}

// Unloads refuses a library that stays in the process. Reloading it would fill the
// process, its crash would end it, and while its runtime has the signals, the host's
// can't stop a loop.
func Unloads(ctx context.Context, file string) error {
	lib, err := host.Open(ctx, file)
	if err != nil {
		return err
	}
	report, err := lib.Close(ctx)
	if err == nil && report.State == host.Resident {
		err = fmt.Errorf("a version stays in the process: %s", report.Reason)
	}
	return err
}

func (r *run) warmUp(ctx context.Context) error {
	for quiet, round := 0, 0; quiet < warmUpQuiet && round < warmUpMost; round++ {
		r.rounds = r.Result.Reloads + warmUp
		if err := r.part(ctx, 1.0/3); err != nil {
			return err
		}
		s, err := r.settled()
		if err != nil {
			return err
		}
		quiet++
		if r.Start.Reload == 0 || len(s.Since(r.Start)) > 0 {
			quiet = 0
		}
		r.Start = s
		if r.done(ctx, 1.0/3) && r.Result.Reloads < r.rounds {
			break // no more time for it
		}
	}
	r.rounds = 0
	return nil
}

func (c *Config) options() []host.Option {
	if !c.Reclaim {
		return nil
	}
	return []host.Option{host.ReclaimC()}
}

// part reloads under calls until that share of the whole is done, and unloads.
func (r *run) part(ctx context.Context, share float64) (err error) {
	r.first = r.Result.Reloads
	if r.done(ctx, share) {
		return nil
	}
	r.slot = host.NewSlot(r.name, append(r.options(), host.OnEvent(func(e host.Event) {
		if i := slices.Index(loadSteps[:], e.State); i >= 0 {
			r.steps[i].add(e.Took)
		}
	}))...)
	defer func() { err = errors.Join(err, r.close(context.WithoutCancel(ctx))) }()
	if err := r.reload(ctx); err != nil {
		return err
	}
	stop := r.traffic(ctx)
	defer stop()
	for !r.done(ctx, share) {
		if err := r.reload(ctx); err != nil {
			return fmt.Errorf("reload %d: %w", r.Result.Reloads+1, err)
		}
		r.Result.Reloads++
		if fault() {
			r.Faults++
		}
		if r.rounds == 0 && r.Result.Reloads >= r.next {
			s, err := r.take()
			if err != nil {
				return err
			}
			r.Samples = append(r.Samples, s)
			r.next = r.Result.Reloads + max(1, r.every())
		}
		if r.Progress != nil {
			r.Progress(r.Result.Reloads, time.Since(r.begin))
		}
	}
	return nil
}

// done reports whether a share of the whole is done. However short the time, each part
// has a reload.
func (r *run) done(ctx context.Context, share float64) bool {
	n := r.Result.Reloads
	if ctx.Err() != nil || r.rounds > 0 && n >= r.rounds {
		return true
	}
	return r.Config.Reloads > 0 && float64(n) >= share*float64(r.Config.Reloads) ||
		r.For > 0 && n > r.first && float64(time.Since(r.begin)) >= share*float64(r.For)
}

// every is how many reloads lie between two samples.
func (r *run) every() int {
	if r.Config.Reloads > 0 {
		return r.Config.Reloads / samples
	}
	return int(float64(r.Result.Reloads) * float64(r.For) / float64(time.Since(r.begin)) / samples)
}

// settled takes a sample of the process without the library. What is on its
// way out, such as a thread that only the kernel has yet to finish, gets some time.
func (r *run) settled() (s Sample, err error) {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s, err = r.take()
		leaks := s.Since(r.Start)
		if err != nil || r.rounds > 0 || len(leaks) == 0 || time.Now().After(end) {
			return s, err
		}
	}
}

// reload makes a new version of the same file serve, and unloads the last one.
func (r *run) reload(ctx context.Context) error {
	begin := time.Now()
	var old *host.Report
	if r.Overlap {
		swap, err := r.slot.Swap(ctx, r.File)
		if err != nil {
			return err
		}
		old = swap.Old
		r.loads.add(swap.Load)
	} else {
		if lib := r.lib.Load(); lib != nil {
			var err error
			if old, err = lib.Close(ctx); err != nil {
				return err
			}
		}
		open := time.Now()
		lib, err := host.Open(ctx, r.File, r.options()...)
		if err != nil {
			return err
		}
		r.loads.add(time.Since(open))
		r.lib.Store(lib)
	}
	if old == nil {
		return nil
	}
	r.unloads.add(old.Took())
	r.Slowest = max(r.Slowest, time.Since(begin))
	return nil
}

// shares says how long each step of a load took.
func (r *run) shares() (steps []Step) {
	var all time.Duration
	for i := range r.steps {
		all += r.steps[i].median()
	}
	if all == 0 {
		return []Step{}
	}
	for i, state := range loadSteps {
		took := r.steps[i].median()
		steps = append(steps, Step{state, took, float64(took) / float64(all)})
	}
	return steps
}

func (r *run) close(ctx context.Context) error {
	_, err := r.slot.Close(ctx)
	if lib := r.lib.Swap(nil); lib != nil {
		_, err = lib.Close(ctx)
	}
	return err
}

// traffic starts the callers; stop ends them.
func (r *run) traffic(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range r.Traffic {
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if n%256 == 0 {
					// A caller that never waits for anything would keep a
					// processor for its whole slice of 10 ms, and each step of
					// a reload would have to wait for it.
					runtime.Gosched()
				}
				switch err := r.call(ctx); {
				case err == nil:
					r.calls.Add(1)
				case ctx.Err() != nil:
				case errors.Is(err, host.ErrClosed) && !r.throughSlot():
					runtime.Gosched() // between two versions
				default:
					r.failed.Add(1)
					r.failure.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// throughSlot reports whether there is a version to call at every moment.
func (r *run) throughSlot() bool { return r.Overlap && r.Function != "" }

func (r *run) call(ctx context.Context) (err error) {
	lib := r.lib.Load()
	switch {
	case r.throughSlot():
		_, err = r.slot.Call(ctx, r.Function, r.Args...)
		return err
	case r.Overlap:
		lib = r.slot.Current()
	}
	if r.Function == "" {
		return lib.Health(ctx)
	}
	_, err = lib.Call(ctx, r.Function, r.Args...)
	return err
}

// recent holds the last measurements, so many that it never needs more memory.
type recent struct {
	ring [1024]time.Duration
	n    int
}

func (m *recent) add(d time.Duration) {
	m.ring[m.n%len(m.ring)] = d
	m.n++
}

func (m *recent) median() time.Duration { return middle(m.ring[:min(m.n, len(m.ring))]) }
