package host

import (
	"context"
	"fmt"
	"time"
)

// A Report says what became of a version that was replaced or closed.
type Report struct {
	Name    string        `json:"name"`
	Version string        `json:"version"`
	State   State         `json:"state"`  // Unloaded, Resident or Quarantined
	Reason  string        `json:"reason"` // why it is not Unloaded
	Drain   time.Duration `json:"drain"`  // nanoseconds waited for its calls
}

// retire drains a version whose gate is closed and takes it down. If the
// drain outlives its deadline, the version is quarantined, and taken down by a
// goroutine of its own when its last call returns.
func (l *Library) retire(ctx context.Context, emit func(Event)) (*Report, error) {
	begin := time.Now()
	wait, cancel := context.WithTimeout(ctx, l.conf.drainTimeout)
	defer cancel()
	if err := l.gate.Wait(wait); err != nil {
		l.state.set(Quarantined)
		reason := fmt.Sprintf("%d calls are still inside", l.gate.InFlight())
		emit(Event{State: Quarantined, Detail: reason})
		go func() {
			_ = l.gate.Wait(context.Background())
			emit(Event{State: Drained, Took: time.Since(begin)})
			r, _ := l.teardown()
			emit(Event{State: r.State, Detail: r.Reason})
		}()
		r := &Report{Name: l.Name(), Version: l.Version(), State: Quarantined, Reason: reason, Drain: time.Since(begin)}
		return r, l.error(StepDrain, ErrBusy, fmt.Errorf("%s after %v", reason, r.Drain.Round(time.Millisecond)))
	}
	drain := time.Since(begin)
	l.state.set(Drained)
	emit(Event{State: Drained, Took: drain})
	r, err := l.teardown()
	r.Drain = drain
	emit(Event{State: r.State, Detail: r.Reason})
	return r, err
}
