package elfimage

import "debug/elf"

// Every Go binary, stripped or not, carries the table that the runtime prints stack
// traces from (pclntab). It lists each function's name and its offset from
// runtime.text. That address is no longer in the table since Go 1.26 (before, it was
// there, as a relocation); the linker's moduledata has it. So:
//
//  1. find moduledata: its first word is a pointer to the table, hence the one
//     relative relocation that points at the table's magic number;
//  2. read minpc, maxpc, text and etext there, again from the relocations;
//  3. trust them only if they agree with the table, with the executable
//     segment, and with crosscall2, which is in the table and among the exports.
//
// Neither section headers nor symbols are needed. debug/gosym reads the same
// table, but wants runtime.text, and allocates a hundred bytes per function.
// The offsets below are those of pcHeader, moduledata and _func in
// https://go.dev/src/runtime/symtab.go and runtime2.go, on 64-bit machines.
const (
	pclnMagic      = 0xfffffff1 // Go 1.20 and later
	pclnHeaderSize = 72
	pclnNumFuncs   = 8
	pclnNames      = 32 // offset of the names in the table
	pclnFuncs      = 64 // offset of the functab in the table

	modMinPC = 20 // moduledata's words
	modMaxPC = 21
	modText  = 22
	modEText = 23
	modWords = 24

	funcNameOff = 4 // _func.nameOff
	funcFlag    = 41
	funcSize    = 44
	flagAsm     = 1 << 2 // abi.FuncFlagAsm
)

// goFuncs is the function table.
type goFuncs struct {
	names []byte
	tab   []byte // pairs of entry offset and _func offset, both from tab's base
	n     int
	text  uint64
}

// GoFunc finds a Go function by its full name, such as "runtime.exit", in
// stripped libraries too. The size reaches to the next function, so it counts
// the padding in between, which a patch may overwrite.
//
// A name with two bodies (a Go function and the wrapper through which
// assembly calls it) is found only if one of them is assembly: that one is
// the function, the other the wrapper.
func (s *Spec) GoFunc(name string) (vaddr, size uint64, ok bool) {
	if s.funcs != nil {
		return s.funcs.find(name)
	}
	// The pclntab is of an unknown version, so the symbol table must do. There, the
	// names of assembly functions end with their ABI.
	plain, isPlain := s.symtab.find(name)
	asm, isAsm := s.symtab.find(name + ".abi0")
	switch {
	case !s.Go || isPlain == isAsm:
		return 0, 0, false
	case isAsm:
		plain = asm
	}
	return plain.Value, plain.Size, plain.Type == elf.STT_FUNC && s.im.executable(plain.Value)
}

// GoCode is where the image's Go functions are; empty if that is not known.
func (s *Spec) GoCode() Range {
	if s.funcs == nil {
		return Range{}
	}
	return Range{s.funcs.entry(0), s.funcs.entry(s.funcs.n)}
}

// maxTables bounds how many places that look like a table are examined; a
// library has one.
const maxTables = 4

func (s *Spec) readGoFuncs() {
	if !s.Go {
		return
	}
	var found [][2]uint64
	s.im.pointers(s.im.rel, func(where, to uint64) bool {
		if h, ok := s.im.at(to, pclnHeaderSize); ok && half(h, 0) == pclnMagic && h[7] == 8 {
			found = append(found, [2]uint64{where, to})
		}
		return len(found) < maxTables
	})
	for _, at := range found {
		if f := s.goFuncsAt(at[0], at[1]); f != nil {
			s.funcs = f
			return
		}
	}
}

// goFuncsAt reads the table at pcln with the moduledata at mod; nil unless
// they are consistent.
func (s *Spec) goFuncsAt(mod, pcln uint64) *goFuncs {
	var w [modWords]uint64
	s.im.pointers(s.im.rel, func(where, to uint64) bool {
		if i := (where - mod) / 8; where >= mod && i < modWords {
			w[i] = to
		}
		return true
	})
	b, _ := s.im.tail(pcln)
	n, names, tab := word(b, pclnNumFuncs), word(b, pclnNames), word(b, pclnFuncs)
	size := uint64(len(b))
	if n == 0 || n > size/8 || names > size || tab > size || n*8+4 > size-tab {
		return nil
	}
	f := &goFuncs{names: b[names:], tab: b[tab:], n: int(n), text: w[modText]}
	low, high := f.entry(0), f.entry(f.n)
	switch {
	case low != w[modMinPC], high != w[modMaxPC], low < w[modText], high > w[modEText]:
		return nil
	case !s.im.executable(low), !s.im.executable(high - 1):
		return nil
	}
	if sym, ok := s.Export("crosscall2"); ok {
		if at, _, ok := f.find(sym.Name); !ok || at != sym.Value {
			return nil
		}
	}
	return f
}

// entry returns the address of function i; that of function n is the end.
func (f *goFuncs) entry(i int) uint64 { return f.text + uint64(half(f.tab, i*8)) }

func (f *goFuncs) find(name string) (vaddr, size uint64, ok bool) {
	bodies := 0
	for i := range f.n {
		at := uint64(half(f.tab, i*8+4))
		if at+funcSize > uint64(len(f.tab)) {
			continue
		}
		fn := f.tab[at : at+funcSize]
		off := half(fn, funcNameOff)
		if uint64(off) >= uint64(len(f.names)) || !cstring(f.names[off:], name) {
			continue
		}
		low, high := f.entry(i), f.entry(i+1)
		if high <= low {
			continue
		}
		vaddr, size = low, high-low
		if fn[funcFlag]&flagAsm != 0 {
			return vaddr, size, true
		}
		bodies++
	}
	return vaddr, size, bodies == 1
}

// cstring reports whether b starts with name and a zero byte.
func cstring(b []byte, name string) bool {
	return len(b) > len(name) && b[len(name)] == 0 && string(b[:len(name)]) == name
}
