package host

import (
	"os"
	"time"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/invoke"
	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/internal/rollout"
)

// SourceDir is where go test starts a test binary; TestMain goes elsewhere.
var SourceDir, _ = os.Getwd()

// OpenPermanent opens what the first load opens until the process ends.
func OpenPermanent() error { return instance.OpenPermanent() }

// WhyResident says why no library can be unloaded here, or is empty.
func WhyResident() string { return instance.WhyResident() }

// KillForTest ends the runtime of a library from outside.
func KillForTest(l *Library) { l.v.Target.Kill("killed by a test") }

// ELF is what the file of a library contains.
func ELF(path string) (*elfimage.Spec, error) {
	im, err := read(path)
	if err != nil {
		return nil, err
	}
	return im.ELF, nil
}

// read is Inspect with all that was learnt, in memory that stays.
func read(path string) (*image.Image, error) {
	b, err := image.Read(path, func(n int64) []byte { return make([]byte, n) })
	if err != nil {
		return nil, err
	}
	return new(image.Policy).Verify(path, b, func(*image.Image) error { return nil })
}

// InitWaitSkipped reports whether the init wait of a library is skipped.
func InitWaitSkipped(path string) (bool, error) {
	im, err := read(path)
	if err != nil {
		return false, err
	}
	return instance.InitWaitSkipped(im), nil
}

// ThreadsSpared reports which threads a library is spared.
func ThreadsSpared(path string) (template, standIn bool, err error) {
	im, err := read(path)
	if err != nil {
		return false, false, err
	}
	template, standIn = instance.ThreadsSpared(im)
	return template, standIn, nil
}

// Hold stands for a call that is inside l until release is closed. It is inside
// when the returned channel is closed.
func Hold(l *Library, release <-chan struct{}) <-chan struct{} {
	return invoke.Hold(l.v.Target, release)
}

// Offers is how many import tables libraries can call.
func Offers() int { return invoke.ImportTables() }

// Spread is the number that decides whether a key goes to the canary.
func Spread(version, key string) uint64 { return rollout.Spread(version, key) }

// ShiftWall changes the wall clock's reading in t, and leaves the monotonic one.
func ShiftWall(t *time.Time, d time.Duration) { rollout.ShiftWall(t, d) }

// ClockJumps makes it look as if the wall clock had jumped by d since the times that s
// remembers.
func ClockJumps(s *Slot, d time.Duration) { rollout.ClockJumps(s.s, d) }

// AgeCanary makes it look as if the canary had begun d earlier.
func AgeCanary(s *Slot, d time.Duration) { rollout.AgeCanary(s.s, d) }

// Ready reports whether the canary would be promoted.
func Ready(s *Slot) string {
	if rollout.CanaryReady(s.s) {
		return "yes"
	}
	return "no"
}

// CameBack makes a call of l's on this thread. cancel tells l of its end, as if that were
// late. leave ends it.
func CameBack(l *Library) (cancel, leave func()) { return invoke.CameBack(l.v.Target) }

// MissedSignal reports whether the record of this thread in l says that a SIGURG
// came while the thread was outside. The goroutine is locked to it.
func MissedSignal(l *Library) bool { return invoke.MissedSignal(l.v.Target) }

// OnIllegal has f called for each step of a version that the table of states lacks.
func OnIllegal(f func(string)) { lifecycle.OnIllegal(f) }

// OnAdmit has f called for each library that s has read, before it is loaded.
func OnAdmit(s *Slot, f func()) { s.s.Use(onAdmit{f: f}) }

type onAdmit struct {
	lifecycle.NoPolicy
	f func()
}

func (o onAdmit) Admit(*image.Image) error { o.f(); return nil }

// Delivered waits until OnEvent's functions have returned for all events so far.
func Delivered() { lifecycle.Delivered() }
