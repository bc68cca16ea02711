package host

import (
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/call"
)

// OpenPermanent opens what the first load opens for the life of the process.
func OpenPermanent() error {
	_, err := carrier()
	return err
}

// WhyResident says why no library can be unloaded here, or is empty.
func WhyResident() string { return residentReason(&Description{flags: abi.FlagUnload}) }

// KillForTest ends the runtime of a library from outside.
func KillForTest(l *Library) { l.kill("killed by a test") }

// InitWaitSkipped reports whether skipInitWait finds what it looks for.
func InitWaitSkipped(d *Description) bool {
	callback, size, _ := d.ELF.GoFunc("runtime.cgocallbackg1")
	receive, _, _ := d.ELF.GoFunc("runtime.chanrecv1")
	off, _ := d.ELF.Offset(callback)
	_, ok := findCall(d.image[off:off+int64(size)], callback, receive)
	return ok
}

// Hold stands for a call that is inside l until release is closed. It is inside
// when the returned channel is closed.
func Hold(l *Library, release <-chan struct{}) <-chan struct{} {
	inside := make(chan struct{})
	go func() {
		frame, _ := l.gate.Enter()
		close(inside)
		<-release
		l.gate.Leave(frame)
	}()
	return inside
}

// Offers is how many offers libraries can call.
func Offers() (n int) {
	offers.Range(func(any, any) bool { n++; return true })
	return n
}

// Spread is the number by which a key is shared out.
func Spread(version, key string) uint64 { return spread(version, key) }

// ShiftWall changes the wall clock's reading in t, whole seconds behind 30 bits of
// nanoseconds (time/time.go), and leaves the monotonic one.
func ShiftWall(t *time.Time, d time.Duration) {
	*(*uint64)(unsafe.Pointer(t)) += uint64(int64(d/time.Second) << 30)
}

// ClockJumps has the wall clock have jumped by d since what s remembers.
func ClockJumps(s *Slot, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, times := range s.crashes {
		for i := range times {
			ShiftWall(&times[i], -d)
		}
	}
	if c := s.canary.Load(); c != nil {
		ShiftWall(&c.begin, -d)
	}
}

// AgeCanary has the canary have begun earlier.
func AgeCanary(s *Slot, d time.Duration) {
	c := s.canary.Load()
	c.begin = c.begin.Add(-d)
}

// Ready reports whether the canary would be promoted.
func Ready(s *Slot) string {
	if _, ready := s.canary.Load().ready(); ready {
		return "yes"
	}
	return "no"
}

// MissedSignal reports whether the record of this thread in l says that a SIGURG
// came while the thread was outside. The goroutine is locked to it.
func MissedSignal(l *Library) bool {
	f := call.Get()
	defer f.Put()
	f.Fn = l.sym.free // C only: this is no entry
	f.Int(0)
	f.Do()
	missed := f.Thread() + uintptr(l.jump-abi.RecordJump+abi.RecordMissed)
	return **(**uint64)(unsafe.Pointer(&missed)) != 0
}
