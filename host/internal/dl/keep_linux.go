//go:build !hotso_static

package dl

import (
	"runtime"

	"github.com/ebitengine/purego"
)

// rtldNoDelete is RTLD_NODELETE of <dlfcn.h>.
const rtldNoDelete = 0x1000

// Keep loads the shared object at path and has the dynamic linker never unload it, also if
// it is loaded already. It reports whether that was done.
func Keep(path string) bool {
	if libc() != nil {
		return false
	}
	runtime.LockOSThread() // dlerror answers only the thread that failed
	defer runtime.UnlockOSThread()
	h, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL|rtldNoDelete)
	return err == nil && Handle(h).Close() == nil
}
