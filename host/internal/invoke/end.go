package invoke

import (
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// An End is what there is to know of the end of a library's runtime, by a crash or on
// request.
//
// The first to learn of it (Begin) closes the gate and finds the cause, for which the
// callers that were ejected wait (Known). The end can be ruled out for good (RuleOut),
// before what the library has borrowed is given to another one.
type End struct {
	word  *atomic.Uint32 // not 0 when the runtime has ended; another load's after RuleOut
	ended atomic.Bool    // the same for good

	mu    rank.Mutex[rank.End] // guards phase, crash and notify
	phase endPhase
	crash *life.Crash

	notify   func()        // called once the cause is known; must not wait
	known    chan struct{} // closed when crash is set
	reported chan struct{} // closed when whoever deals with the end needs the library's entry no more
}

type endPhase int

const (
	alive  endPhase = iota
	ending          // somebody deals with it
	ended           // its cause is known
	ruledOut
)

func (e *End) init() {
	e.word = new(atomic.Uint32)
	e.known, e.reported = make(chan struct{}), make(chan struct{})
}

// Begin reports whether the caller is the one to deal with the end, and returns the
// word that says how it came about. The caller calls Known and Reported.
func (e *End) Begin() (word uint32, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.phase != alive {
		return 0, false
	}
	e.phase = ending
	e.ended.Store(true) // the word will be another load's
	return e.word.Load(), true
}

// Known announces the cause to those who wait for it, and calls Notify's function. The
// gate is closed by now: a caller that was ejected must find it so.
func (e *End) Known(c *life.Crash) {
	e.mu.Lock()
	e.crash, e.phase = c, ended
	notify := e.notify
	e.mu.Unlock()
	close(e.known)
	if notify != nil {
		notify()
	}
}

// Reported says that nobody needs what the library has borrowed to report its end.
func (e *End) Reported() { close(e.reported) }

// RuleOut says that the library is gone. If its runtime has ended meanwhile, it waits
// until that was reported. From here on the word is never looked at.
func (e *End) RuleOut() {
	e.mu.Lock()
	if e.phase == alive {
		e.phase = ruledOut
	}
	out := e.phase == ruledOut
	e.mu.Unlock()
	if !out {
		<-e.reported
	}
}

// Kill sets the word, unless the runtime has ended or the word may be somebody
// else's. It reports whether it did so.
func (e *End) Kill(how uint32) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.phase == alive && e.word.CompareAndSwap(0, how)
}

// Happened reports whether there is a cause to wait for.
func (e *End) Happened() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.phase == ending || e.phase == ended
}

// Notify has f called when the runtime ends, at once if it has ended already. Only the
// first f counts: a slot that takes the same version twice, as a canary or a warm one,
// hears of it once.
func (e *End) Notify(f func()) {
	e.mu.Lock()
	if e.notify != nil {
		e.mu.Unlock()
		return
	}
	e.notify = f
	late := e.phase == ended
	e.mu.Unlock()
	if late {
		go f()
	}
}

// Crash waits for the cause of an end that has happened.
func (e *End) Crash() *life.Crash {
	<-e.known
	return e.crash
}

// IfAlive calls f, which does not wait, unless the runtime has ended or is gone: what the
// library has borrowed is still its own.
func (e *End) IfAlive(f func()) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.phase != alive {
		return false
	}
	f()
	return true
}

// Dead reports whether the library's runtime has ended. A call that comes back from a
// dead library may have been ejected: what it returned means nothing.
func (t *Target) Dead() bool { return t.End.word.Load() != 0 || t.End.ended.Load() }

// CrashError waits for the cause of an end that has happened.
func (t *Target) CrashError() error { return t.End.Crash() }
