package elfimage

import "debug/elf"

// Imports are the names of the functions and variables that the image has from others. Those
// that no relocation by the dynamic linker is for are among them too.
func (s *Spec) Imports() (names []string) {
	for i := uint64(1); i < s.dyn.count; i++ {
		r, ok := s.dyn.sym(i)
		if !ok || r.shndx() != elf.SHN_UNDEF {
			continue
		}
		if name, ok := s.dyn.str.at(r.name()); ok && name != "" {
			names = append(names, name)
		}
	}
	return names
}
