package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi/abi"
)

// ErrCrashed: the version's Go runtime ended while the call was inside, or had
// ended before. The process goes on. See Crash.
var ErrCrashed = errors.New("library crashed")

// A CrashKind is how a library's runtime ended.
type CrashKind string

// The kinds of crashes.
const (
	CrashPanic  CrashKind = "panic"  // nobody recovered
	CrashFatal  CrashKind = "fatal"  // the runtime gave up: concurrent map writes, stack overflow, ...
	CrashExit   CrashKind = "exit"   // os.Exit, log.Fatal
	CrashSignal CrashKind = "signal" // a signal that the runtime wanted to die of
	CrashKilled CrashKind = "killed" // the host ended it: hung, or a forced unload
)

// A Crash says how a version ended. It is an error, ErrCrashed; calls that were
// inside get it, and those that come before there is another version.
type Crash struct {
	Library string    `json:"library"`
	Version string    `json:"version"`
	Kind    CrashKind `json:"kind"`
	Code    int       `json:"code"`              // exit status or signal number, 0 if there is none
	Message string    `json:"message,omitempty"` // the runtime's own words and its goroutines, at most MaxCrashMessage bytes
	Time    time.Time `json:"time"`
}

// MaxCrashMessage is how many bytes of a runtime's last words are kept.
const MaxCrashMessage = 64 << 10

func (c *Crash) Error() string {
	text := fmt.Sprintf("%s v%s crashed: %s", c.Library, c.Version, c.Kind)
	if c.Kind == CrashExit {
		text += fmt.Sprintf(" with status %d", c.Code)
	}
	if first, _, _ := strings.Cut(c.Message, "\n"); first != "" {
		text += ": " + first
	}
	return text
}

// Is matches ErrCrashed.
func (c *Crash) Is(target error) bool { return target == ErrCrashed }

// newCrash interprets an entry's crashed word and the message.
func (l *Library) newCrash(word uint32, message string) *Crash {
	c := &Crash{Library: l.Name(), Version: l.Version(), Code: int(word >> 8), Message: message, Time: time.Now()}
	switch {
	case word&0xff == abi.CrashKilled:
		c.Kind = CrashKilled
	case strings.HasPrefix(message, "panic: "):
		c.Kind, c.Code = CrashPanic, 0
	case message != "":
		c.Kind, c.Code = CrashFatal, 0
	case word&0xff == abi.CrashSignal:
		c.Kind = CrashSignal
	default:
		c.Kind = CrashExit
	}
	return c
}

// A death is the end of a library's runtime, for those who wait for its cause.
type death struct {
	mu    sync.Mutex
	phase deathPhase
	known chan struct{} // closed when crash is set
	crash *Crash

	settled chan struct{} // closed when the slot and the host's OnEvent know
}

type deathPhase int

const (
	alive  deathPhase = iota
	dying             // onDeath runs
	told              // and has told the slot, or did not find one
	beyond            // unloaded alive: nothing can happen to it any more
)

// begin reports whether the caller is the one to deal with the death.
func (d *death) begin() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase != alive {
		return false
	}
	d.phase = dying
	return true
}

// over notes that the library is gone. Who deals with its death has come as far
// as not to need it any more.
func (d *death) over() {
	d.mu.Lock()
	if d.phase == alive {
		d.phase = beyond
	}
	phase := d.phase
	d.mu.Unlock()
	if phase != beyond {
		<-d.settled
	}
}

// happened reports whether there is a cause to wait for.
func (d *death) happened() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.phase == dying || d.phase == told
}

// dead reports whether the library's runtime has ended. A call that comes back
// from a dead library may have been ejected: what it returned means nothing.
func (l *Library) dead() bool { return l.deathWord.Load() != 0 || l.ended.Load() }

// crashError waits for the cause of a death that has happened.
func (l *Library) crashError() error {
	<-l.death.known
	return l.death.crash
}

// takeOver has f told when the library's runtime ends, at once if it has. A slot that
// takes it over again, from a canary or a warm version, is told once.
func (l *Library) takeOver(f func(*Library)) {
	l.death.mu.Lock()
	defer l.death.mu.Unlock()
	if l.onCrash != nil {
		return
	}
	l.onCrash = f
	if l.death.phase == told {
		go f(l)
	}
}

// kill ends the library's runtime from outside.
func (l *Library) kill(why string) {
	if l.attachment == nil || !l.deathWord.CompareAndSwap(0, abi.CrashKilled) {
		return
	}
	go l.onDeath(why)
}

// onDeath deals with a runtime that ended: it frees the callers, unloads what is
// left, and tells the slot. It runs once, on a goroutine of its own.
func (l *Library) onDeath(why string) {
	if !l.death.begin() {
		return
	}
	l.ended.Store(true) // the word is another load's once this one is gone
	message := why
	if why == "" {
		message = readCrashMessage(l.crashMessage)
	}
	l.death.crash = l.newCrash(l.deathWord.Load(), message)
	l.state.set(Crashed)
	// In this order: a caller that learns of the death must find the gate shut.
	// It may have been ejected, and its g is of no use any more.
	l.gate.Close()
	close(l.death.known)
	l.attachment.entry.SetDying() // threads that end skip it from now on
	l.death.mu.Lock()
	l.death.phase = told
	tell := l.onCrash
	l.death.mu.Unlock()
	if tell != nil {
		tell(l) // calls go on elsewhere while we clean up
	}
	l.streams.end() // they are inside, but not in its code
	l.emit(Event{State: Crashed, Detail: l.death.crash.Error(), Err: l.death.crash})
	close(l.death.settled)
	l.ejectCallers()
	<-l.opened // who loads it lets it go, if it can't be used
	_, _ = l.close(context.Background())
}

// crashes is what the one reader of the eventfd that dying runtimes write to needs.
var crashes struct {
	fd   int32
	libs [abi.MaxSlots]atomic.Pointer[Library]
}
