package host

import (
	"errors"
	"fmt"
	"runtime"
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

// unloadReport is hotso_unload_report of cabi.h.
type unloadReport struct {
	threadsEnded, threadsLeft uint32
	blockers                  [16]int32
	keys, _                   uint32
	mappings, bytes           uint64
	threadsNS, memoryNS       int64
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
		if err := l.control(l.sym.stop, l.conf.startTimeout); err != nil {
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
	image, err := proc.Maps(l.mapName)
	if err != nil {
		return l.blocked(r, err)
	}
	fds := l.groupFiles
	done := r.timed("find files")
	polled, err := pollerFiles(image, l.memory)
	done()
	if err != nil {
		return l.blocked(r, err)
	}
	fds = append(fds, polled...)
	if err := l.endThreads(r); err != nil {
		return l.blocked(r, err)
	}
	done = r.timed("files")
	r.add(Descriptors, len(fds), closeAll(fds))
	l.groupFiles = nil
	done()
	return l.unmap(r, len(image))
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
func (l *Library) endThreads(r *Report) error {
	var u unloadReport
	f := call.Get()
	f.Fn = l.sym.unload
	f.Int(uint64(killTimeout))
	f.Pointer(unsafe.Pointer(&u))
	f.Do()
	status := abi.Kind(int32(f.R0))
	f.Put()
	switch status {
	case abi.OK:
	case abi.Timeout:
		for _, id := range u.blockers[:min(int(u.threadsLeft), len(u.blockers))] {
			r.Blockers = append(r.Blockers, locate(int(id)))
		}
		r.add(Threads, int(u.threadsEnded+u.threadsLeft), int(u.threadsEnded)).Why = "in C code past the deadline"
		if len(r.Blockers) == 0 {
			return errors.New("a thread is starting and does not get on")
		}
		return fmt.Errorf("%d threads do not come back from C code: %v", u.threadsLeft, r.Blockers[0])
	default:
		return fmt.Errorf("the shim refused with status %d", status)
	}
	r.add(Threads, int(u.threadsEnded), int(u.threadsEnded))
	r.add(Mappings, int(u.mappings), int(u.mappings)).Bytes = u.bytes
	r.add(Keys, int(u.keys), int(u.keys))
	r.Steps = append(r.Steps, StepTime{"threads", time.Duration(u.threadsNS)}, StepTime{"memory", time.Duration(u.memoryNS)})
	return nil
}

// unmap is steps 7 to 9.
func (l *Library) unmap(r *Report, image int) error {
	done := r.timed("image")
	err := errors.Join(l.handle.Close(), l.copy.Close())
	done()
	handlers := 0
	for i := range abi.HandledCount {
		if l.attachment.entry.Handler(i) != 0 {
			handlers++
		}
	}
	defer r.timed("check")()
	left, mapsErr := proc.Maps(l.mapName)
	res := r.add(Image, image, image-len(left))
	if err = errors.Join(err, mapsErr); err != nil || len(left) > 0 {
		res.Why = "the dynamic linker keeps it"
		r.State, r.Reason = Resident, r.leftovers()
		return l.error(StepUnload, ErrLoad, errors.Join(err, errors.New(r.Reason)))
	}
	r.add(Handlers, handlers, handlers)
	r.add(TLSSlots, 1, 1)
	l.detach()
	r.State = Unloaded
	return nil
}
