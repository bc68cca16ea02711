package rollout

import (
	"time"
	"unsafe"
)

// What follows is for the tests of package host, which reach no clock otherwise.

// ShiftWall changes the wall clock's reading in t, whole seconds behind 30 bits of
// nanoseconds (time/time.go), and leaves the monotonic one.
func ShiftWall(t *time.Time, d time.Duration) {
	*(*uint64)(unsafe.Pointer(t)) += uint64(int64(d/time.Second) << 30)
}

// ClockJumps has the wall clock have jumped by d since what s remembers.
func ClockJumps(s *Slot, d time.Duration) {
	s.Lock()
	defer s.Unlock()
	for _, times := range s.crashes.times {
		for i := range times {
			ShiftWall(&times[i], -d)
		}
	}
	if c := s.canary.running.Load(); c != nil {
		ShiftWall(&c.begin, -d)
	}
}

// AgeCanary has the canary have begun earlier.
func AgeCanary(s *Slot, d time.Duration) {
	c := s.canary.running.Load()
	c.begin = c.begin.Add(-d)
}

// CanaryReady reports whether the canary would be promoted.
func CanaryReady(s *Slot) bool {
	_, ready := s.canary.running.Load().ready()
	return ready
}
