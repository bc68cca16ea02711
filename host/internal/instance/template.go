package instance

import (
	"runtime"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
)

// withoutTemplateThread spares each version a thread. A runtime with cgo starts one at its
// begin that only starts other threads, in place of a thread whose state somebody may have
// changed (runtime/proc.go, templateThread, newm). Those are threads that are locked to
// their goroutine, and LockOSThread starts it, too, if it is not there; the others
// (incgo) are in C code, where the runtime starts none. So the call in runtime.main is
// overwritten, by an instruction that does nothing. If this Go release has it in another
// way, nothing is changed and there is a thread more.
func withoutTemplateThread(spec *elfimage.Spec, image []byte, p *elfimage.Patcher) error {
	at, _, ok := onlyCall(spec, image, "runtime.main", "runtime.startTemplateThread")
	if !ok {
		return nil
	}
	return p.WriteAt(at, noCall())
}

// TemplateThreadSpared reports whether withoutTemplateThread finds in im what it looks for.
func TemplateThreadSpared(im *image.Image) bool {
	p := elfimage.NewPatcher(im.ELF)
	return withoutTemplateThread(im.ELF, im.Bytes, p) == nil && len(p.Edits()) == 1
}

// noCall encodes what does nothing and is as long as a call.
func noCall() []byte {
	if runtime.GOARCH == "arm64" {
		return []byte{0x1f, 0x20, 0x03, 0xd5} // NOP (Arm ARM C6.2.238)
	}
	return []byte{0x0f, 0x1f, 0x44, 0x00, 0x00} // NOP, of five bytes (Intel SDM 2B, NOP)
}
