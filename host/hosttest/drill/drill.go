// Package drill crashes a library again and again, in every way there is, while
// callers are inside it and while a second library is called, and measures how
// the process recovers.
package drill

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/hosttest/soak"
)

// A Config says what to do.
type Config struct {
	File     string
	Kinds    []string // of abi.DrillKinds, taken in turns
	Times    int      // crashes in all
	Callers  int      // that are inside at each crash
	Traffic  int      // goroutines that call the second library all the time
	Reclaim  bool     // by host.ReclaimC
	Progress func(crashes int)
}

// hangs are the kinds that the host ends, when their call's time is up.
var hangs = map[string]bool{"hang": true, "deadlock": true}

// callLimit is that time.
const callLimit = 10 * time.Millisecond

// warmUp is the most crashes that come before the first sample; otherwise it is a
// tenth of all.
const warmUp = 200

// patience is how long one step may take before it counts as a failure.
const patience = 30 * time.Second

// pause lies between 256 calls of the second library, which is to be called all the
// time but not to take the processors from the first.
const pause = 200 * time.Microsecond

// A run is a drill under way.
type run struct {
	Config
	Result
	kinds       map[string]*Kind
	name        string
	victim      *host.Slot
	bystander   *host.Slot
	calls, lost atomic.Int64 // of the second library
	freed       chan error   // by each caller that comes back
	firstLost   atomic.Pointer[error]
	failing     sync.Mutex // guards Failures
}

// Run crashes c.File. The error is what kept it from going on; failures of the
// containment are in the result.
func Run(ctx context.Context, c Config) (*Result, error) {
	d, err := host.Inspect(c.File)
	if err != nil {
		return nil, err
	}
	if err := soak.Unloads(ctx, c.File); err != nil {
		return nil, fmt.Errorf("a crash would end the process: %w", err)
	}
	r := &run{Config: c, name: d.Name, kinds: map[string]*Kind{}}
	r.Library, r.Version, r.Result.Callers = d.Name, d.Version, c.Callers
	for _, kind := range c.Kinds {
		k := &Kind{Kind: kind}
		r.kinds[kind] = k
		r.Result.Kinds = append(r.Result.Kinds, k)
	}
	meter, err := soak.NewMeter(c.Callers + c.Traffic + 2*runtime.GOMAXPROCS(0) + 8)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	warm := min(c.Times/10, warmUp)
	if err = r.part(ctx, warm); err == nil {
		r.Start, err = r.settled(meter)
	}
	if err == nil {
		err = r.part(ctx, c.Times-warm)
	}
	if err == nil {
		r.End, err = r.settled(meter)
	}
	r.Took = time.Since(begin)
	r.Calls, r.Lost = r.calls.Load(), r.lost.Load()
	if p := r.firstLost.Load(); p != nil {
		r.fail("second library: %v", *p)
	}
	r.judge()
	return &r.Result, err
}

// settled takes a sample when no library is loaded any more. What is still on its way
// out gets some time.
func (r *run) settled(m *soak.Meter) (s soak.Sample, err error) {
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		s, err = m.Take(r.Crashes)
		quiet := s.Foreign() <= 0 && (r.Start == (soak.Sample{}) || len(leaks(r.Start, s)) == 0)
		if err != nil || quiet || time.Now().After(end) {
			return s, err
		}
	}
}

// part loads both libraries, crashes one n times, and closes both.
func (r *run) part(ctx context.Context, n int) (err error) {
	quiet := context.WithoutCancel(ctx)
	var options []host.Option
	if r.Reclaim {
		options = append(options, host.ReclaimC())
	}
	r.bystander = host.NewSlot(r.name, options...)
	r.victim = host.NewSlot(r.name, append(options,
		host.CrashLimit(1<<30, time.Second), host.KillHung(), host.OnEvent(r.note))...)
	defer func() {
		_, err1 := r.victim.Close(quiet)
		_, err2 := r.bystander.Close(quiet)
		err = errors.Join(err, err1, err2)
	}()
	for _, s := range []*host.Slot{r.victim, r.bystander} {
		if _, err := s.Swap(ctx, r.File); err != nil {
			return err
		}
	}
	ends := r.traffic()
	defer ends()
	callers := r.callers()
	defer callers()
	for range n {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		kind := r.Config.Kinds[r.Crashes%len(r.Config.Kinds)]
		r.Crashes++
		if err := r.crash(quiet, r.kinds[kind]); err != nil {
			return fmt.Errorf("crash %d, %s: %w", r.Crashes, kind, err)
		}
		if r.Progress != nil {
			r.Progress(r.Crashes)
		}
	}
	return nil
}

// note keeps why a version did not come back.
func (r *run) note(e host.Event) {
	if e.State == host.Failed || e.State == host.Quarantined || e.State == host.Resident {
		r.fail("v%s %s: %s", e.Version, e.State, e.Detail)
	}
}

// callers puts the callers inside, for ever: each that is freed enters again. The
// returned function ends them.
func (r *run) callers() (end func()) {
	var stop atomic.Bool
	var all sync.WaitGroup
	r.freed = make(chan error, r.Config.Callers)
	for range r.Config.Callers {
		all.Go(func() {
			for !stop.Load() {
				_, err := r.victim.Call(context.Background(), abi.SymDrill, abi.DrillWait)
				if !stop.Load() {
					r.freed <- err
				}
			}
		})
	}
	return func() {
		stop.Store(true)
		out := make(chan struct{})
		go func() { all.Wait(); close(out) }()
		for { // a caller that was about to enter when the others were freed is inside by now
			_, _ = r.victim.Call(context.Background(), abi.SymDrill, "exit")
			select {
			case <-out:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

// traffic calls the second library, to which nothing may ever happen.
func (r *run) traffic() (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range r.Traffic {
		all.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if _, err := r.bystander.Call(context.Background(), abi.SymDrill, abi.DrillNone); err != nil {
					r.lost.Add(1)
					r.firstLost.CompareAndSwap(nil, &err)
				}
				r.calls.Add(1)
				if n%256 == 255 {
					time.Sleep(pause)
				}
			}
		})
	}
	return func() { cancel(); all.Wait() }
}
