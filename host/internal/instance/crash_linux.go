package instance

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/life"
)

// newCrashMessage makes the file that a library's runtime writes its last words
// to. It can't grow beyond life.MaxCrashMessage: what does not fit is not written.
func newCrashMessage(name string) (*os.File, error) {
	f, err := proc.MemoryFile(name, unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, err
	}
	if err := f.Truncate(life.MaxCrashMessage); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_GROW|unix.F_SEAL_SHRINK); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// readCrashMessage returns what was written: the library's descriptor shares
// its offset with ours.
func readCrashMessage(f *os.File) string {
	n, err := unix.Seek(int(f.Fd()), 0, unix.SEEK_CUR)
	if err != nil || n <= 0 {
		return ""
	}
	b := make([]byte, min(n, life.MaxCrashMessage))
	got, _ := f.ReadAt(b, 0)
	return string(b[:got])
}

// ejectCallers frees every thread of the host's that is inside the dead library:
// each gets a signal, and the shim's handler lets it return from its call if
// it is in the library's own code; one that is in libc or in a callback into the
// host is tried again until it comes back.
func (in *Instance) ejectCallers() {
	pid, begin := unix.Getpid(), time.Now()
	for pause := 50 * time.Microsecond; in.Target.InFlight() > 0; pause = min(2*pause, 5*time.Millisecond) {
		threads, _ := proc.Threads() // what is missing is tried again
		if threads, known := ofTheHost(threads); known || time.Since(begin) > unloadPatience {
			for _, id := range threads {
				_ = unix.Tgkill(pid, id, abi.KillSignal)
			}
		}
		time.Sleep(pause)
	}
}

// unloadPatience is for how long callers of a dead library wait for the unload of another one.
const unloadPatience = 20 * time.Millisecond

// ofTheHost removes from ids the threads that libraries have started, unless one is being unloaded now. A signal
// interrupts poll(2) and other waits of their C code, which may not expect any (signal(7)): librdkafka's cluster of its own
// ends then.
func ofTheHost(ids []int) (rest []int, known bool) {
	if !process.unloading.TryLock() {
		return ids, false
	}
	defer process.unloading.Unlock()
	theirs := map[int]bool{}
	startedByLibraries(func(id int) { theirs[id] = true })
	return slices.DeleteFunc(ids, func(id int) bool { return theirs[id] }), true
}

// awaitCrashes starts the reader; the eventfd and its goroutine stay for good.
func awaitCrashes() error {
	if err := proc.ReserveThreads(); err != nil {
		return err
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("crash eventfd: %w", err)
	}
	crashes.fd = int32(fd)
	f := os.NewFile(uintptr(fd), "hotso-crash")
	go func() {
		var count [8]byte
		for {
			if _, err := f.Read(count[:]); err != nil {
				return
			}
			for i := range crashes.instances {
				in := crashes.instances[i].Load()
				switch {
				case in == nil:
				case in.Target.Dead():
					go in.onEnd("")
				case in.saysFatal():
					go in.onFatal()
				}
			}
		}
	}()
	return nil
}
