package rollout

import (
	"github.com/hotso/hotso/host/internal/instance"
	"github.com/hotso/hotso/host/internal/lifecycle"
)

// fallback has a version that is linked into the program serve from the begin, and when every other has
// crashed.
type fallback struct {
	lifecycle.NoPolicy
	slot    *Slot
	builtin *instance.Builtin // nil: there is none
}

// begin has it serve first. Why it can't, callers are told.
func (f *fallback) begin() {
	if f.builtin == nil {
		return
	}
	if _, err := f.slot.Swap(lifecycle.Background, lifecycle.Source{Builtin: f.builtin}); err != nil {
		f.slot.Vacate(err)
	}
}

// Recover implements lifecycle.Policy.
func (f *fallback) Recover(r *lifecycle.Recovery) bool {
	if f.builtin == nil {
		return false
	}
	return f.slot.reload(r, f.builtin.Spare(f.slot.Name()))
}
