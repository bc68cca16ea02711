package rollout

import (
	"fmt"

	"github.com/hotso/hotso/host/internal/image"
	"github.com/hotso/hotso/host/internal/lifecycle"
	"github.com/hotso/hotso/host/internal/version"
	"github.com/hotso/hotso/host/life"
)

// order refuses to go back to an older version.
type order struct {
	lifecycle.NoPolicy
	slot      *Slot
	downgrade bool // is allowed
}

// Admit implements lifecycle.Policy. An unsealed library may have no version; whoever
// allows it knows what it is.
func (o order) Admit(im *image.Image) error {
	current := o.slot.Current()
	if current == nil || o.downgrade || im.Version == "" {
		return nil
	}
	// What is no version is the zero Version, which is older than all others.
	have, _ := version.Parse(current.Target.Version)
	next, _ := version.Parse(im.Version)
	if version.Compare(next, have) >= 0 {
		return nil
	}
	return &life.Error{File: im.File, Name: im.Name, Version: im.Version, Step: life.StepVerify, Reason: life.ErrDowngrade,
		Cause: fmt.Errorf("it is v%s, v%s serves", im.Version, current.Target.Version), Advice: "AllowDowngrade loads it anyway"}
}
