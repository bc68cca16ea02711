//go:build !windows && !hotso_static

package dl

import (
	"runtime"

	"github.com/ebitengine/purego"
)

// Global returns the address of a symbol of the objects that the process
// began with, such as libc's.
func Global(name string) (uintptr, error) { return sym(purego.RTLD_DEFAULT, name) }

// sym is dlsym(3). Both it and dlerror(3) leave something with the thread that called them,
// so all of it happens on one.
//
// A look-up that finds nothing is followed by one that finds something. Where libhotso is in a
// namespace of its own (dlmopen(3)), glibc 2.36 leaves the first by an error of the other
// namespace's libc, past the line of do_sym (elf/dl-sym.c) that says that the thread no longer
// looks for symbols; and the next dlclose(3) waits until it does not. The second says it.
func sym(object uintptr, name string) (uintptr, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	address, err := purego.Dlsym(object, name)
	if err != nil {
		_, _ = purego.Dlsym(purego.RTLD_DEFAULT, "dlsym")
	}
	return address, err
}
