package modeltest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host"
)

// control does what was planned, one after the other.
func (w *world) control(ops []op) {
	for _, o := range ops {
		time.Sleep(o.pause)
		done := running.begin(o.String())
		w.do(o)
		done()
		w.figures.ops.Add(1)
	}
}

func (w *world) do(o op) {
	g := w.at[o.lane].Load()
	ctx, cancel := o.context()
	defer cancel()
	switch o.kind {
	case swap, canary:
		w.deploy(ctx, o, g)
	case setShare:
		g.judge(ctx, o, nil, g.slot.SetShare(o.share))
	case promote:
		s, err := g.slot.Promote(ctx)
		g.judge(ctx, o, old(s), err)
	case abort:
		r, err := g.slot.Abort(ctx)
		g.judge(ctx, o, r, err)
	case rollback:
		s, err := g.slot.Rollback(ctx)
		g.judge(ctx, o, old(s), err)
	case closing:
		w.replace(ctx, o, g)
	case opening:
		w.open(ctx, o)
	case crash:
		if !g.lane.exact {
			_, err := g.slot.Call(context.Background(), abi.SymDrill, o.drill)
			g.judgeCall(context.Background(), o.String(), err)
		}
	case hang:
		if g.lane.lib == "crash" {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
			defer cancel()
			_, err := g.slot.Call(ctx, abi.SymDrill, []string{"hang", "deadlock"}[o.file%2])
			g.judgeCall(ctx, o.String(), err)
		}
	case forgive:
		g.slot.Forgive()
	}
}

// old is the report that comes with a swap, if there is one.
func old(s *host.Swap) *host.Report {
	if s == nil {
		return nil
	}
	return s.Old
}

// deploy is Swap or Canary.
func (w *world) deploy(ctx context.Context, o op, g *generation) {
	f, err := w.own(o)
	if err != nil {
		w.fault("%s: %v", o, err)
		return
	}
	defer os.RemoveAll(filepath.Dir(f.path)) // what is loaded does not need its file
	if o.kind == canary {
		info, err := g.slot.Canary(ctx, f.path, o.share, o.promotion)
		g.judgeLoad(ctx, o, f.from, nil, err)
		if err == nil && info.File != f.path {
			w.fault("%s: it returns the entry of %s", o, info.File)
		}
		return
	}
	s, err := g.slot.Swap(ctx, f.path)
	g.judgeLoad(ctx, o, f.from, old(s), err)
}

// own is the file of an operation, under a path that no other has: by it the events are
// told apart.
func (w *world) own(o op) (file, error) {
	f := w.files[o.lane][o.file%len(w.files[o.lane])]
	dir, err := os.MkdirTemp(w.dir, "")
	if err != nil {
		return f, err
	}
	shared := f.path
	if o.fresh {
		f.path, err = f.from.as(dir, o.name())
		return f, err
	}
	f.path = filepath.Join(dir, filepath.Base(shared))
	return f, os.Link(shared, f.path)
}

// replace closes a slot and has another in its place.
func (w *world) replace(ctx context.Context, o op, g *generation) {
	next, err := w.newGeneration(o.lane, random(w.seed, 1000*o.controller+o.index).IntN)
	if err != nil {
		w.fault("%s: no new slot: %v", o, err)
		return
	}
	if !w.at[o.lane].CompareAndSwap(g, next) {
		g = next // another was there before
	}
	g.closed.Store(true)
	r, err := g.slot.Close(ctx)
	g.judge(ctx, o, r, err)
}

// open opens a library of its own, calls and closes it.
func (w *world) open(ctx context.Context, o op) {
	w.opens <- struct{}{} // there must be room for the slots
	defer func() { <-w.opens }()
	f := w.files[o.lane][o.file%len(w.files[o.lane])]
	lib, err := host.Open(ctx, f.path)
	switch bad := f.from.fails != nil && !f.from.state; {
	case err != nil:
		if !(bad && isAny(err, f.from.fails)) && !isAny(err, allowed[opening]) && !ofContext(ctx, err) {
			w.fault("%s: %v", o, err)
		}
		return
	case bad:
		w.fault("%s: it is opened, but ought to fail", o)
	}
	name, args := probe(lib.Name())
	_, err = lib.Call(context.Background(), name, args...)
	if err != nil {
		w.fault("%s: a call: %v", o, err)
	}
	crashed := o.index%4 == 0
	if crashed {
		if _, err := lib.Call(context.Background(), abi.SymDrill, o.drill); !errors.Is(err, host.ErrCrashed) {
			w.fault("%s: a crash by %s: %v", o, o.drill, err)
		}
	}
	r, err := lib.Close(ctx)
	if err != nil && !errors.Is(err, host.ErrBusy) {
		w.fault("%s: Close: %v", o, err)
	}
	w.judgeReport(o, r, err)
	_, err = lib.Call(context.Background(), name, args...)
	if !errors.Is(err, host.ErrClosed) && !(errors.Is(err, host.ErrCrashed) && (crashed || f.from.dies)) {
		w.fault("%s: a call after Close: %v", o, err)
	}
}

// probe is a call that every version of a library answers.
func probe(lib string) (function string, args []any) {
	switch lib {
	case "crash":
		return "Add", []any{20, 22}
	case "sessions":
		return "Puts", nil
	case "callback":
		return "Log", nil
	}
	return "Total", nil
}

// judgeLoad looks at the outcome of an operation that loads from a source.
func (g *generation) judgeLoad(ctx context.Context, o op, from *source, r *host.Report, err error) {
	bad := from.fails != nil && !from.state
	if err == nil && bad {
		g.fault("%s: it serves, but ought to fail", o)
	}
	if err != nil && isAny(err, from.fails) {
		g.figures.failed.Add(1)
		return
	}
	g.judge(ctx, o, r, err)
}

// judge looks at the outcome of an operation on a slot.
func (g *generation) judge(ctx context.Context, o op, r *host.Report, err error) {
	if err != nil {
		g.figures.failed.Add(1)
		if !isAny(err, allowed[o.kind]) && !ofContext(ctx, err) {
			g.fault("%s: %v", o, err)
		}
		if errors.Is(err, host.ErrClosed) && !g.closed.Load() {
			g.fault("%s: nobody has closed the slot: %v", o, err)
		}
	}
	g.judgeReport(o, r, err)
}

// judgeReport wants a version to be unloaded, or quarantined with an error.
func (w *world) judgeReport(o op, r *host.Report, err error) {
	switch {
	case r == nil:
	case r.State == host.Unloaded:
		for _, x := range r.Resources {
			if x.Left != 0 {
				w.fault("%s: v%s is unloaded, and %d %s are left: %s", o, r.Version, x.Left, x.Kind, x.Why)
			}
		}
	case r.State == host.Quarantined && errors.Is(err, host.ErrBusy):
	default:
		w.fault("%s: v%s is %s: %s, with the error %v", o, r.Version, r.State, r.Reason, err)
	}
}
