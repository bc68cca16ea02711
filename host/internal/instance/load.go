package instance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/needed"
	"github.com/hotso/hotso/host/internal/stackcheck"
	"github.com/hotso/hotso/host/life"
)

// loadInTime is load, which the library's constructors and init functions can keep for
// ever. When StartTimeout or ctx ends it, the runtime is ended, so that what waits for
// it comes back; what stays all the same, as a constructor of C does, is left behind, and
// in.loading says when it comes.
func (in *Instance) loadInTime(ctx context.Context) error {
	if in.unprepared != nil || in.builtin != nil {
		return in.unprepared
	}
	limited, cancel := context.WithTimeout(ctx, in.conf.StartTimeout)
	defer cancel()
	// The dynamic linker has a lock for this. Whoever waits there while a constructor of
	// another library keeps it would wait for ever.
	if err := process.loading.Acquire(limited); err != nil {
		return fmt.Errorf("waiting for the load of another library: %w", err)
	}
	var err error
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err = in.load()
	}()
	select {
	case <-ended:
		return err
	case <-limited.Done():
	}
	// A runtime that starts is not ended in the middle of that: what it has open, or mapped,
	// for some microseconds only, nobody notes.
	select {
	case <-in.runs:
	case <-ended:
	case <-time.After(killTimeout):
	}
	why := fmt.Errorf("its init functions did not end: %w", ctx.Err())
	if ctx.Err() == nil {
		why = fmt.Errorf("its init functions did not end within %v, see StartTimeout", in.conf.StartTimeout)
	}
	in.Target.Kill(why.Error()) // if it can be ended
	select {
	case <-ended:
	case <-time.After(killTimeout):
		in.loading = ended
	}
	return why
}

// load maps the private copy, finds the symbols, and waits for the runtime. The caller
// has acquired process.loading.
func (in *Instance) load() (err error) {
	if in.attachment != nil {
		crashes.instances[in.attachment.slot.Index()].Store(in)
		in.still = stackcheck.StandingStill()
	}
	err = in.open()
	if err != nil {
		in.unmapRemains()
	}
	process.loading.Release()
	if err != nil {
		return err
	}
	if in.unload, err = in.handle.Sym(abi.SymUnload); err != nil {
		// What was judged has it. So this is another object, in which nothing may be called.
		_ = in.handle.Close()
		in.handle = 0
		return fmt.Errorf("the dynamic linker has taken another object for it: %w", err)
	}
	if in.attachment != nil {
		low, _ := in.attachment.entry.Text()
		in.extent = extent{in.extent.Low + uint64(low), in.extent.High + uint64(low)}
	}
	if err := in.resolve(); err != nil {
		return err
	}
	if in.attachment == nil {
		if set, err := in.handle.Sym(abi.SymSetHost); err == nil {
			in.Target.TellHost(set)
		}
	}
	// dlopen returns while the runtime is still starting. The first call waits for the
	// init functions.
	err = in.awaitRuntime()
	close(in.runs)
	if err == nil {
		err = in.Target.Touch()
	}
	close(in.up)
	if err == nil {
		err = in.setReady()
	}
	if in.attachment != nil && err == nil {
		err = in.settle()
	}
	return errors.Join(err, in.copy.Seal())
}

// settle is the end of a load of what can be unloaded.
func (in *Instance) settle() error {
	if err := in.attachment.verify(); err != nil {
		in.abandon(err.Error())
		return err
	}
	if len(in.own.Extents()) < in.own.Len() {
		err := errors.New("the dynamic linker has not taken all copies of shared objects for what it needs")
		in.abandon(err.Error())
		return err
	}
	if descriptors, err := in.handle.Sym(abi.SymDescriptors); err == nil { // else it is of an older hotso
		in.showFiles(descriptors)
	}
	in.shareCopy()
	return in.own.Share(in.sharedName())
}

// open maps the library, and before it what it needs.
func (in *Instance) open() (err error) {
	defer in.needed.Loaded()
	defer in.ahead.Loaded()
	in.ahead.Try()
	if err := in.needed.Load(); err != nil {
		var p *needed.Problem
		if !errors.As(err, &p) {
			return err
		}
		return &life.Error{File: in.Desc.File, Name: in.Desc.Name, Version: in.Desc.Version, Step: life.StepLoad,
			Reason: life.ErrNeeded, Cause: p, Advice: p.Advice}
	}
	Masked(func() { in.handle, err = dl.Open(in.copy.Path()) })
	return err
}

// Masked calls load, which starts a library's runtime, whose threads have the signals blocked that the calling
// thread has. A program that is not in Go sets it, before anything is loaded.
var Masked = func(load func()) { load() }

// awaitRuntime waits until the library's runtime has started, or died.
func (in *Instance) awaitRuntime() error {
	if in.attachment == nil {
		return nil
	}
	wait, err := in.handle.Sym(abi.SymWaitStarted)
	if err == nil && uint32(call.Call(wait)) == 0 {
		err = in.Target.CrashError()
	}
	return err
}

// resolve looks up the control symbols and the functions of the manifest.
func (in *Instance) resolve() (err error) {
	if in.release, err = in.handle.Sym(abi.SymRelease); err != nil {
		return err
	}
	threads, err := in.handle.Sym(abi.SymThreads)
	if err != nil {
		return err
	}
	in.threads.Store(threads)
	functions := make(map[string]abi.Signature, len(in.Desc.Manifest.Functions))
	for _, f := range in.Desc.Manifest.Functions {
		if functions[f.Name], err = abi.ParseSignature(f.Signature); err != nil {
			return err
		}
	}
	return in.Target.Resolve(in.handle.Sym, functions)
}
