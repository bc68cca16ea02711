package instance

import (
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/life"
)

// Omit is a step that a test leaves out, to see that it is missed: "files", "image" or
// "slots".
var Omit string

// unloadReport is hotso_unload_report of cabi.h.
type unloadReport struct {
	threads, ended       uint32
	ids                  [16]int32
	keys, deleted        uint32
	mappings, unmapped   uint64
	bytes, unmappedBytes uint64
	files                *uint64
	filesWords           uint64
	threadsNS, memoryNS  int64
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

// teardown takes a drained version out of the process (steps 2 to 9). It may be called
// again while the report's state is Quarantined, not at the same time.
func (in *Instance) teardown(r *report) error {
	if !in.stopped && !in.Target.Dead() {
		in.stopped = true // once, also when the rest is retried
		done := r.timed("stop")
		if err := in.Target.Stop(in.conf.StopTimeout); err != nil {
			r.Reason = "stop hook: " + err.Error()
		}
		done()
	}
	if in.attachment == nil {
		r.State, r.Reason = life.Resident, in.resident
		return nil
	}
	if !in.Target.Seal() {
		return in.blocked(r, errors.New("a control call is still inside"))
	}
	process.unloading.Lock()
	defer process.unloading.Unlock()
	if err := in.waitForExits(r); err != nil {
		return in.blocked(r, err)
	}
	done := r.timed("find files")
	fds, err := in.findFiles()
	done()
	if err != nil {
		return in.blocked(r, err)
	}
	var u unloadReport
	if err := in.endThreads(r, &u); errors.Is(err, errEscaped) {
		r.State, r.Reason = life.Resident, err.Error()
		return in.error(life.StepUnload, life.ErrLeft, err)
	} else if err != nil {
		return in.blocked(r, err)
	}
	in.Target.ReleaseOrphans() // no thread is left that could write there
	in.closeFiles(r, append(fds, u.descriptors()...))
	return in.unmap(r, &u)
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

// endThreads is steps 4 and 5: the shim's part.
func (in *Instance) endThreads(r *report, u *unloadReport) error {
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
	r.add(life.Threads, int(u.threads), int(u.ended)).why("its stack and its exit code are still there")
	r.add(life.Mappings, int(u.mappings), int(u.unmapped)).why("munmap failed").Bytes = u.bytes
	r.add(life.Keys, int(u.keys), int(u.deleted)).why("pthread_key_delete failed")
	r.Steps = append(r.Steps,
		life.StepTime{Step: "threads", Took: time.Duration(u.threadsNS)}, life.StepTime{Step: "memory", Took: time.Duration(u.memoryNS)})
	return nil
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
		return errors.New("a thread is starting and does not get on")
	}
	return fmt.Errorf("%d threads do not come back to its own code: %v", u.threads, r.Blockers[0])
}

// closeFiles is step 6.
func (in *Instance) closeFiles(r *report, fds []int) {
	defer r.timed("files")()
	slices.Sort(fds)
	fds = slices.Compact(fds)
	closed := 0
	if Omit != "files" {
		closed = closeAll(fds)
	}
	r.add(life.Descriptors, len(fds), closed).why("close failed")
	in.groupFiles = nil
}

// unmap is steps 7 to 9.
func (in *Instance) unmap(r *report, u *unloadReport) error {
	handlers := in.attachment.handlers()
	done := r.timed("image")
	var err error
	if Omit != "image" {
		err = in.handle.Close()
	}
	done()
	done = r.timed("copy")
	err = errors.Join(err, in.copy.Close())
	done()
	defer r.timed("check")()
	image := 0
	if err == nil && in.gone() {
		image = 1
	}
	r.add(life.Image, 1, image).why("the dynamic linker keeps it").Bytes = in.extent.size()
	if image == 1 && Omit != "slots" {
		in.detach() // nobody can come back to an image that is not there
		image = 2
	}
	r.add(life.Handlers, handlers, handlers*(image/2)).why("its entry in the dispatch table is kept")
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
	if proc.Free(in.extent.low, in.extent.high) {
		return true
	}
	left, err := proc.Maps(in.mapName)
	return err == nil && len(left) == 0
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
