package invoke

import (
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/rank"
	"github.com/hotso/hotso/host/life"
)

// When a library's runtime ends, its callers are ejected while others still run in it: its
// own threads, until the teardown has ended them, and host threads that were not
// ejected yet. What these may write to:
//
//   - What a call gave to the library to write to: the frame with its buffer,
//     length, scalar and structs. What hotso gen and package cabi make writes there
//     on the caller's thread only, as a last step; but an export may well have had
//     goroutines of its own fill the buffer. So frames of calls that ended by the
//     death stay as they are, reused by nobody and not freed, until the threads
//     have ended (orphan).
//   - A caller's own result variable, and what it reads a stream into: never. The
//     first is written by the host's code, from the frame. A stream is read into
//     memory of the library's and copied by the caller's thread (cabi/stream.go).
//   - Arguments of a callback, and its result: memory of the library's, mapped
//     until its threads have ended.
//   - Texts and slices that were passed: the library reads them where they are. A
//     straggler may read what their owner has put there since; what it makes of
//     that dies with it. One that writes there breaks the contract, dead or alive.
//   - The stack of the caller's thread: Go code keeps nothing there that another
//     thread gets to know of. C code may, by handing out the address of a local
//     variable; see the limits in the package documentation.

// orphans are frames that the library's threads may still write to.
type orphans struct {
	mu     rank.Mutex[rank.Orphans]
	frames []*call.Frame
}

func (o *orphans) release() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frames = nil
}

// orphan takes the frame of a call that ended with the library's runtime. The target
// is reachable until the library is unloaded, and so is the frame.
func (t *Target) orphan(f *call.Frame) {
	f.Abandon()
	t.orphans.mu.Lock()
	defer t.orphans.mu.Unlock()
	t.orphans.frames = append(t.orphans.frames, f)
}

// diedIn ends a call that the library died in, and waits for the cause.
func (t *Target) diedIn(f *call.Frame) error {
	t.failures.add(life.FailedCrashed)
	t.orphan(f)
	return t.CrashError()
}

// ReleaseOrphans lets the frames go: no thread is left that could write there.
func (t *Target) ReleaseOrphans() { t.orphans.release() }
