package host

import (
	"fmt"

	"github.com/hotso/hotso/host/internal/version"
)

// checkOrder refuses to go back to an older version. An unsealed library may
// have no version; whoever allows it knows what it is.
func (s *Slot) checkOrder(d *Description) error {
	current := s.current.Load()
	if current == nil || s.conf.allowDowngrade || d.Version == "" {
		return nil
	}
	// What is no version is the zero Version, which is older than all others.
	have, _ := version.Parse(current.Version())
	next, _ := version.Parse(d.Version)
	if version.Compare(next, have) >= 0 {
		return nil
	}
	return &Error{File: d.File, Name: d.Name, Version: d.Version, Step: StepVerify, Reason: ErrDowngrade,
		Cause: fmt.Errorf("it is v%s, v%s serves", d.Version, current.Version()), Advice: "AllowDowngrade loads it anyway"}
}
