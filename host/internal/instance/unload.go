package instance

import (
	"context"
	"fmt"
	"time"

	"github.com/hotso/hotso/host/life"
)

// How a version leaves the process. The order is the safety:
//
//  1. drain    The gate is closed: no call comes in; wait until none is inside, and
//     nobody has an object there. Nothing is ever taken away under a call.
//  2. stop     The library's stop hooks, the last Go code of its that runs on
//     purpose. They need its runtime, so they come first.
//  3. exit     Threads of the host that end now skip the library's key
//     destructors; wait for those that are in one.
//  4. threads  The shim ends the library's threads, each where it is safe: in
//     the library's own code. One that stays in C code past the
//     deadline blocks the unload here, with everything still mapped.
//     Then C code's own functions for the end run, on a thread that
//     is ended in the same way (cabi/exits.c).
//     Only now does nothing that it knows of run in the library any more.
//     The io_urings are closed, so that the kernel does not write to
//     its memory any more.
//  5. stacks   Threads that nobody knows of, which C code may have in many ways, are
//     looked at: what one of them may come back to is not taken away.
//  6. memory   pthread keys are deleted, what the runtime mapped is unmapped.
//  7. files    The descriptors that it opened and did not close are closed: its
//     runtime's, its Go code's, its C code's (cabi/syscall.c, file.c). Only now,
//     when no thread of its closes one any more, and only what is the same
//     file still: the host may have opened another under the number.
//  8. image    dlclose, which unmaps the image: nobody executes in it.
//  9. slots    The TLS slot and the dispatch entry are free for another load.
//     Last, because until 8 a thread could have used them.
// 10. check    What was found is compared with what was freed, and the kernel is
//     asked for the image's range and for the joined threads. What is left
//     is in the report with its reason, and the version is then life.Resident.
//
// Tests leave out each step, see TestEveryStepIsNeeded.

// killTimeout is how long one attempt waits for threads to leave C code.
const killTimeout = 2 * time.Second

// retire drains a version whose gate is closed and takes it down. If the drain
// outlives its deadline or a thread can't be ended, the version is quarantined: kept
// whole, retried, and let go by a goroutine of its own.
func (in *Instance) retire(ctx context.Context) (*life.Report, error) {
	r := in.newReport()
	begin := time.Now()
	wait, cancel := context.WithTimeout(ctx, in.conf.DrainTimeout)
	defer cancel()
	err := in.drain(wait)
	if err != nil && in.conf.ForceUnload && in.canEnd() {
		in.Target.Kill("its calls outlived the drain timeout")
		forced, cancel := context.WithTimeout(context.Background(), killTimeout)
		defer cancel()
		err = in.Target.AwaitEmpty(forced)
	}
	drain := time.Since(begin)
	r.Steps = append(r.Steps, life.StepTime{Step: string(life.StepDrain), Took: drain})
	if err != nil {
		inside := in.Target.InFlight()
		r.State, r.Reason = life.Quarantined, fmt.Sprintf("%d calls are still inside", inside)
		in.quarantine(r.Reason)
		return r.Report, in.error(life.StepDrain, life.ErrBusy, fmt.Errorf("%s after %v", r.Reason, drain.Round(time.Millisecond)))
	}
	in.tell(life.Event{State: life.Drained, Took: drain})
	err = in.teardown(r)
	if r.State == life.Quarantined {
		in.quarantine(r.Reason)
		return r.Report, err
	}
	in.tell(life.Event{State: r.State, Detail: r.detail(), Took: r.Took(), Report: r.Report})
	return r.Report, err
}

// drain waits until nobody is inside, and nobody holds the version. Who can take along what
// it has here is asked to; what is left of that when wait ends is lost.
func (in *Instance) drain(wait context.Context) error {
	t := in.Target
	asked := make(chan struct{})
	go func() { t.AskHolders(wait); close(asked) }()
	_ = t.Drain(wait)
	<-asked
	t.AskHolders(wait) // who came with the last calls
	if lost := t.AwaitHolders(wait); lost > 0 || t.Dead() {
		// Their calls are cut off, or all are. They come into a closed gate, so only now can it be empty.
		over, cancel := context.WithTimeout(context.Background(), killTimeout)
		defer cancel()
		wait = over
	}
	return t.AwaitEmpty(wait)
}

// quarantine keeps trying to let a version go: when the last call is out, and then
// whenever the blocking thread may have come back. From here on, its goroutine is the
// only one that takes the version down.
func (in *Instance) quarantine(reason string) {
	in.tell(life.Event{State: life.Quarantined, Detail: reason})
	go func() {
		_ = in.Target.Drain(context.Background())
		for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
			r := in.newReport()
			_ = in.teardown(r)
			if r.State != life.Quarantined {
				in.tell(life.Event{State: r.State, Detail: r.detail(), Took: r.Took(), Report: r.Report})
				return
			}
			if r.Reason != reason {
				reason = r.Reason
				in.tell(life.Event{State: life.Quarantined, Detail: reason})
			}
			time.Sleep(pause)
		}
	}()
}
