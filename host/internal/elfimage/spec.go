package elfimage

import (
	"cmp"
	"debug/elf"
	"runtime/debug"
	"slices"
)

// A Spec says what is in a shared object. The same bytes always give the same
// Spec. It keeps a reference to the bytes that it was parsed from and reads
// them in Symbol; they must not change while the Spec is in use. Under that
// condition all methods are safe for concurrent use.
//
// Addresses are virtual addresses as the file states them: relative to where
// the dynamic linker will put the library. Sizes are in bytes.
type Spec struct {
	Machine elf.Machine
	SoName  string   // DT_SONAME, empty when absent
	Needed  []string // DT_NEEDED, DT_AUXILIARY and DT_FILTER, in the file's order
	RPath   string   // DT_RPATH, empty when absent
	RunPath string   // DT_RUNPATH, empty when absent; the dynamic linker then ignores RPath
	BuildID string   // GNU build id in hexadecimal, empty when absent

	// Exports are the functions and objects that dlsym can find, by name.
	Exports []Sym

	// ImageEnd is the offset after the last byte that any header, section
	// or segment refers to. What follows is appended data, such as a seal.
	ImageEnd int64

	// Text spans the executable segments.
	Text Range

	TLS TLS

	NoDelete   bool // DF_1_NODELETE: dlclose does nothing
	StaticTLS  bool // DF_STATIC_TLS: it says that it needs static TLS
	TextReloc  bool // has relocations against read-only code
	WriteExec  bool // has a segment that is both writable and executable
	ExecStack  bool // asks for an executable stack
	HasSymtab  bool // has a static symbol table (not stripped)
	HasSection bool // has section headers

	Go        bool             // built by the Go toolchain
	GoVersion string           // such as "go1.26.0", empty when unknown
	BuildInfo *debug.BuildInfo // nil when absent

	im     *image
	dyn    *dynsyms
	symtab symtab
	funcs  *goFuncs // nil when there is no Go function table
}

// A Range is the half-open interval of addresses [Low, High).
type Range struct{ Low, High uint64 }

// Contains reports whether addr is in the range.
func (r Range) Contains(addr uint64) bool { return r.Low <= addr && addr < r.High }

// A Sym is a defined symbol.
type Sym struct {
	Name  string
	Value uint64 // address; for STT_TLS the offset in the TLS block
	Size  uint64
	Type  elf.SymType
}

// TLS describes the library's thread-local storage.
type TLS struct {
	Present  bool   // there is a PT_TLS segment
	FileSize uint64 // bytes of initial values
	MemSize  uint64 // bytes per thread
	Align    uint64

	// InitialExec are the relocations that take a place in the static TLS
	// block. References to other libraries' variables (such as libc's) are
	// not among them.
	InitialExec []TLSReloc
	// Dynamic: there are general or local dynamic relocations (DTPMOD or
	// TLSDESC) to the library's own variables.
	Dynamic bool
	// Exported: other libraries can refer to variables of this one.
	Exported bool
}

// A TLSReloc asks the dynamic linker to write the distance between a variable
// and the thread pointer into a word of the global offset table.
type TLSReloc struct {
	Rela   int64  // file offset of the Elf64_Rela
	Addr   uint64 // r_offset: address of the GOT word
	GOT    int64  // file offset of the GOT word
	Offset uint64 // of the variable in the library's TLS block
	Name   string // of the variable, empty when unknown
}

// Symbol finds a defined symbol: an export, or else the first one of that
// name in the static symbol table, where local names need not be unique.
func (s *Spec) Symbol(name string) (Sym, bool) {
	if sym, ok := s.Export(name); ok {
		return sym, true
	}
	return s.symtab.find(name)
}

// Export finds one of the symbols that dlsym can find.
func (s *Spec) Export(name string) (Sym, bool) {
	i, ok := slices.BinarySearchFunc(s.Exports, name, func(e Sym, name string) int {
		return cmp.Compare(e.Name, name)
	})
	if !ok {
		return Sym{}, false
	}
	return s.Exports[i], true
}

// Span is the range of addresses that the loadable segments take, in whole
// pages of the given size.
func (s *Spec) Span(page uint64) Range {
	loads := s.im.loads
	if len(loads) == 0 {
		return Range{}
	}
	last := loads[len(loads)-1]
	return Range{loads[0].Vaddr &^ (page - 1), (last.Vaddr + last.Memsz + page - 1) &^ (page - 1)}
}

// Loadable is how many bytes of the file the dynamic linker reads: not those of
// sections for debuggers, nor what follows the image. The edits make the header say
// that there are no sections, so that these bytes alone can be parsed again.
func (s *Spec) Loadable() (n int64, edits []Edit) {
	end := uint64(ehdrSize)
	for _, p := range s.im.loads {
		end = max(end, p.Off+p.Filesz)
	}
	const shoff, shnum = 0x28, 0x3c // e_shoff; e_shnum and e_shstrndx
	return int64(end), []Edit{s.im.edit(shoff, make([]byte, 8)), s.im.edit(shnum, make([]byte, 4))}
}

// A Part is some of the file and where the image has it, both in whole pages.
type Part struct {
	Off, Vaddr, Size uint64
	Flags            elf.ProgFlag
}

// ReadOnly returns what of the file the image has that nobody can write to. Pages of the
// file of which a writable segment has a part are not in it.
func (s *Spec) ReadOnly(page uint64) (parts []Part) {
	down := func(n uint64) uint64 { return n &^ (page - 1) }
	for _, p := range s.im.loads {
		from, to := down(p.Off), down(p.Off+p.Filesz+page-1)
		for _, w := range s.im.loads {
			if elf.ProgFlag(w.Flags)&elf.PF_W == 0 || w.Off >= to || w.Off+w.Filesz <= from {
				continue
			}
			if to = down(w.Off); w.Off < p.Off {
				to = from // or what is behind it: linkers put it last
			}
		}
		if elf.ProgFlag(p.Flags)&elf.PF_W == 0 && from < to && p.Memsz == p.Filesz {
			parts = append(parts, Part{Off: from, Vaddr: down(p.Vaddr), Size: to - from, Flags: elf.ProgFlag(p.Flags)})
		}
	}
	return parts
}

// Offset translates an address to the offset of its byte in the file. It
// fails for addresses outside the image and for memory that the file holds no
// bytes for (.bss).
func (s *Spec) Offset(vaddr uint64) (int64, bool) {
	off, ok := s.im.offset(vaddr, 1)
	return int64(off), ok
}

// Memory spans the segments as they are in memory, with .bss, for which the
// file holds no bytes.
func (s *Spec) Memory() Range {
	loads := s.im.loads // ascending, at least one
	last := loads[len(loads)-1]
	return Range{loads[0].Vaddr, last.Vaddr + last.Memsz}
}
