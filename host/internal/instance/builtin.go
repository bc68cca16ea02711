package instance

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/life"
)

// A Builtin is a version that is linked into the program. It has no image: nothing of it is mapped, and
// nothing of it leaves.
type Builtin struct {
	Desc  life.Description // without a name
	Key   string
	Begin func() *invoke.Builtin      // for each life
	Lacks func(contract string) error // why it does not serve a contract, nil if that is not known
}

// Image is what policies judge in place of a file's.
func (b *Builtin) Image(name string) *image.Image {
	im := &image.Image{Description: b.Desc, Lacks: b.Lacks}
	im.Name, im.Manifest.Name = name, name
	return im
}

// Spare begins it again.
func (b *Builtin) Spare(name string) *Spare {
	return &Spare{Desc: b.Image(name).Description, Key: b.Key, Builtin: b}
}

// PrepareBuiltin is Prepare.
func PrepareBuiltin(conf *Config, name string, b *Builtin) *Instance {
	d := b.Image(name).Description
	in := &Instance{Desc: &d, Key: b.Key, conf: conf, builtin: b, opened: make(chan struct{}), runs: make(chan struct{}), up: make(chan struct{})}
	in.Target = invoke.New(d.Name, d.Version, d.File, &conf.Config)
	code := b.Begin()
	if code.Ejects {
		in.Target.Guard(new(atomic.Uint32), 0, func(why string) { go in.crashBuiltin(life.CrashKilled, why) })
		code.Crash = func(message string) { in.crashBuiltin(life.CrashPanic, message) }
	}
	in.Target.BuiltIn(code)
	return in
}

// Lacks is that of a builtin, nil for a file.
func (in *Instance) Lacks() func(contract string) error {
	if in.builtin == nil {
		return nil
	}
	return in.builtin.Lacks
}

// crashBuiltin is onEnd for a builtin, whose runtime is the host's and goes on. What is inside stays
// there, without its callers.
func (in *Instance) crashBuiltin(kind life.CrashKind, message string) {
	if !in.Target.Crashed() {
		return
	}
	crash := &life.Crash{Library: in.Desc.Name, Version: in.Desc.Version, Kind: kind, Message: message, Time: time.Now()}
	in.Target.Close()
	in.tell(life.Event{State: life.Crashed, Detail: crash.Error(), Err: crash})
	in.Target.End.Known(crash)
	in.Target.EndStreams()
	in.Target.CloseStreams() // a reader may be inside
	in.Target.EndPins()
	in.Target.End.Reported()
	<-in.opened
	_, _ = in.Close(context.Background())
}

// canEnd reports whether its calls can be ended from outside.
func (in *Instance) canEnd() bool { return in.attachment != nil || in.Target.CanKill() }
