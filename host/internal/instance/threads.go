package instance

import (
	"runtime"
	"strconv"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
)

// fewThreads spares each version two threads that its runtime would start at its begin and never
// need again. b is what it begins with. What this Go release has in another way is not changed, and
// there are more threads.
//
// One is the template thread of a runtime with cgo, which only starts other threads, in place of a
// thread whose state somebody may have changed (runtime/proc.go, templateThread, newm). Those are
// threads that are locked to their goroutine, and LockOSThread starts it, too, if it is not there; the
// others (incgo) are in C code, where the runtime starts none. So the call in runtime.main is
// overwritten.
//
// The other stands in for the first thread, which is locked to the main goroutine until the init functions have
// ended, while that waits for goroutines of the runtime's own (gcenable). With two processors there are two
// that run these, and later one has nothing to do. So the runtime begins with one processor, and takes
// those that it is to have where the template thread was started: behind gcenable, and before
// any code of the library's own, which sees nothing of it.
func fewThreads(spec *elfimage.Spec, image []byte, p *elfimage.Patcher, b *beginning) error {
	start, hasTemplate := templateThread(spec, image)
	take, _, ok := spec.GoFunc("runtime.SetDefaultGOMAXPROCS")
	one := hasTemplate && ok && b.byDefault()
	if err := followProcessors(spec, p, one); err != nil || !hasTemplate {
		return err
	}
	if one {
		return p.WriteAt(start, callTo(start, take))
	}
	return p.WriteAt(start, noCall())
}

// templateThread is where the runtime starts its template thread.
func templateThread(spec *elfimage.Spec, image []byte) (start uint64, ok bool) {
	start, _, ok = onlyCall(spec, image, "runtime.main", "runtime.startTemplateThread")
	return start, ok
}

// byDefault reports whether the runtime finds out by itself how many processors it has, as
// nothing in its environment says so (runtime/proc.go, schedinit).
func (b *beginning) byDefault() bool {
	if b == nil {
		return false
	}
	n, err := strconv.ParseInt(b.getenv("GOMAXPROCS"), 10, 32)
	return err != nil || n <= 0
}

// ThreadsSpared reports which threads fewThreads finds in im: the template thread, and the one that
// stands in for the first.
func ThreadsSpared(im *image.Image) (template, standIn bool) {
	_, template = templateThread(im.ELF, im.Bytes)
	_, _, standIn = im.ELF.GoFunc("runtime.SetDefaultGOMAXPROCS")
	return template, template && standIn
}

// noCall encodes what does nothing and is as long as a call.
func noCall() []byte {
	if runtime.GOARCH == "arm64" {
		return []byte{0x1f, 0x20, 0x03, 0xd5} // NOP (Arm ARM C6.2.238)
	}
	return []byte{0x0f, 0x1f, 0x44, 0x00, 0x00} // NOP, of five bytes (Intel SDM 2B, NOP)
}
