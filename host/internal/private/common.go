package private

import (
	"os"

	"github.com/hotso/hotso/host/internal/rank"
)

// A Part of a copy is mapped somewhere, read-only and in whole pages.
type Part struct {
	Off  int64 // in the file
	Addr uintptr
	Size uintptr

	Executable bool
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
