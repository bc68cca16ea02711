package elfimage

import "debug/elf"

// readRelocs keeps the tables for later and collects the relocations against
// the library's own thread-local variables.
func (s *Spec) readRelocs(d *dynamic, syms *dynsyms) error {
	t, err := s.im.relocs(d)
	if err != nil {
		return err
	}
	s.im.rel = t
	a := s.im.arch
	for off, r := range t.all {
		switch r.typ() {
		case a.tpoff:
			if err := s.addTPOFF(off, r, syms); err != nil {
				return err
			}
		case a.dtpmod, a.tlsdesc:
			own, _, err := owner(r, syms)
			if err != nil {
				return err
			}
			s.TLS.Dynamic = s.TLS.Dynamic || own
		}
	}
	if s.TLS.Dynamic && !s.TLS.Present {
		return corrupt("relocations to thread-local variables, but no PT_TLS segment")
	}
	return nil
}

// owner returns the symbol of a TLS relocation, nil when it has none, and
// whether the variable belongs to this library. A relocation without a symbol
// always refers to this library's own block; one with an undefined symbol refers to
// another library's.
func owner(r rawRela, syms *dynsyms) (own bool, sym rawSym, err error) {
	if r.sym() == 0 {
		return true, nil, nil
	}
	sym, ok := syms.sym(uint64(r.sym()))
	if !ok {
		return false, nil, corrupt("relocation of %#x refers to symbol %d, outside the file's segments", r.addr(), r.sym())
	}
	return sym.shndx() != elf.SHN_UNDEF, sym, nil
}

func (s *Spec) addTPOFF(off uint64, r rawRela, syms *dynsyms) error {
	own, sym, err := owner(r, syms)
	if err != nil || !own {
		return err
	}
	v := TLSReloc{Rela: int64(off), Addr: r.addr(), Offset: r.addend()}
	if sym != nil {
		v.Offset += sym.value()
		name, ok := syms.str.at(sym.name())
		if !ok {
			return corrupt("name of symbol %d at %#x of the string table", r.sym(), sym.name())
		}
		v.Name = name
	}
	if v.Offset > s.TLS.MemSize || !s.TLS.Present {
		return corrupt("relocation of %#x refers to offset %#x of a TLS block of %#x bytes", v.Addr, v.Offset, s.TLS.MemSize)
	}
	got, ok := s.im.offset(v.Addr, 8)
	if !ok {
		return corrupt("relocation of %#x: no segment has bytes there", v.Addr)
	}
	v.GOT = int64(got)
	s.TLS.InitialExec = append(s.TLS.InitialExec, v)
	return nil
}

// nameTLS looks up the names of variables whose relocations have no dynamic symbol,
// in the static symbol table.
func (s *Spec) nameTLS() {
	names := map[uint64]string{}
	for i := range s.TLS.InitialExec {
		if v := &s.TLS.InitialExec[i]; v.Name == "" {
			names[v.Offset] = ""
		}
	}
	if len(names) == 0 {
		return
	}
	for r := range s.symtab.all {
		if r.typ() != elf.STT_TLS || r.shndx() == elf.SHN_UNDEF {
			continue
		}
		// _TLS_MODULE_BASE_ is the linker's own, at offset 0, without a size.
		if name, wanted := names[r.value()]; wanted && name == "" && r.size() > 0 {
			names[r.value()], _ = s.symtab.str.at(r.name())
		}
	}
	for i := range s.TLS.InitialExec {
		if v := &s.TLS.InitialExec[i]; v.Name == "" {
			v.Name = names[v.Offset]
		}
	}
}
