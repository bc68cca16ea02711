package instance

import (
	"bytes"
	"encoding/binary"
	"runtime"
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
	callback, size, ok1 := spec.GoFunc("runtime.cgocallbackg1")
	receive, _, ok2 := spec.GoFunc("runtime.chanrecv1")
	wait, ok3 := spec.Symbol(abi.SymWaitReady)
	slow, ok4 := spec.Symbol(abi.SymReceive)
	off, ok5 := spec.Offset(callback)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || size > maxCallback || off < 0 || off+int64(size) > int64(len(image)) {
		return nil
	}
	at, ok := findCall(image[off:off+int64(size)], callback, receive)
	if !ok {
		return nil
	}
	if err := p.WriteAt(slow.Value, jump(slow.Value, receive)); err != nil {
		return err
	}
	return p.WriteAt(at, callTo(at, wait.Value))
}

// InitWaitSkipped reports whether skipInitWait finds in im what it looks for.
func InitWaitSkipped(im *image.Image) bool {
	callback, size, _ := im.ELF.GoFunc("runtime.cgocallbackg1")
	receive, _, _ := im.ELF.GoFunc("runtime.chanrecv1")
	off, _ := im.ELF.Offset(callback)
	_, ok := findCall(im.Bytes[off:off+int64(size)], callback, receive)
	return ok
}

// maxCallback bounds what is searched, in bytes: a file that is not what was sealed
// may state any size. The function has one or two thousand.
const maxCallback = 64 << 10

// findCall returns the address of the only call of target in code, which is at
// addr.
func findCall(code []byte, addr, target uint64) (at uint64, ok bool) {
	step := 1
	if runtime.GOARCH == "arm64" {
		step = 4
	}
	for i := 0; i+5 <= len(code); i += step {
		here := addr + uint64(i)
		if want := callTo(here, target); !bytes.Equal(code[i:i+len(want)], want) {
			continue
		}
		if ok {
			return 0, false
		}
		at, ok = here, true
	}
	return at, ok
}

// callTo encodes a relative call.
func callTo(from, to uint64) []byte {
	code := jump(from, to)
	if runtime.GOARCH == "arm64" {
		// BL imm26 is B with the top bit set (Arm ARM C6.2.35).
		return binary.LittleEndian.AppendUint32(nil, binary.LittleEndian.Uint32(code)|1<<31)
	}
	code[0] = 0xe8 // CALL rel32 (Intel SDM 2A, CALL)
	return code
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
