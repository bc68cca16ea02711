package host

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"

	"github.com/hotso/hotso/host/internal/pproflabel"
)

// Libraries are the versions of the slot that have been started and are in the process, oldest
// first: the one that serves, but also a canary, a warm version, and one that is quarantined.
// They belong to the slot. It is for looking at them; calls go through the slot.
func (s *Slot) Libraries() []*Library {
	var list []*Library
	for _, v := range s.s.Live() {
		list = append(list, libraryOf(v.Target))
	}
	return list
}

// Profile writes a profile of the version to w, as of its own runtime: its heap, its
// goroutines, its part of the processor's time. The names are those of [net/http/pprof], with the
// same parameters: "heap", "heap?gc=1", "allocs", "block", "mutex", "threadcreate", "goroutine",
// "goroutine?debug=2", profiles of the library's own, "profile?seconds=5" for the CPU and
// "trace?seconds=1" for go tool trace. "" is the list of the names, one a line. What it writes is
// symbolized: go tool pprof needs neither the library's file nor the process. Each sample has the labels
// library and version beside its own.
//
// The library has to import github.com/hotso/hotso/cabi/cabiprofile; the error of one that does not,
// or of another name, is [ErrFunction]. One CPU profile may run at a time, of whichever library; another is
// [ErrBusy], as both would count the time of one. Of traces one of a version may; another is a [*CallError]. A version
// serves on meanwhile, and need not serve: one that is warm or quarantined tells as well. Nothing waits for the profile,
// neither a swap nor an unload: they end it, with [ErrClosed], and what was written until then is not a whole
// trace or text; of profiles nothing was. ctx ends it with its own error.
//
// Whoever asks for several seconds gives ctx some more.
func (l *Library) Profile(ctx context.Context, w io.Writer, name string) error {
	if kind, _, _ := strings.Cut(name, "?"); kind == "profile" {
		if !cpuProfiled.CompareAndSwap(false, true) {
			return l.v.Target.Error(StepCall, ErrBusy, errOneProfile)
		}
		defer cpuProfiled.Store(false)
	}
	labelled := pproflabel.NewWriter(w, pproflabel.Label{Key: "library", Value: l.Name()}, pproflabel.Label{Key: "version", Value: l.Version()})
	err := l.v.Target.Debug(ctx, labelled, "pprof/"+name, `import _ "github.com/hotso/hotso/cabi/cabiprofile" in the library`)
	if err != nil {
		return err
	}
	return labelled.Close()
}

// cpuProfiled: a CPU profile of some library runs. Ticks of its runtime's timers go to each runtime that a thread is
// inside of, and would count for another profile as well.
var cpuProfiled atomic.Bool

var errOneProfile = errors.New("a CPU profile of a library runs, and two would count the same time twice: wait for its end")

// Vars writes the variables that the version has published by package expvar to w, as one JSON object.
// The library has to import github.com/hotso/hotso/cabi/cabivars, or to register "vars" itself (cabi.OnDebug), and
// then it is what it writes. Errors are those of Profile.
func (l *Library) Vars(ctx context.Context, w io.Writer) error {
	return l.v.Target.Debug(ctx, w, "vars", `import _ "github.com/hotso/hotso/cabi/cabivars" in the library, or register "vars" by cabi.OnDebug`)
}
