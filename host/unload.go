package host

import (
	"context"
	"fmt"
	"time"
)

// How a version leaves the process. The order is the safety:
//
//  1. drain    The gate is closed: no call comes in; wait until none is inside.
//     Nothing is ever taken away under a call.
//  2. stop     The library's stop hooks, the last Go code of its that runs on
//     purpose. They need its runtime, so they come first.
//  3. exit     Threads of the host that end now skip the library's key
//     destructors; wait for those that are in one.
//  4. threads  The shim ends the library's threads, each where it is safe: in
//     the library's own code. One that stays in C code past the
//     deadline blocks the unload here, with everything still mapped.
//     Only now does nothing run in the library any more, so:
//  5. memory   pthread keys are deleted, what the runtime mapped is unmapped.
//  6. files    The descriptors that it held are closed: those of its runtime,
//     those that its poller watched, those that its C code opened. The first
//     two were found before step 4, while the poller was sure to be there;
//     all are closed after it, when no thread can use or reuse a number.
//  7. image    dlclose, which unmaps the image: nobody executes in it.
//  8. slots    The TLS slot and the dispatch entry are free for another load.
//     Last, because until 7 a thread could have used them.
//  9. check    What was found is compared with what was freed, and the kernel is
//     asked for the image's range and for the joined threads. What is left
//     is in the report with its reason, and the version is then Resident.
//
// Tests leave out each step, see TestEveryStepIsNeeded.

// killTimeout is how long one attempt waits for threads to leave C code.
const killTimeout = 2 * time.Second

// retire drains a version whose gate is closed and takes it down. If the
// drain outlives its deadline or a thread can't be ended, the version is
// quarantined: kept whole, retried, and let go by a goroutine of its own.
func (l *Library) retire(ctx context.Context) (*Report, error) {
	r := &Report{Name: l.Name(), Version: l.Version()}
	begin := time.Now()
	wait, cancel := context.WithTimeout(ctx, l.conf.drainTimeout)
	defer cancel()
	err := l.gate.Wait(wait)
	if err != nil && l.conf.forceUnload && l.attachment != nil {
		l.kill("its calls outlived the drain timeout")
		forced, cancel := context.WithTimeout(context.Background(), killTimeout)
		defer cancel()
		err = l.gate.Wait(forced)
	}
	drain := time.Since(begin)
	r.Steps = append(r.Steps, StepTime{string(StepDrain), drain})
	if err != nil {
		inside := l.gate.InFlight()
		r.State, r.Reason = Quarantined, fmt.Sprintf("%d calls are still inside", inside)
		l.quarantine(r.Reason)
		return r, l.error(StepDrain, ErrBusy, fmt.Errorf("%s after %v", r.Reason, drain.Round(time.Millisecond)))
	}
	l.state.set(Drained)
	l.emit(Event{State: Drained, Took: drain})
	err = l.teardown(r)
	if r.State == Quarantined {
		l.quarantine(r.Reason)
		return r, err
	}
	l.state.set(r.State)
	l.emit(Event{State: r.State, Detail: r.Reason, Took: r.Took()})
	return r, err
}

// quarantine keeps trying to let a version go: when the last call is out,
// and then whenever the blocking thread may have come back.
func (l *Library) quarantine(reason string) {
	l.state.set(Quarantined)
	l.emit(Event{State: Quarantined, Detail: reason})
	go func() {
		_ = l.gate.Wait(context.Background())
		for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
			r := &Report{Name: l.Name(), Version: l.Version()}
			_ = l.teardown(r)
			if r.State != Quarantined {
				l.state.set(r.State)
				l.emit(Event{State: r.State, Detail: r.Reason, Took: r.Took()})
				return
			}
			if r.Reason != reason {
				reason = r.Reason
				l.emit(Event{State: Quarantined, Detail: reason})
			}
			time.Sleep(pause)
		}
	}()
}
