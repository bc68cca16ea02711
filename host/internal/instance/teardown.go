package instance

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"strings"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/dl"
	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/stackcheck"
	"github.com/hotso/hotso/host/life"
)

// Omit is a step that a test leaves out, to see that it is missed: "stacks", "files",
// "image" or "slots".
var Omit string

// unloadReport is hotso_unload_report of cabi.h.
type unloadReport struct {
	threads, ended       uint32
	ids                  [16]int32
	keys, deleted        uint32
	mappings, unmapped   uint64
	bytes, unmappedBytes uint64
	blocks, freed        uint64
	blockBytes           uint64
	files                *uint64
	filesWords           uint64
	ranges               *stackcheck.Range
	rangesLen            uint64
	signals              *uint32
	signalsN             uint64
	exitError            *byte // ends in NUL
	threadsNS, memoryNS  int64
	filesClosed          uint64 // besides those in files
	timers, timersGone   uint32
	changes              *uint32
	changesN             uint64
}

// descriptors are those in files.
func (u *unloadReport) descriptors() (fds []int) {
	for i, word := range unsafe.Slice(u.files, u.filesWords) {
		for ; word != 0; word &= word - 1 {
			fds = append(fds, i*64+bits.TrailingZeros64(word))
		}
	}
	return fds
}

// exitText is exitError.
func (u *unloadReport) exitText() string {
	if u.exitError == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(u.exitError), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(u.exitError, n))
}

// teardown takes a drained version out of the process (steps 2 to 10). It may be called
// again while the report's state is Quarantined, not at the same time.
func (in *Instance) teardown(r *report) error {
	if in.started && !in.Target.Dead() {
		in.started = false // once, also when the rest is retried
		done := r.timed("stop")
		if err := in.Target.Stop(in.conf.StopTimeout); err != nil {
			r.Reason = "stop hook: " + err.Error()
		}
		done()
	}
	if !in.seal() {
		return in.blocked(r, errors.New("a control call is still inside"))
	}
	if in.attachment != nil && in.stays != "" {
		in.abandon(in.stays)
	}
	if in.builtin != nil {
		in.Target.CloseStreams()
		r.State = life.Unloaded
		return nil
	}
	if in.attachment == nil {
		r.State, r.Reason = life.Resident, in.resident
		return nil
	}
	process.unloading.Lock()
	defer process.unloading.Unlock()
	if err := in.waitForExits(r); err != nil {
		return in.blocked(r, err)
	}
	u := &in.unloaded
	if err := in.endThreads(r, u); errors.Is(err, errEscaped) {
		r.State, r.Reason = life.Resident, err.Error()
		return in.error(life.StepUnload, life.ErrLeft, err)
	} else if err != nil {
		return in.blocked(r, err)
	}
	in.rings += in.closeRings(unsafe.Slice(u.ranges, u.rangesLen))
	if err := in.checkStacks(r, u); err != nil {
		return in.blocked(r, err)
	}
	in.hideFiles()
	in.releaseMemory(r, u)
	if why := u.exitText(); why != "" {
		r.Reason = strings.TrimPrefix(r.Reason+"; exit functions: "+why, "; ")
	}
	r.noteSignals(unsafe.Slice(u.signals, u.signalsN))
	r.noteChanges(unsafe.Slice(u.changes, u.changesN))
	in.Target.ReleaseOrphans() // no thread is left that could write there
	in.closeFiles(r, u.descriptors(), int(u.filesClosed)+in.rings)
	return in.unmap(r, u)
}

// sealTimeout is how long control calls have to come out. They take microseconds, but come into a closed gate as
// well, as those by which a profile is read; the library answers none of them any more.
const sealTimeout = time.Second

// seal lets nobody in any more, and reports whether nobody is inside.
func (in *Instance) seal() bool {
	limited, cancel := context.WithTimeout(context.Background(), sealTimeout)
	defer cancel()
	for !in.Target.Seal() {
		if in.Target.AwaitEmpty(limited) != nil {
			return in.Target.Seal()
		}
	}
	return true
}

// blocked keeps everything as it is.
func (in *Instance) blocked(r *report, err error) error {
	r.State, r.Reason = life.Quarantined, err.Error()
	return in.error(life.StepUnload, life.ErrBusy, err)
}

