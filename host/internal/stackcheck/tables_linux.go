//go:build amd64 || arm64

package stackcheck

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/internal/unwind"
)

// tables finds the .eh_frame_hdr of the shared object that has the code at pc, in its own program headers,
// which the mapping of its first page has.
func tables(maps []proc.Mapping, pc uint64) (header uint64, err error) {
	at := -1
	for i, m := range maps {
		if m.Low <= pc && pc < m.High {
			at = i
		}
	}
	for i := at; i >= 0 && maps[i].Path != "" && maps[i].Path == maps[at].Path; i-- {
		if header := headerIn(maps[i].Low); header != 0 {
			return header, nil
		}
	}
	return 0, fmt.Errorf("%w: no tables for %#x", unwind.ErrUnknown, pc)
}

// headerIn is the address of the .eh_frame_hdr of the object that begins at an address, 0 if none does.
func headerIn(first uint64) uint64 {
	var file elf.Header64
	if !read(first, &file) || string(file.Ident[:4]) != elf.ELFMAG {
		return 0
	}
	for i := range uint64(file.Phnum) {
		var p elf.Prog64
		if !read(first+file.Phoff+i*uint64(unsafe.Sizeof(p)), &p) {
			return 0
		}
		if elf.ProgType(p.Type) == elf.PT_GNU_EH_FRAME {
			return first + p.Vaddr // shared objects begin at 0
		}
	}
	return 0
}

// read reads a struct of the file format.
func read[T any](at uint64, to *T) bool {
	b := make([]byte, unsafe.Sizeof(*to))
	if peek(at, b) != len(b) {
		return false
	}
	_, err := binary.Decode(b, binary.NativeEndian, to)
	return err == nil
}
