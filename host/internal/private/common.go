package private

import (
	"debug/elf"
	"os"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/rank"
)

// A Part of a copy is mapped somewhere, read-only and in whole pages.
type Part struct {
	Off  int64 // in the file
	Addr uintptr
	Size uintptr

	Executable bool
}

// Parts are parts of an image that is mapped at base.
func Parts(base uint64, of []elfimage.Part) []Part {
	parts := make([]Part, 0, len(of))
	for _, p := range of {
		parts = append(parts, Part{int64(p.Off), uintptr(base + p.Vaddr), uintptr(p.Size), p.Flags&elf.PF_X != 0})
	}
	return parts
}

// common is what copies of the same content have in common.
type common struct {
	key  string
	uses int      // copies that are open
	file *os.File // with the parts, at their offsets; nil until there is a second copy
}

var commons = struct {
	rank.Mutex[rank.Registry]
	of map[string]*common
}{of: map[string]*common{}}

// leave is for a copy that is closed; m may be nil.
func (m *common) leave() error {
	if m == nil {
		return nil
	}
	commons.Lock()
	defer commons.Unlock()
	if m.uses--; m.uses > 0 {
		return nil
	}
	delete(commons.of, m.key)
	if m.file == nil {
		return nil
	}
	return m.file.Close()
}
