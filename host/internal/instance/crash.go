package instance

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/life"
)

// newCrash interprets an entry's crashed word and the message.
func (in *Instance) newCrash(word uint32, message string) *life.Crash {
	c := &life.Crash{Library: in.Desc.Name, Version: in.Desc.Version, Code: int(word >> 8 & 0xff), Message: message, Time: time.Now()}
	switch {
	case word&0xff == abi.CrashKilled:
		c.Kind = life.CrashKilled
	case strings.HasPrefix(message, "panic: "):
		c.Kind, c.Code = life.CrashPanic, 0
	case message != "" && word&abi.CrashByC == 0:
		c.Kind, c.Code = life.CrashFatal, 0
	case word&0xff == abi.CrashSignal:
		c.Kind = life.CrashSignal
	default:
		c.Kind = life.CrashExit
	}
	return c
}

// kill ends the library's runtime from outside, unless it has ended.
func (in *Instance) kill(why string) {
	if in.Target.End.Kill(abi.CrashKilled) {
		go in.onEnd(why)
	}
}

// onEnd deals with a runtime that ended: it frees the callers, tells the owner,
// and unloads what is left. It runs once, on a goroutine of its own.
func (in *Instance) onEnd(why string) {
	word, ok := in.Target.End.Begin()
	if !ok {
		return
	}
	message := why
	if why == "" {
		message = readCrashMessage(in.crashMessage)
	}
	crash := in.newCrash(word, message)
	// In this order: a caller that learns of the end must find the gate shut. It may
	// have been ejected, and its g is of no use any more.
	in.Target.Close()
	in.attachment.entry.SetDying() // threads that end skip it from now on
	in.tell(life.Event{State: life.Crashed, Detail: crash.Error(), Err: crash})
	in.Target.End.Known(crash) // calls go on elsewhere while we clean up
	in.Target.EndStreams()
	in.Target.EndPins()
	in.Target.End.Reported()
	in.ejectCallers()
	<-in.opened // a load that is still under way lets it go by itself
	_, _ = in.Close(context.Background())
}

// fatalPatience is how long a runtime may take to end that has said "fatal error: ", and
// then how long a healthy one, of which only some goroutine has printed that, may take to
// answer.
const fatalPatience = time.Second

// saysFatal reports, once, whether the runtime has begun to say that it gives up.
func (in *Instance) saysFatal() (is bool) {
	in.Target.End.IfAlive(func() { is = in.attachment.entry.TakeFatal() })
	return is
}

// onFatal ends a runtime that has begun to give up and does not get there. While init
// functions run, nobody can tell a slow one from a dead one, so that is waited for.
func (in *Instance) onFatal() {
	select {
	case <-in.up:
	case <-in.opened: // it can't be loaded
	}
	answered := make(chan struct{})
	time.Sleep(fatalPatience)
	go func() {
		_ = in.Target.Touch()
		close(answered)
	}()
	select {
	case <-answered: // also when it has ended, or is gone
	case <-time.After(fatalPatience):
		if in.Target.End.Kill(abi.CrashExit | 2<<8) { // the status that it wanted to end with
			in.onEnd("")
		}
	}
}

// crashes is what the one reader of the eventfd that dying runtimes write to needs.
var crashes struct {
	fd        int32
	instances [abi.MaxSlots]atomic.Pointer[Instance]
}