// waitForExits is step 3. A thread in a key destructor holds a lock of the
// library's runtime for some microseconds at most.
func (in *Instance) waitForExits(r *report) error {
	defer r.timed("exits")()
	e := in.attachment.entry
	e.SetDying()
	for deadline := time.Now().Add(killTimeout); e.Exiting() > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d threads of the host are ending inside it", e.Exiting())
		}
	}
	return nil
}

// endThreads is step 4, in which the shim does the work.
func (in *Instance) endThreads(r *report, u *unloadReport) error {
	if !in.ended {
		in.handlers = max(in.handlers, in.attachment.handlers())
		f := call.Get()
		f.Fn = in.unload
		f.Int(uint64(killTimeout))
		f.Pointer(unsafe.Pointer(u))
		f.Do()
		status := abi.Kind(int32(f.R0))
		f.Put()
		switch status {
		case abi.OK:
		case abi.Timeout:
			return in.blockers(r, u)
		default:
			return fmt.Errorf("%w: it saw no thread or no memory of it", errEscaped)
		}
		in.ended = true
	}
	r.add(life.Threads, int(u.threads), int(u.ended)).why("its stack and its exit code are still there")
	r.Steps = append(r.Steps, life.StepTime{Step: "threads", Took: time.Duration(u.threadsNS)})
	return nil
}

// checkStacks is step 5. Shared objects that others' threads run in stay in the process.
func (in *Instance) checkStacks(r *report, u *unloadReport) error {
	defer r.timed("stacks")()
	if Omit == "stacks" {
		return nil
	}
	ranges := append(slices.Clone(unsafe.Slice(u.ranges, u.rangesLen)), stackcheck.Range(in.extent))
	for _, r := range in.own.Extents() {
		ranges = append(ranges, stackcheck.Range(r))
	}
	objects, err := stackcheck.Run(ranges, killTimeout, threadsOfLibraries, in.still, in.brings)
	if threads, ok := errors.AsType[*stackcheck.Threads](err); ok {
		for _, id := range threads.IDs {
			r.Blockers = append(r.Blockers, symbolize(id))
		}
		row := &r.Resources[len(r.Resources)-1] // of the threads
		row.Found, row.Left, row.Why = row.Found+len(threads.IDs), row.Left+len(threads.IDs), "may come back to it"
		return fmt.Errorf("%w: %v", err, r.Blockers[0])
	}
	for _, path := range objects {
		if err == nil && !dl.Keep(path) {
			err = fmt.Errorf("%s, in which a thread runs that it has not told of, can't be kept", path)
		}
	}
	return err
}

// Callers calls its argument for each thread of a program that is not in Go which has called the host. Such
// a thread is inside a library only in a call that the gate knows of. What earlier calls have left on its stack means
// nothing, and a signal would interrupt the program's system calls. Nil in a Go program, and not changed once
// a library was loaded.
var Callers func(f func(id int))

// threadsOfLibraries calls f for each thread that a library which is loaded has started, and for each of
// Callers. No library is unloaded meanwhile.
func threadsOfLibraries(f func(id int)) {
	if Callers != nil {
		Callers(f)
	}
	startedByLibraries(f)
}

// startedByLibraries calls f for each thread that a library which is loaded has started. No library is unloaded meanwhile.
func startedByLibraries(f func(id int)) {
	ids := make([]int32, ThreadsExpected)
	for i := range crashes.instances {
		in := crashes.instances[i].Load()
		if in == nil || in.threads.Load() == 0 {
			continue
		}
		list := in.threads.Load()
		n := fill(list, unsafe.Pointer(&ids[0]), len(ids))
		for n == len(ids) { // there may be more
			ids = make([]int32, 4*len(ids))
			n = fill(list, unsafe.Pointer(&ids[0]), len(ids))
		}
		for _, id := range ids[:n] {
			f(int(id))
		}
	}
}

// ThreadsExpected is of how many threads a library tells without being asked twice; tests set it.
var ThreadsExpected = 256

// fill has a function of the shim, which takes args before, fill into with n elements at most, and returns how
// many it has filled.
func fill(fn uintptr, into unsafe.Pointer, n int, args ...uint64) int {
	c := call.Get()
	defer c.Put()
	c.Fn = fn
	for _, a := range args {
		c.Int(a)
	}
	c.Pointer(into)
	c.Int(uint64(n))
	c.Do()
	return int(uint32(c.R0))
}

