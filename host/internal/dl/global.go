//go:build !windows && !hotso_static

package dl

import "github.com/ebitengine/purego"

// Global returns the address of a symbol of the objects that the process
// began with, such as libc's.
func Global(name string) (uintptr, error) { return purego.Dlsym(purego.RTLD_DEFAULT, name) }
