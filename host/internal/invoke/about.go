package invoke

import (
	"context"
	"runtime/pprof"
	"unsafe"

	"github.com/hotso/hotso/host/life"
)

// about is what the host wants to have done about each call of a target.
type about struct {
	labels *pprof.LabelSet // in profiles, nil: none
	trace  life.Trace      // nil: nobody
}

// aboutCalls is nil if there is nothing to be done, which then costs calls nothing.
func aboutCalls(t *Target, conf *Config) *about {
	if !conf.LabelCalls && conf.Trace == nil {
		return nil
	}
	a := &about{trace: conf.Trace}
	if conf.LabelCalls {
		labels := pprof.Labels("library", t.Name, "version", t.Version)
		a.labels = &labels
	}
	return a
}

// finish is finishWith.
func (a *about) finish(ctx context.Context, s *Lease, r unsafe.Pointer) (err error) {
	if a.trace != nil {
		fn := s.Value.fn
		end := a.trace(ctx, life.CallInfo{Library: fn.target.Name, Version: fn.target.Version, Function: fn.name})
		defer func() { end(err) }()
	}
	if a.labels != nil { // as pprof.Do, for whose function the result would be on the heap
		defer pprof.SetGoroutineLabels(ctx)
		ctx = pprof.WithLabels(ctx, *a.labels)
		pprof.SetGoroutineLabels(ctx) // what the goroutine starts has them, too
	}
	return finishBy(ctx, s, r)
}
