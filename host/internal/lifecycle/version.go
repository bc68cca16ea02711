package lifecycle

import (
	"context"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/life"
)

// A Version is a library that was prepared or loaded, with its entry in a journal.
type Version struct {
	*instance.Instance
	Entry *Entry

	retiring atomic.Bool
}

// State is where in its life it is.
func (v *Version) State() life.State { return v.Entry.state() }

// Tell notes a step of its life.
func (v *Version) Tell(ev life.Event) { v.Entry.journal.tell(v.Entry, ev) }

// Dead reports whether its runtime has ended.
func (v *Version) Dead() bool { return v.Target.Dead() }

// bind makes in the version of e.
func (e *Entry) bind(in *instance.Instance) *Version {
	v := &Version{Instance: in, Entry: e}
	e.journal.mu.Lock()
	defer e.journal.mu.Unlock()
	e.version = v
	return v
}

// Open reads, verifies, loads, starts and checks the library at path, for a caller
// who owns it. own is called before any of its code runs.
func Open(ctx context.Context, path string, conf *Config, own func(*Version)) (*Version, error) {
	j := &journal{handle: conf.OnEvent}
	e := j.newEntry(path)
	j.tell(e, life.Event{State: life.Found})
	fail := func(err error) (*Version, error) {
		j.tell(e, life.Event{State: verdictOf(err), Detail: err.Error(), Err: err})
		return nil, err
	}
	scratch, giveBack := image.Borrow()
	defer giveBack()
	b, err := image.Read(path, scratch.Alloc)
	if err != nil {
		return fail(err)
	}
	var in *instance.Instance
	im, err := conf.Image.Verify(path, b, func(im *image.Image) error {
		in = instance.Prepare(&conf.Instance, im)
		return nil
	})
	j.name = im.Name
	e.name(im.Version)
	if err != nil {
		in.Forget()
		return fail(err)
	}
	v := e.bind(in)
	own(v)
	v.Tell(life.Event{State: life.Verified})
	if err := in.Open(ctx, v.Tell); err != nil {
		return fail(err)
	}
	return v, nil
}

// Discard lets a version go that no call has reached.
func (v *Version) Discard(ctx context.Context) { _, _ = v.Close(ctx) }

// Retire drains a version that gets no more calls, and lets it go, as
// [instance.Instance.Close] does.
func (v *Version) Retire(ctx context.Context) (*life.Report, error) {
	v.Target.Close()
	if !v.retiring.Swap(true) {
		v.Tell(life.Event{State: life.Retiring})
	}
	return v.Close(ctx)
}
