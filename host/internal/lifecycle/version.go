package lifecycle

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/heritage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/life"
)

// A Version is a library that was prepared or loaded, with its entry in a journal.
type Version struct {
	*instance.Instance
	Entry *Entry

	slot   *Slot // nil if it is in none
	conf   *Config
	estate estate

	retiring  atomic.Bool
	live      atomic.Bool // its start hooks have begun
	leaving   atomic.Bool // it goes of itself
	recovered bool        // its end was dealt with; guarded by the slot's lock

	kept atomic.Pointer[instance.Spare] // while another takes over from it
}

// State is where in its life it is.
func (v *Version) State() life.State { return v.Entry.state() }

// Tell notes a step of its life.
func (v *Version) Tell(ev life.Event) { v.Entry.journal.tell(v.Entry, ev) }

// Gone reports whether it has left the process, or will not be touched again.
func (v *Version) Gone() bool {
	select {
	case <-v.Entry.gone:
		return true
	default:
		return false
	}
}

// Dead reports whether its runtime has ended, by a crash or on request.
func (v *Version) Dead() bool {
	if v.Gone() { // what it has borrowed may be another's
		return v.Target.End.Happened()
	}
	return v.Target.Dead()
}

// Spare keeps what is needed to load it again; nil if that is gone. The caller closes it.
func (v *Version) Spare() *instance.Spare {
	if kept := v.kept.Load(); kept != nil {
		return kept.Again()
	}
	return v.Instance.Spare()
}

// start has it begin, with that state unless it is nil. If there is an error, it is let go.
func (v *Version) start(ctx context.Context, state *instance.State) error {
	v.live.Store(true)
	err := v.Start(ctx, state)
	if err != nil {
		v.leaving.Store(true)
	}
	return err
}

// bind makes in the version of e, in a slot unless that is nil.
func (e *Entry) bind(in *instance.Instance, s *Slot, conf *Config) *Version {
	v := &Version{Instance: in, Entry: e, slot: s, conf: conf}
	v.estate.own = heritage.New()
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	e.version = v
	return v
}

// Open reads, verifies, loads, starts and checks the version that src has, for a caller
// who owns it. own is called before any of its code runs.
func Open(ctx context.Context, src Source, conf *Config, own func(*Version)) (*Version, error) {
	j := &journal{handle: conf.OnEvent}
	e := j.newEntry(src.File)
	j.tell(e, life.Event{State: life.Found})
	fail := func(err error) (*Version, error) {
		j.tell(e, life.Event{State: verdictOf(err), Detail: err.Error(), Err: err})
		return nil, err
	}
	if src.Builtin != nil {
		return fail(&life.Error{Step: life.StepLoad, Reason: life.ErrArgument,
			Cause: errors.New("a version that is linked into the program"), Advice: "it has the name of a slot: use host.Slot.SwapTo"})
	}
	scratch, giveBack := image.Borrow()
	defer giveBack()
	b, err := src.Read(scratch.Alloc)
	if err != nil {
		return fail(err)
	}
	var in *instance.Instance
	im, err := conf.Image.Verify(src.File, b, func(im *image.Image) error {
		in = instance.Prepare(&conf.Instance, im)
		return nil
	})
	j.name = im.Name
	e.name(im.Version)
	if err != nil {
		in.Forget()
		return fail(err)
	}
	v := e.bind(in, nil, conf)
	own(v)
	v.Tell(life.Event{State: life.Verified})
	if err := in.Open(ctx, v.Tell); err != nil {
		v.endEstate()
		return fail(err)
	}
	return v, nil
}

// Find finds the function that b calls, nil if v lacks one that it may lack. before is what v
// replaces, nil if it is not newer.
func (v *Version) Find(b *invoke.Binding, before *manifest.Manifest) (*invoke.Function, error) {
	if b.Check != nil {
		if err := b.Check(invoke.Candidate{Manifest: &v.Desc.Manifest, Before: before, Lacks: v.Lacks()}); err != nil {
			return nil, v.Target.Error(life.StepBind, life.ErrContract, err)
		}
	}
	fn, err := v.Lookup(b.Name, b.Signature)
	if b.Optional && errors.Is(err, life.ErrFunction) {
		return nil, nil
	}
	return fn, err
}

// Discard lets a version go that no call has reached.
func (v *Version) Discard(ctx context.Context) {
	v.leaving.Store(true)
	v.Instance.Discard(ctx)
}

// Retire drains a version that gets no more calls, and lets it go, as
// [instance.Instance.Close] does.
func (v *Version) Retire(ctx context.Context) (*life.Report, error) {
	v.leaving.Store(true)
	v.Target.Close()
	if !v.retiring.Swap(true) {
		v.Tell(life.Event{State: life.Retiring})
	}
	return v.Close(ctx)
}
