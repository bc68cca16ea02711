package rollout

import (
	"context"
	"time"

	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/life"
)

// A Config says which policies a slot has.
type Config struct {
	lifecycle.Config
	AllowDowngrade bool
	Probation      time.Duration // 0: none
	Rule           Rule          // of probations and canaries
	BlueGreen      time.Duration // 0: none
	CrashLimit     int
	CrashWindow    time.Duration
	Fallback       *instance.Builtin // nil: none
}

// A Slot is a lifecycle.Slot with the policies of this package.
type Slot struct {
	*lifecycle.Slot
	probation *probation
	previous  *previous
	canary    *canaries
	fallback  *fallback
	crashes   *crashes
	standbys  []standby
}

// A standby is a policy that keeps versions loaded, which calls can go back to.
type standby interface {
	lifecycle.Policy
	// pair is the version that serves and the one that is kept for it, nil if there is
	// none. Locked.
	pair() (serves, warm *lifecycle.Version)
	// forget ends the pair. What was warm is the caller's. Locked.
	forget()
}

// NewSlot returns an empty slot.
func NewSlot(conf *Config) *Slot {
	s := &Slot{Slot: lifecycle.NewSlot(&conf.Config)}
	s.probation = newProbation(s, conf)
	blueGreen := newBlueGreen(s, conf)
	s.standbys = []standby{s.probation, blueGreen}
	s.previous = newPrevious(s)
	s.crashes = newCrashes(s, conf)
	s.canary = newCanaries(s, conf)
	s.fallback = &fallback{slot: s, builtin: conf.Fallback}
	// What may come, first; of the ways out of a crash, the fastest first: what is
	// loaded, what was good, the same version again, and the canary if there is no other.
	// The one that is always there comes last.
	s.Use(order{slot: s, downgrade: conf.AllowDowngrade}, s.probation, blueGreen, s.previous, s.crashes, s.canary, s.fallback)
	s.fallback.begin()
	return s
}

// Swap replaces the current version by that of src: see package host.
func (s *Slot) Swap(ctx context.Context, src lifecycle.Source) (*life.Swap, error) {
	done, err := s.Deploy(ctx, life.StepSwap)
	if err != nil {
		return nil, err
	}
	defer done()
	begin := time.Now()
	e := s.See(src)
	v, err := s.Stage(ctx, e, src, nil)
	if err != nil {
		return nil, s.Reject(e, err)
	}
	swap := &life.Swap{Version: v.Target.Version, Load: time.Since(begin)}
	served := s.Current()
	retire, err := s.Replace(ctx, v, swap, false, "")
	if err != nil {
		v.Discard(ctx)
		return nil, s.Reject(e, err)
	}
	return swap, s.Retire(ctx, swap, retire, served)
}

// Forgive forgets all crashes: versions in a crash loop may be loaded again.
func (s *Slot) Forgive() { s.crashes.forgive() }
