//go:build !cgo && !android && (amd64 || arm64)

package tls

import (
	"debug/elf"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/cabi/abi"
)

// The program's PT_TLS is the symbol roomSymbol and the runtime's g. On amd64, g is
// always the last word (-8(FS), cmd/link: Tlsoffset), whatever lies there; on arm64 it is
// where the linker puts it, which sorts by size. So both ends stay free.
const (
	roomMargin = 64
	roomSize   = abi.MaxSlots*abi.SlotSize + 2*roomMargin
)

// keepRoom refers to the symbol: the linker leaves out what nobody refers to.
func keepRoom()

// room finds the offset of the slots from the thread pointer in the program's own TLS.
func room() (offset int64, ok bool) {
	keepRoom()
	size, align, ok := programTLS()
	if !ok || size < roomSize || size > roomSize+roomMargin {
		return 0, false // not the layout that is known
	}
	// Where glibc puts the block of the program, the first (csu/libc-tls.c and
	// elf/dl-tls.c, _dl_determine_tlsoffset).
	if runtime.GOARCH == "amd64" {
		offset = -roundUp(size, align) // TLS variant II: it ends at the thread pointer
	} else {
		offset = roundUp(2*8, align) // variant I: it begins behind the two words there
	}
	return offset + roomMargin, true
}

// programTLS is the size and the alignment of the program's PT_TLS, which has no
// initial content.
func programTLS() (size, align int64, ok bool) {
	var headers, count uintptr
	entries, err := unix.Auxv()
	if err != nil {
		return 0, 0, false
	}
	const atPHDR, atPHNUM = 3, 5 // <elf.h>
	for _, e := range entries {
		switch e[0] {
		case atPHDR:
			headers = e[1]
		case atPHNUM:
			count = e[1]
		}
	}
	if headers == 0 {
		return 0, 0, false
	}
	for _, p := range unsafe.Slice(*(**elf.Prog64)(unsafe.Pointer(&headers)), count) {
		if elf.ProgType(p.Type) == elf.PT_TLS {
			return int64(p.Memsz), int64(max(p.Align, 1)), p.Filesz == 0 && p.Vaddr%max(p.Align, 1) == 0
		}
	}
	return 0, 0, false
}

func roundUp(n, align int64) int64 { return (n + align - 1) / align * align }
