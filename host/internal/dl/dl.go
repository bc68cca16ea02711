//go:build !windows && !hotso_static

package dl

import (
	"runtime"
	"sync"

	"github.com/ebitengine/purego"

	"github.com/hotso/hotso/host/internal/proc"
)

// Check says what is against the C library of the process.
func Check() error { return libc() }

var libc = sync.OnceValue(func() error { return proc.CheckLibc(Global) })

// Open loads the shared object at path, all symbols bound now and none of
// them visible to other objects. The object's constructors have run when it
// returns; a Go library's runtime is still starting. With a C library that can't load
// libraries the error is errors.ErrUnsupported, and nothing is loaded.
func Open(path string) (Handle, error) {
	if err := libc(); err != nil {
		return 0, err
	}
	runtime.LockOSThread() // dlerror answers only the thread that failed
	defer runtime.UnlockOSThread()
	h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	return Handle(h), err
}

// Sym returns the address of a symbol of h.
func (h Handle) Sym(name string) (uintptr, error) { return sym(uintptr(h), name) }

// Close tells the dynamic linker that h is no longer used. Whether it unmaps
// the object is the linker's decision: see /proc/self/maps.
func (h Handle) Close() error { return purego.Dlclose(uintptr(h)) }
