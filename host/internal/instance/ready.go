package instance

import (
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/image"
)

// skipInitWait spares every call the receive from main_init_done, a fifth of its
// time and a lock that all callers of a library share (cabi/ready.c). The one
// call of chanrecv1 in cgocallbackg1 goes to the shim, which asks hotso_ready. If
// this Go release has it in another way, or the function makes that call not
// exactly once, nothing is changed and calls are slower.
func skipInitWait(spec *elfimage.Spec, image []byte, p *elfimage.Patcher) error {
	at, receive, ok1 := onlyReceive(spec, image)
	wait, ok2 := spec.Symbol(abi.SymWaitReady)
	slow, ok3 := spec.Symbol(abi.SymReceive)
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	if err := p.WriteAt(slow.Value, jump(slow.Value, receive)); err != nil {
		return err
	}
	return p.WriteAt(at, callTo(at, wait.Value))
}

// InitWaitSkipped reports whether skipInitWait finds in im what it looks for.
func InitWaitSkipped(im *image.Image) bool {
	_, _, ok := onlyReceive(im.ELF, im.Bytes)
	return ok
}

func onlyReceive(spec *elfimage.Spec, image []byte) (at, receive uint64, ok bool) {
	return onlyCall(spec, image, "runtime.cgocallbackg1", "runtime.chanrecv1")
}

// setReady tells the shim that the init functions have ended: a call came back.
func (in *Instance) setReady() error {
	if in.attachment == nil {
		return nil
	}
	addr, err := in.handle.Sym(abi.SymReady)
	if err == nil {
		atomic.StoreUint32(*(**uint32)(unsafe.Pointer(&addr)), 1)
	}
	return err
}
