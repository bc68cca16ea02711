package lifecycle

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hotso/hotso/host/internal/heritage"
	"github.com/hotso/hotso/host/life"
)

// What versions hand over (cabi.HandOver) goes from one that serves, or has served last, to those that
// are started while that is so, and to the one that takes its place. Each set has several holders:
//
//   - its version, until that has left;
//   - the slot, while the version serves, or none has since: so it survives a crash;
//   - each version that inherits it, until that serves or has left.
//
// Nobody else has the descriptors, so with the last holder they are closed.
type estate struct {
	own      *heritage.Set // what the version hands over
	inherits *heritage.Set // what the version before has handed over; nil: nothing. Guarded by the slot's lock
	loans    heritage.Loans
	end      sync.Once
	heirless bool // nobody will inherit from it. Of a version in a slot, guarded by its lock
}

// inherit has v inherit what the slot has.
func (s *Slot) inherit(v *Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.estate.inherits = s.heritage.Hold()
}

// succeedLocked has the slot keep what v hands over, in place of what old has.
func (s *Slot) succeedLocked(v, old *Version) {
	before, inherited := s.heritage, v.estate.inherits
	s.heritage, v.estate.inherits = v.estate.own.Hold(), nil
	v.estate.heirless = false // after a return to it
	if old != nil {
		old.estate.heirless = true
	}
	s.InBackground(func() { // to close a descriptor may take time
		before.Release()
		inherited.Release()
	})
}

// endEstate gives up all that v holds, once.
func (v *Version) endEstate() { v.estate.end.Do(v.releaseEstate) }

func (v *Version) releaseEstate() {
	v.estate.loans.End()
	v.estate.own.Release()
	if v.slot == nil {
		return
	}
	v.slot.mu.Lock()
	inherited := v.estate.inherits
	v.estate.inherits = nil
	v.slot.mu.Unlock()
	inherited.Release()
}

// HandOver has the next version inherit a duplicate of the descriptor.
func (v *Version) HandOver(name string, fd int64) error {
	if v.heirless() {
		return errors.New("no version inherits from this one any more: another serves already, or it is the last")
	}
	return v.estate.own.Put(name, int(fd))
}

// heirless reports whether nobody will inherit from v.
func (v *Version) heirless() bool {
	if v.slot == nil {
		return v.leaving.Load()
	}
	v.slot.mu.Lock()
	defer v.slot.mu.Unlock()
	return v.estate.heirless
}

// Withdraw is the end of a HandOver.
func (v *Version) Withdraw(name string) { v.estate.own.Remove(name) }

// Inherit returns a duplicate of what was handed over under that name, or else of what the host has; -1 if
// there is none. v calls Taken with it; until then the host sees to it.
func (v *Version) Inherit(name string) (int64, error) {
	var from *heritage.Set
	if v.slot != nil {
		v.slot.mu.Lock()
		from = v.estate.inherits.Hold()
		v.slot.mu.Unlock()
	}
	fd, err := from.Get(name)
	from.Release()
	if c, ok := v.conf.Descriptors[name]; ok && fd < 0 && err == nil {
		if fd, err = heritage.Duplicate(c); err != nil {
			err = fmt.Errorf("what the host provides: %w", err)
		}
	}
	if fd < 0 || err != nil {
		return -1, err
	}
	if err := v.estate.loans.Lend(fd); err != nil {
		return -1, v.Target.Error(life.StepCall, life.ErrClosed, err)
	}
	return int64(fd), nil
}

// Taken closes what Inherit has lent.
func (v *Version) Taken(fd int64) { v.estate.loans.Return(int(fd)) }
