package host

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Stay has callers of the function stay until the library returns, whatever their
// context says. So a call with a context that can end, as a request's, runs on the
// caller's own goroutine, and costs a fifth of one whose caller may leave.
//
// The library is still told of the end (cabi.Context), within some milliseconds. A call
// that does not heed it keeps its caller, unless KillHung ends the version: then the
// error is ErrCrashed. A limit (Limit, CallTimeout) bounds the call as ever: its caller
// may leave.
func Stay() BindOption { return func(b *binding) { b.stays = true } }

const (
	// watchInterval is how often somebody looks whether a context has ended.
	watchInterval = 4 * time.Millisecond
	// watchIdle is how long nobody needs to be inside before that stops.
	watchIdle = time.Second
)

// A watch is for the end of the context of the call in a seat.
type watch struct {
	mu     sync.Mutex      // held while the call is told to cancel, so that it is still this one
	done   <-chan struct{} // nil if no call is inside that stays
	told   atomic.Int64    // when the call was told, as uptime; 0 if it was not
	listed bool            // among the seats of the watchdog
	spare  bool            // the seat is
}

// A watchdog looks after the calls of a version whose callers stay. One goroutine for
// all of them costs a call two uncontended locks; a context.AfterFunc each would cost
// more than the call.
type watchdog struct {
	running atomic.Bool
	mu      sync.Mutex
	seats   []*seat // that have had such a call
}

var loaded = time.Now()

// uptime does not jump.
func uptime() time.Duration { return time.Since(loaded) }

// finishStaying makes a call whose caller stays, and leaves. It is as finishInto.
func finishStaying(ctx context.Context, s *seat, r unsafe.Pointer) error {
	fn, w := s.Value.fn, &s.Value.watch
	w.mu.Lock()
	w.done = ctx.Done()
	s.Value.Forget()
	listed := w.listed
	w.mu.Unlock()
	// The watchdog stops and then looks once more; so one of the two sees the other.
	if !listed || !fn.lib.watchdog.running.Load() {
		fn.lib.watchdog.add(fn.lib, s)
	}
	err := fn.do(&s.Value.Frame, r)
	w.mu.Lock()
	w.told.Store(0)
	w.done = nil
	w.mu.Unlock()
	fn.leave(s)
	if err != nil {
		return heeded(err, ctx.Err())
	}
	return nil
}

// add has the watchdog of l look at s.
func (d *watchdog) add(l *Library, s *seat) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w := &s.Value.watch
	w.mu.Lock()
	if !w.listed {
		w.listed, w.spare = true, s.Spare()
		d.seats = append(d.seats, s)
	}
	w.mu.Unlock()
	if !d.running.Swap(true) {
		go d.run(l)
	}
}

func (d *watchdog) run(l *Library) {
	for idle := time.Duration(0); ; {
		time.Sleep(watchInterval)
		idle += watchInterval
		if d.look(l) {
			idle = 0
		}
		if idle < watchIdle && !l.gate.Drained() {
			continue
		}
		d.running.Store(false)
		if !d.look(l) || d.running.Swap(true) {
			return // nobody is inside, or whoever is has seen to it
		}
	}
}

// look reports whether a call is inside.
func (d *watchdog) look(l *Library) (inside bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seats = slices.DeleteFunc(d.seats, func(s *seat) bool {
		w := &s.Value.watch
		if !w.mu.TryLock() { // the call begins, ends, or is being told
			inside = true
			w.killIfHung(l)
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
			if w.told.Load() == 0 && s.Value.Thread() != 0 {
				w.told.Store(int64(uptime()))
				go s.Value.tell(w.done)
			}
			w.killIfHung(l)
		default:
		}
		return false
	})
	return inside
}

// tell cancels the call whose context's end is done, if it is inside still.
func (in *inside) tell(done <-chan struct{}) {
	in.watch.mu.Lock()
	defer in.watch.mu.Unlock()
	if in.watch.done == done {
		in.cancel()
	}
}

// killIfHung ends the version of a call that was told and does not return.
func (w *watch) killIfHung(l *Library) {
	told := time.Duration(w.told.Load())
	if told != 0 && l.conf.killHung && uptime() > told+l.conf.cancelGrace {
		l.kill("a call did not return when its context ended")
	}
}
