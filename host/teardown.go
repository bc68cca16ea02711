package host

import (
	"errors"
	"fmt"
	"math/bits"
	"runtime"
	"slices"
	"sync"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
	"github.com/hotso/hotso/host/internal/proc"
)

// unloading lets one version at a time out: steps 3 to 9 change what the whole
// process shares, and what they find in /proc is theirs.
var unloading sync.Mutex

// omit is a step that a test leaves out, to see that it is missed.
var omit string

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

// teardown takes a drained version out of the process (steps 2 to 9). It may be
// called again while the report's state is Quarantined.
func (l *Library) teardown(r *Report) (err error) {
	l.tearing.Lock()
	defer l.tearing.Unlock()
	if l.tornDown != nil {
		*r = *l.tornDown
		return nil
	}
	defer func() {
		if r.State != Quarantined {
			l.tornDown = r
		}
	}()
	if !l.stopped && !l.dead() {
		l.stopped = true // once, also when the rest is retried
		done := r.timed("stop")
		if err := l.control(l.sym.stop, l.conf.stopTimeout); err != nil {
			r.Reason = "stop hook: " + err.Error()
		}
		done()
	}
	if l.attachment == nil {
		r.State, r.Reason = Resident, l.resident
		return nil
	}
	unloading.Lock()
	defer unloading.Unlock()
	if err = l.waitForExits(r); err != nil {
		return l.blocked(r, err)
	}
	done := r.timed("find files")
	fds, err := l.findFiles()
	done()
	if err != nil {
		return l.blocked(r, err)
	}
	var u unloadReport
	if err := l.endThreads(r, &u); errors.Is(err, errEscaped) {
		r.State, r.Reason = Resident, err.Error()
		return l.error(StepUnload, ErrLeft, err)
	} else if err != nil {
		return l.blocked(r, err)
	}
	l.kept.release() // nobody is left who could write there
	l.closeFiles(r, append(fds, u.descriptors()...))
	return l.unmap(r, &u)
}

// blocked keeps everything as it is.
func (l *Library) blocked(r *Report, err error) error {
	r.State, r.Reason = Quarantined, err.Error()
	return l.error(StepUnload, ErrBusy, err)
}

// waitForExits is step 3. A thread in a key destructor holds a lock of the
// library's runtime for some microseconds at most.
func (l *Library) waitForExits(r *Report) error {
	defer r.timed("exits")()
	e := l.attachment.entry
	e.SetDying()
	for deadline := time.Now().Add(killTimeout); e.Exiting() > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d threads of the host are ending inside it", e.Exiting())
		}
	}
	return nil
}

// endThreads is steps 4 and 5: the shim's part.
func (l *Library) endThreads(r *Report, u *unloadReport) error {
	f := call.Get()
	f.Fn = l.sym.unload
	f.Int(uint64(killTimeout))
	f.Pointer(unsafe.Pointer(u))
	f.Do()
	status := abi.Kind(int32(f.R0))
	f.Put()
	switch status {
	case abi.OK:
	case abi.Timeout:
		return l.blockers(r, u)
	default:
		return fmt.Errorf("%w: it saw no thread or no memory of it", errEscaped)
	}
	r.add(Threads, int(u.threads), int(u.ended)).why("its stack and its exit code are still there")
	r.add(Mappings, int(u.mappings), int(u.unmapped)).why("munmap failed").Bytes = u.bytes
	r.add(Keys, int(u.keys), int(u.deleted)).why("pthread_key_delete failed")
	r.Steps = append(r.Steps, StepTime{"threads", time.Duration(u.threadsNS)}, StepTime{"memory", time.Duration(u.memoryNS)})
	return nil
}

// blockers names the threads that could not be ended.
func (l *Library) blockers(r *Report, u *unloadReport) error {
	for _, id := range u.ids[:min(int(u.threads), len(u.ids))] {
		if id != 0 { // one that is starting has none yet
			r.Blockers = append(r.Blockers, locate(int(id)))
		}
	}
	r.add(Threads, int(u.threads), 0).why("outside the library's own code past the deadline")
	if len(r.Blockers) == 0 {
		return errors.New("a thread is starting and does not get on")
	}
	return fmt.Errorf("%d threads do not come back to its own code: %v", u.threads, r.Blockers[0])
}

// closeFiles is step 6.
func (l *Library) closeFiles(r *Report, fds []int) {
	defer r.timed("files")()
	slices.Sort(fds)
	fds = slices.Compact(fds)
	closed := 0
	if omit != "files" {
		closed = closeAll(fds)
	}
	r.add(Descriptors, len(fds), closed).why("close failed")
	l.groupFiles = nil
}

// unmap is steps 7 to 9.
func (l *Library) unmap(r *Report, u *unloadReport) error {
	handlers := l.attachment.handlers()
	done := r.timed("image")
	var err error
	if omit != "image" {
		err = l.handle.Close()
	}
	done()
	done = r.timed("copy")
	err = errors.Join(err, l.copy.Close())
	done()
	defer r.timed("check")()
	image := 0
	if err == nil && l.gone() {
		image = 1
	}
	r.add(Image, 1, image).why("the dynamic linker keeps it").Bytes = l.extent.size()
	if image == 1 && omit != "slots" {
		l.detach() // nobody can come back to an image that is not there
		image = 2
	}
	r.add(Handlers, handlers, handlers*(image/2)).why("its entry in the dispatch table is kept")
	r.add(TLSSlots, 1, image/2).why("it is kept")
	r.checkThreads(u)
	if left := r.leftovers(); left != "" || err != nil {
		r.State, r.Reason = Resident, left
		return l.error(StepUnload, ErrLeft, errors.Join(err, errors.New(left)))
	}
	r.State = Unloaded
	return nil
}

// gone asks the kernel whether the image is unmapped. If something is there,
// it may be somebody else's by now, and the name decides.
func (l *Library) gone() bool {
	if proc.Free(l.extent.low, l.extent.high) {
		return true
	}
	left, err := proc.Maps(l.mapName)
	return err == nil && len(left) == 0
}

// checkThreads asks the kernel for the threads that were joined. It takes a
// thread off its list a moment after it woke who joined it.
func (r *Report) checkThreads(u *unloadReport) {
	for _, id := range u.ids[:min(int(u.threads), len(u.ids))] {
		for deadline := time.Now().Add(killTimeout); !threadGone(int(id)); runtime.Gosched() {
			if time.Now().After(deadline) {
				r.add(Threads, 1, 0).why(fmt.Sprintf("thread %d was ended and still lives", id))
				break
			}
		}
	}
}
