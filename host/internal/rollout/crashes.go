package rollout

import (
	"fmt"
	"time"

	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// crashes loads a version again that has crashed, if there is no better one, until it
// crashes too often.
type crashes struct {
	lifecycle.NoPolicy
	slot   *Slot
	limit  int
	window time.Duration
	times  map[string][]time.Time // by content, within the window; guarded by the slot's lock
}

func newCrashes(s *Slot, conf *Config) *crashes {
	return &crashes{slot: s, limit: conf.CrashLimit, window: conf.CrashWindow, times: map[string][]time.Time{}}
}

// Ended implements lifecycle.Policy.
func (c *crashes) Ended(v *lifecycle.Version, _ *life.Crash) bool {
	now := time.Now()
	recent := c.times[v.Key][:0]
	for _, t := range c.times[v.Key] {
		if now.Sub(t) < c.window {
			recent = append(recent, t)
		}
	}
	c.times[v.Key] = append(recent, now)
	return false
}

// Admit implements lifecycle.Policy.
func (c *crashes) Admit(im *image.Image) error { return c.check(&im.Description, im.Key()) }

// check refuses a version that crashed too often.
func (c *crashes) check(d *life.Description, key string) error {
	c.slot.Lock()
	defer c.slot.Unlock()
	if len(c.times[key]) < c.limit {
		return nil
	}
	return &life.Error{File: d.File, Name: d.Name, Version: d.Version, Step: life.StepVerify, Reason: life.ErrCrashLoop,
		Cause:  fmt.Errorf("%d crashes within %v", c.limit, c.window),
		Advice: "change the file, or call Forgive"}
}

// Recover implements lifecycle.Policy.
func (c *crashes) Recover(r *lifecycle.Recovery) bool {
	return r.Itself != nil && c.slot.reload(r, r.Itself)
}

func (c *crashes) forgive() {
	c.slot.Lock()
	defer c.slot.Unlock()
	clear(c.times)
}
