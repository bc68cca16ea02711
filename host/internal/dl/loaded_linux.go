//go:build !hotso_static

package dl

import (
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// rtldNoLoad is RTLD_NOLOAD of <dlfcn.h>: dlopen finds only what is loaded.
const rtldNoLoad = 4

// Loaded returns the object that the dynamic linker takes for a DT_NEEDED of that name,
// or for that path, without a search: one that is loaded, by its DT_SONAME or by the path
// that it was opened with. It is 0 if there is none. The object stays until the caller
// closes the handle. Nothing is loaded, and no code runs.
func Loaded(name string) Handle {
	if libc() != nil {
		return 0
	}
	h, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL|rtldNoLoad)
	if err != nil {
		return 0
	}
	return Handle(h)
}

// Name is the path that the object was opened with. The handle is a struct link_map
// (<link.h>), as glibc says for dlinfo(3): l_addr, then l_name.
func (h Handle) Name() string {
	at := uintptr(h) + unsafe.Sizeof(uintptr(0))
	return unix.BytePtrToString(*(**byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))))
}
