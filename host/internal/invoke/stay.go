package invoke

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/internal/rank"
)

// Stay has callers of the function stay until the library returns, whatever their
// context says. So a call with a context that can end, as a request's, runs on the
// caller's own goroutine, and costs a fifth of one whose caller may leave.
//
// The library is still told of the end (cabi.Context), within some milliseconds. A call
// that does not heed it keeps its caller, unless KillHung ends the version: then the
// error is ErrCrashed. A limit (Limit, CallTimeout) bounds the call as ever: its caller
// may leave.
func Stay() BindOption { return func(b *Binding) { b.stays = true } }

const (
	// checkInterval is how often somebody looks whether a context has ended.
	checkInterval = 4 * time.Millisecond
	// idleTimeout is how long nobody needs to be inside before that stops.
	idleTimeout = time.Second
)

// A cancellation tells the library when the context of the call with a lease has ended.
type cancellation struct {
	mu        rank.Mutex[rank.Cancellation] // held while the library is told, so that the call is still this one
	done      <-chan struct{}               // nil if no call is inside that stays
	cancelled atomic.Int64                  // when the library was first told, as uptime; 0 if it was not
	again     time.Duration                 // when it is told again, likewise
	listed    bool                          // among the leases of the watchdog
	spare     bool                          // the lease is
}

// A watchdog looks after the calls of a version whose callers stay. One goroutine for
// all of them costs a call two uncontended locks; a context.AfterFunc each would cost
// more than the call.
type watchdog struct {
	running atomic.Bool
	mu      rank.Mutex[rank.Watchdog]
	leases  []*Lease // that have had such a call
}

var loaded = time.Now()

// uptime does not jump.
func uptime() time.Duration { return time.Since(loaded) }

// watch has the library told when ctx ends, until the call with lease s is over.
func (in *inside) watch(ctx context.Context, s *Lease) {
	t, w := in.fn.target, &in.cancellation
	w.mu.Lock()
	w.done = ctx.Done()
	in.Forget()
	listed := w.listed
	w.mu.Unlock()
	// The watchdog stops and then looks once more; so one of the two sees the other.
	if !listed || !t.watchdog.running.Load() {
		t.watchdog.add(t, s)
	}
}

// over has nobody told any more: the lease may be another call's now.
func (c *cancellation) over() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancelled.Store(0)
	c.done = nil
}

// add has the watchdog of t look at s.
func (d *watchdog) add(t *Target, s *Lease) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := &s.Value.cancellation
	w.mu.Lock()
	if !w.listed {
		w.listed, w.spare = true, s.Spare()
		d.leases = append(d.leases, s)
	}
	w.mu.Unlock()
	if !d.running.Swap(true) {
		go d.run(t)
	}
}

func (d *watchdog) run(t *Target) {
	for idle := time.Duration(0); ; {
		time.Sleep(checkInterval)
		idle += checkInterval
		if d.look(t) {
			idle = 0
		}
		if idle < idleTimeout && !t.gate.Drained() {
			continue
		}
		d.running.Store(false)
		if !d.look(t) || d.running.Swap(true) {
			return // nobody is inside, or whoever is has seen to it
		}
	}
}

// look reports whether a call is inside.
func (d *watchdog) look(t *Target) (inside bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leases = slices.DeleteFunc(d.leases, func(s *Lease) bool {
		w := &s.Value.cancellation
		if !w.mu.TryLock() { // the call begins, ends, or is being told
			inside = true
			w.killIfHung(t)
			return false
		}
		defer w.mu.Unlock()
		if w.done == nil {
			w.listed = !w.spare // that one may be nobody's any more
			return !w.listed
		}
		inside = true
		select {
		case <-w.done:
			if s.Value.begun() && w.due() {
				go s.Value.tell(w.done)
			}
			w.killIfHung(t)
		default:
		}
		return false
	})
	return inside
}

// due reports whether the library is to be told, again at ever longer intervals: it
// forgets what it is told before its export has asked for cabi.Context.
func (c *cancellation) due() bool {
	now := uptime()
	first := time.Duration(c.cancelled.Load())
	if first == 0 {
		first, c.again = now, now
		c.cancelled.Store(int64(now))
	}
	if now < c.again {
		return false
	}
	c.again = now + max(now-first, checkInterval)
	return true
}

// tell cancels the call whose context's end is done, if it is inside still.
func (in *inside) tell(done <-chan struct{}) {
	in.cancellation.mu.Lock()
	defer in.cancellation.mu.Unlock()
	if in.cancellation.done == done {
		in.cancel()
	}
}

// killIfHung ends the version of a call that was told and does not return.
func (c *cancellation) killIfHung(t *Target) {
	at := time.Duration(c.cancelled.Load())
	if at != 0 && t.Conf.KillHung && uptime() > at+t.Conf.CancelGrace {
		t.Kill("a call did not return when its context ended")
	}
}
