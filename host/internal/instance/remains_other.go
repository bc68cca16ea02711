//go:build !linux

package instance

// unmapRemains leaves that to the dynamic linker here.
func (in *Instance) unmapRemains() {}
