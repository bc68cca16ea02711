package instance

import (
	"bytes"
	"encoding/binary"
	"runtime"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// onlyCall finds where the Go function caller calls target, and that function. If there is not
// exactly one such place, ok is false.
func onlyCall(spec *elfimage.Spec, image []byte, caller, target string) (at, addr uint64, ok bool) {
	code, size, ok1 := spec.GoFunc(caller)
	addr, _, ok2 := spec.GoFunc(target)
	off, ok3 := spec.Offset(code)
	if !ok1 || !ok2 || !ok3 || size > maxSearched || off < 0 || off+int64(size) > int64(len(image)) {
		return 0, 0, false
	}
	at, ok = findCall(image[off:off+int64(size)], code, addr)
	return at, addr, ok
}

// maxSearched bounds what findCall searches, in bytes: a file that is not what was sealed
// may state any size. The functions have one or two thousand.
const maxSearched = 64 << 10

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
