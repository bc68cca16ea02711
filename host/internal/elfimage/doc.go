// Package elfimage parses the bytes of an ELF shared object into a Spec and
// works out patches for a private copy of them. It opens, maps and loads nothing.
//
// A caller reads the file once, parses, copies, edits the copy:
//
//	spec, err := elfimage.Parse(file)
//	if err != nil {
//		return fmt.Errorf("%s: %w", path, err)
//	}
//	p := elfimage.NewPatcher(spec)
//	p.ClearNoDelete()
//	if err := p.RedirectTLS(func(off uint64) int64 { return slot + int64(off) }); err != nil {
//		return fmt.Errorf("%s: %w", path, err)
//	}
//	copied := bytes.Clone(file[:spec.ImageEnd])
//	for _, e := range p.Edits() {
//		copy(copied[e.Offset:], e.After)
//	}
//
// Parse looks at a file the way the dynamic linker does: through the program
// headers and the dynamic section. Section headers are optional; they only
// add the static symbol table. Package debug/elf lends its constants but not
// its reader: that one needs section headers for the dynamic section, and it
// copies a name for each section and symbol, so a small hostile file makes it
// allocate gigabytes. Here memory stays within a small multiple of the input.
//
// Parse finds half-copied files, wrong files and damaged structures. It can't
// tell whether the code in them is the code that its author wrote; that is
// what a seal is for.
package elfimage