// releaseMemory is step 6: the rest of the shim's work.
func (in *Instance) releaseMemory(r *report, u *unloadReport) {
	f := call.Get()
	f.Fn = in.release
	f.Pointer(unsafe.Pointer(u))
	f.Do()
	f.Put()
	r.add(life.Mappings, int(u.mappings), int(u.unmapped)).why("munmap failed").Bytes = u.bytes
	if in.conf.ReclaimC {
		r.add(life.CHeap, int(u.blocks), int(u.freed)).why("there was no memory to remember them").Bytes = u.blockBytes
	}
	r.add(life.Keys, int(u.keys), int(u.deleted)).why("pthread_key_delete failed")
	r.add(life.Timers, int(u.timers), int(u.timersGone)).why("timer_delete failed")
	r.Steps = append(r.Steps, life.StepTime{Step: "memory", Took: time.Duration(u.memoryNS)})
}

// blockers names the threads that could not be ended.
func (in *Instance) blockers(r *report, u *unloadReport) error {
	for _, id := range u.ids[:min(int(u.threads), len(u.ids))] {
		if id != 0 { // one that is starting has none yet
			r.Blockers = append(r.Blockers, symbolize(int(id)))
		}
	}
	r.add(life.Threads, int(u.threads), 0).why("outside the library's own code past the deadline")
	if len(r.Blockers) == 0 {
		return errors.New("a thread is starting, or about to fork, and does not get on")
	}
	return fmt.Errorf("%d threads do not come back to its own code: %v", u.threads, r.Blockers[0])
}

// closeFiles is step 7, of which the shim has done a part.
func (in *Instance) closeFiles(r *report, fds []int, closed int) {
	defer r.timed("files")()
	found := len(fds) + closed
	if Omit != "files" {
		closed += closeAll(fds)
	}
	r.add(life.Descriptors, found, closed).why("close failed")
}

// unmap is steps 8 to 10.
func (in *Instance) unmap(r *report, u *unloadReport) error {
	done := r.timed("image")
	var err error
	if Omit != "image" {
		err = in.handle.Close()
		in.needed.Close()
	}
	done()
	done = r.timed("copy")
	err = errors.Join(err, in.copy.Close())
	in.own.Close()
	done()
	defer r.timed("check")()
	image, images, size := 0, 1+in.own.Len(), in.extent.size()
	for _, x := range in.own.Extents() {
		size += x.High - x.Low
	}
	if err == nil && in.gone() {
		image = 1
	}
	r.add(life.Image, images, image*images).why("the dynamic linker keeps it").Bytes = size
	if image == 1 && Omit != "slots" {
		in.detach() // nobody can come back to an image that is not there
		image = 2
	}
	r.add(life.Handlers, in.handlers, in.handlers*(image/2)).why("its entry in the dispatch table is kept")
	r.add(life.TLSSlots, 1, image/2).why("it is kept")
	r.checkThreads(u)
	if left := r.leftovers(); left != "" || err != nil {
		r.State, r.Reason = life.Resident, left
		return in.error(life.StepUnload, life.ErrLeft, errors.Join(err, errors.New(left)))
	}
	r.State = life.Unloaded
	return nil
}

// gone asks the kernel whether the image is unmapped. If something is there,
// it may be somebody else's by now, and the name decides.
func (in *Instance) gone() bool {
	free := proc.Free(in.extent.Low, in.extent.High)
	for _, x := range in.own.Extents() {
		free = free && proc.Free(x.Low, x.High)
	}
	if free {
		return true
	}
	left, err := in.mapped()
	return err == nil && len(left) == 0
}

// mapped returns what is mapped of the library. If the kernel is too short of something to
// say, it is asked again.
func (in *Instance) mapped() (left []proc.Mapping, err error) {
	for deadline := time.Now().Add(killTimeout); ; time.Sleep(time.Millisecond) {
		if left, err = proc.Maps(in.mapName); err == nil || time.Now().After(deadline) {
			return left, err
		}
	}
}

// checkThreads asks the kernel for the threads that were joined. It takes a
// thread off its list a moment after it has woken the thread that joined it.
func (r *report) checkThreads(u *unloadReport) {
	for _, id := range u.ids[:min(int(u.threads), len(u.ids))] {
		for deadline := time.Now().Add(killTimeout); !threadGone(int(id)); runtime.Gosched() {
			if time.Now().After(deadline) {
				r.add(life.Threads, 1, 0).why(fmt.Sprintf("thread %d was ended and still lives", id))
				break
			}
		}
	}
}
