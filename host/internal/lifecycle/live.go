package lifecycle

import "slices"

// Live are the versions of the slot that have been started and are in the process, oldest first.
func (s *Slot) Live() []*Version {
	return slices.DeleteFunc(s.inProcess(), func(v *Version) bool { return !v.live.Load() || v.Gone() })
}
