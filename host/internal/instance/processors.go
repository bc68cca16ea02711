package instance

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// processors is the host's GOMAXPROCS, as of the last load. It is read by the code that
// followProcessors writes, in every library.
var processors atomic.Int32

// followProcessors has the library's runtime take the host's GOMAXPROCS for the default
// of its own, in place of what it would find out by itself: that limits of the control
// group hold is the host's runtime's work. The library's looks again about every second
// (runtime/proc.go, sysmonUpdateGOMAXPROCS), so it follows. What a library sets itself,
// or the environment says, counts as ever.
//
// A runtime since Go 1.25 opens files under /sys/fs/cgroup for that, in
// defaultGOMAXPROCSInit (runtime/cgroup_linux.go). Nothing tells whose they are among
// others that the host has open there, so it must not: an unload would leave them, or
// close the host's. Older releases have neither function.
//
// one has it begin with one processor: see fewThreads. Then, and only then, the runtime
// asks with a number of its own in hand (schedinit).
func followProcessors(spec *elfimage.Spec, p *elfimage.Patcher, one bool) error {
	init, _, ok1 := spec.GoFunc("runtime.defaultGOMAXPROCSInit")
	procs, size, ok2 := spec.GoFunc("runtime.defaultGOMAXPROCS")
	if !ok1 && !ok2 {
		return nil
	}
	processors.Store(int32(runtime.GOMAXPROCS(0)))
	code := loadWord(uint64(uintptr(unsafe.Pointer(&processors))))
	if one {
		code = append(oneIfAsked(), code...)
	}
	if !ok1 || !ok2 || size < uint64(len(code)) {
		return fmt.Errorf("%w: it finds its GOMAXPROCS in another way", errEscaped)
	}
	if err := p.WriteAt(init, ret()); err != nil {
		return fmt.Errorf("runtime.defaultGOMAXPROCSInit: %w", err)
	}
	return p.WriteAt(procs, code)
}

// ret encodes a return.
func ret() []byte {
	if runtime.GOARCH == "arm64" {
		return []byte{0xc0, 0x03, 0x5f, 0xd6} // RET (Arm ARM C6.2.255)
	}
	return []byte{0xc3} // RET (Intel SDM 2B)
}

// oneIfAsked encodes the begin of a function: it returns 1 if its argument, 32 bits, is not 0, and goes
// on behind this otherwise.
func oneIfAsked() (code []byte) {
	if runtime.GOARCH == "arm64" {
		code = binary.LittleEndian.AppendUint32(code, 0x34000060) // CBZ W0, 12 bytes on (Arm ARM C6.2.49)
		code = binary.LittleEndian.AppendUint32(code, 0x52800020) // MOVZ W0, 1 (C6.2.219)
		return append(code, ret()...)
	}
	code = []byte{0x85, 0xc0, 0x74, 0x06} // TEST EAX, EAX; JZ 6 bytes on (Intel SDM 2A, 2B)
	code = append(code, 0xb8, 1, 0, 0, 0) // MOV EAX, 1
	return append(code, ret()...)
}

// loadWord encodes a function that returns the 32 bits at addr, in the first integer
// register of the Go ABI: AX, R0 (go.dev/s/regabi).
func loadWord(addr uint64) (code []byte) {
	if runtime.GOARCH == "arm64" {
		for i := range uint32(4) { // MOVZ, then MOVK, of 16 bits each to R0 (C6.2.219, 217)
			op := uint32(0xd2800000)
			if i > 0 {
				op = 0xf2800000
			}
			code = binary.LittleEndian.AppendUint32(code, op|i<<21|uint32(addr>>(16*i)&0xffff)<<5)
		}
		code = binary.LittleEndian.AppendUint32(code, 0xb9400000) // LDR W0, [X0] (C6.2.166)
		return append(code, ret()...)
	}
	code = binary.LittleEndian.AppendUint64([]byte{0x48, 0xb8}, addr) // MOVABS RAX, imm64 (Intel SDM 2B, MOV)
	code = append(code, 0x8b, 0x00)                                   // MOV EAX, [RAX]
	return append(code, ret()...)
}
