package instance

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"time"

	"github.com/hotso/hotso/host/internal/proc"
	"github.com/hotso/hotso/host/life"
)

// symbolize says where a thread stands, for people.
func symbolize(id int) life.Blocker {
	t := proc.ThreadByID(id)
	// The kernel tells where a thread stands only while it is off the
	// processor, and the kill signal has just woken this one.
	for i := 0; t.PC == 0 && i < 20; i++ {
		time.Sleep(time.Millisecond)
		t = proc.ThreadByID(id)
	}
	b := life.Blocker{Thread: id, Name: t.Name, Where: "code that is running now"}
	if t.PC == 0 {
		return b
	}
	b.Where = fmt.Sprintf("%#x", t.PC)
	maps, err := proc.Maps("")
	if err != nil {
		return b
	}
	for _, m := range maps {
		if m.Low <= t.PC && t.PC < m.High {
			b.Where = symbolAt(m, maps, t.PC)
		}
	}
	if t.Call != "" {
		b.Where += ", " + t.Call
	}
	return b
}

// symbolAt names the function at pc in the file that m maps.
func symbolAt(m proc.Mapping, maps []proc.Mapping, pc uint64) string {
	where := filepath.Base(m.Path)
	if where == "." {
		where = "memory without a file"
	}
	base := m.Low
	for _, o := range maps {
		if o.Path == m.Path && o.Low < base {
			base = o.Low
		}
	}
	f, err := elf.Open(m.Path)
	if err != nil {
		return where
	}
	defer f.Close()
	syms, _ := f.DynamicSymbols()
	static, _ := f.Symbols()
	var best elf.Symbol
	for _, s := range append(syms, static...) {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Value <= pc-base && s.Value >= best.Value && s.Value != 0 {
			best = s
		}
	}
	if best.Name == "" {
		return where
	}
	return fmt.Sprintf("%s, %s+%#x", where, best.Name, pc-base-best.Value)
}
