package rollout

import (
	"time"

	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// blueGreen keeps the version before (blue) loaded for a time after a swap, whatever the
// new one (green) does, so that Rollback goes back at once. It judges nothing.
type blueGreen struct {
	lifecycle.NoPolicy
	slot  *Slot
	after time.Duration

	green, blue *lifecycle.Version // nil if none is kept; guarded by the slot's lock
	timer       *time.Timer
}

func newBlueGreen(s *Slot, conf *Config) *blueGreen {
	return &blueGreen{slot: s, after: conf.BlueGreen}
}

// Keep implements lifecycle.Policy.
func (b *blueGreen) Keep(c *lifecycle.Change) {
	if blue := b.blue; blue != nil {
		b.forget()
		c.Retire(blue)
	}
	if b.after <= 0 || c.Back || c.Gone || c.Warm != "" || c.Old == nil || c.Old.Dead() {
		return
	}
	b.green, b.blue = c.New, c.Old
	c.KeepWarm(c.Old)
	b.timer = time.AfterFunc(b.after, func() { b.expire(c.Old) })
}

// expire lets blue go when its time is over.
func (b *blueGreen) expire(blue *lifecycle.Version) {
	b.slot.Lock()
	defer b.slot.Unlock()
	if b.blue == blue {
		b.forget()
		b.slot.InBackground(func() { _, _ = blue.Retire(lifecycle.Background) })
	}
}

// Ended implements lifecycle.Policy: a blue that has crashed lets itself go, and is
// loaded again if it is wanted.
func (b *blueGreen) Ended(v *lifecycle.Version, crash *life.Crash) bool {
	crashedInFrontOf(b, v, crash)
	if v == b.blue {
		b.forget()
	}
	return false
}

// Recover implements lifecycle.Policy.
func (b *blueGreen) Recover(r *lifecycle.Recovery) bool { return b.slot.recoverWarm(b, r) }

// Yield implements lifecycle.Policy.
func (b *blueGreen) Yield() []*lifecycle.Version { return b.Drop() }

// Drop implements lifecycle.Policy.
func (b *blueGreen) Drop() (kept []*lifecycle.Version) {
	if b.blue != nil {
		kept = append(kept, b.blue)
		b.forget()
	}
	return kept
}

func (b *blueGreen) pair() (serves, warm *lifecycle.Version) { return b.green, b.blue }

func (b *blueGreen) forget() {
	b.green, b.blue = nil, nil
	b.timer.Stop()
}
