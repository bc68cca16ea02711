package elfimage

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// A Patcher works out how the private copy of a library's bytes differs from the
// file. It changes no bytes itself: others may read them meanwhile. A patch that
// fails has added no edit. Not safe for concurrent use.
type Patcher struct {
	s     *Spec
	edits []Edit
}

// An Edit is what one patch overwrites.
type Edit struct {
	Offset int64
	Before []byte // as the file has it
	After  []byte // of the same length
}

// Edits returns the edits that all patches so far have made, oldest first.
func (p *Patcher) Edits() []Edit { return p.edits }

// Undo restores the bytes that the edits overwrote in b, a copy of the file.
func Undo(b []byte, edits []Edit) {
	for _, e := range edits {
		copy(b[e.Offset:], e.Before)
	}
}

// put is the only place that adds edits. The image has len(data) bytes at off.
func (p *Patcher) put(off uint64, data []byte) { p.edits = append(p.edits, p.s.im.edit(off, data)) }

func (im *image) edit(off uint64, data []byte) Edit {
	return Edit{int64(off), slices.Clone(im.b[off : off+uint64(len(data))]), slices.Clone(data)}
}

func (p *Patcher) put64(off, v uint64) { p.put(off, binary.LittleEndian.AppendUint64(nil, v)) }

// NewPatcher returns a Patcher for copies of the bytes that s was parsed from.
func NewPatcher(s *Spec) *Patcher { return &Patcher{s: s} }

// ClearNoDelete clears DF_1_NODELETE, which the Go linker sets for c-shared
// libraries (cmd/link: -z nodelete), so that dlclose unmaps the library.
func (p *Patcher) ClearNoDelete() {
	p.clear(elf.DT_FLAGS_1, uint64(elf.DF_1_NODELETE))
}

// ClearRunPath makes the dynamic linker not see DT_RPATH and DT_RUNPATH: their tags become
// one that it does not know. So it looks for what the library needs where the system has
// it, and nowhere else.
func (p *Patcher) ClearRunPath() {
	p.hide(elf.DT_RPATH, elf.DT_RUNPATH)
}

// clear clears bits in the values of a tag.
func (p *Patcher) clear(tag elf.DynTag, bits uint64) {
	for _, off := range p.s.im.dyn.entries[tag] {
		p.put64(off+8, word(p.s.im.b, int(off)+8)&^bits)
	}
}

// WriteAt replaces the bytes at vaddr. The error wraps ErrRange when the file
// has no bytes there, as for a variable in .bss. If the dynamic linker relocates a
// word there, it overwrites the new value.
func (p *Patcher) WriteAt(vaddr uint64, data []byte) error {
	off, ok := p.s.im.offset(vaddr, uint64(len(data)))
	if !ok {
		return fmt.Errorf("%w: write of %d bytes at %#x", ErrRange, len(data), vaddr)
	}
	p.put(off, data)
	return nil
}

// RedirectInit has the dynamic linker run the function at to where it would run the init
// function at from. It reports whether the image has that, once.
func (p *Patcher) RedirectInit(from, to uint64) bool {
	im, found, edits := p.s.im, 0, p.edits
	for off, r := range im.rel.all {
		if r.typ() == im.arch.relative && im.inits.Contains(r.addr()) && r.addend() == from {
			found++
			edits = append(edits, im.edit(off+16, binary.LittleEndian.AppendUint64(nil, to)))
		}
	}
	im.packedPointers(im.rel.relr, func(where, addend uint64) bool {
		if off, ok := im.offset(where, 8); ok && im.inits.Contains(where) && addend == from {
			found++
			edits = append(edits, im.edit(off, binary.LittleEndian.AppendUint64(nil, to)))
		}
		return true
	})
	if found == 1 {
		p.edits = edits
	}
	return found == 1
}

// ReplaceInits has the dynamic linker run one init function and one exit function in place
// of all of the image's. Pointers to the two are at inits and at finis. It returns where
// those to the replaced ones are, and false if the image has no init or no exit functions.
func (p *Patcher) ReplaceInits(inits, finis uint64) (oldInits, oldFinis Range, ok bool) {
	im := p.s.im
	if im.inits.Low == im.inits.High || im.finis.Low == im.finis.High {
		return Range{}, Range{}, false
	}
	for _, list := range []struct {
		tag   elf.DynTag
		value uint64
	}{
		{elf.DT_INIT_ARRAY, inits}, {elf.DT_INIT_ARRAYSZ, pointerSize},
		{elf.DT_FINI_ARRAY, finis}, {elf.DT_FINI_ARRAYSZ, pointerSize},
	} {
		for _, off := range im.dyn.entries[list.tag] {
			p.put64(off+8, list.value)
		}
	}
	return im.inits, im.finis, true
}

const pointerSize = 8

// PutUint64 is WriteAt for one little-endian word.
func (p *Patcher) PutUint64(vaddr, v uint64) error {
	return p.WriteAt(vaddr, binary.LittleEndian.AppendUint64(nil, v))
}

// RedirectTLS moves the Go runtime's thread-local g from the library's own
// static TLS block to one that the caller owns. tpoff gets the variable's
// offset in the library's block, which is less than s.TLS.MemSize, and returns
// the distance of its new place from the thread pointer, in bytes.
//
// Each initial-exec relocation becomes R_*_NONE, and the constant goes straight
// into the word of the global offset table that it was for. Without such
// relocations the dynamic linker gives the library no static TLS, so
// DF_STATIC_TLS goes too, and PT_TLS becomes PT_NULL unless something else
// refers to it; then it remains, as ordinary dynamic TLS.
//
// A library without initial-exec variables is left as it is. The error wraps
// ErrTLS when there are some besides the Go runtime's: C code compiled with
// -ftls-model=initial-exec expects its initial values, which a foreign place
// doesn't have.
func (p *Patcher) RedirectTLS(tpoff func(off uint64) int64) error {
	t := &p.s.TLS
	if len(t.InitialExec) == 0 {
		return nil
	}
	off, err := p.s.goTLS()
	if err != nil {
		return err
	}
	p.moveInitialExec(func(uint64) int64 { return tpoff(off) })
	return nil
}

// moveInitialExec moves the initial-exec variables to where tpoff says, which gets their offsets in the image's block.
func (p *Patcher) moveInitialExec(tpoff func(off uint64) int64) {
	t := &p.s.TLS
	for _, v := range t.InitialExec {
		p.put64(uint64(v.GOT), uint64(tpoff(v.Offset)))
		// The entry stays in its table as R_*_NONE, which the dynamic
		// linker skips. DT_RELACOUNT stays right: it counts the
		// R_*_RELATIVE entries at the table's front, none of these.
		p.put64(uint64(v.Rela)+8, 0)
	}
	p.clear(elf.DT_FLAGS, uint64(elf.DF_STATIC_TLS))
	if !t.Dynamic && !t.Exported {
		p.dropTLS()
	}
}

// dropTLS turns PT_TLS into PT_NULL.
func (p *Patcher) dropTLS() {
	for i, h := range p.s.im.progs {
		if elf.ProgType(h.Type) == elf.PT_TLS {
			off := p.s.im.phoff + uint64(i)*phdrSize
			p.put(off, binary.LittleEndian.AppendUint32(nil, uint32(elf.PT_NULL)))
		}
	}
}

// goTLS returns the offset of the Go runtime's g in the TLS block. It fails if g
// can't be identified, or isn't the only initial-exec variable.
func (s *Spec) goTLS() (uint64, error) {
	g, known := s.findG()
	var others []string
	for _, v := range s.TLS.InitialExec {
		if !known || v.Offset != g {
			others = append(others, v.label())
		}
	}
	if len(others) == 0 {
		return g, nil
	}
	slices.Sort(others)
	names := strings.Join(slices.Compact(others), ", ")
	if !known {
		return 0, fmt.Errorf("%w: can't tell the Go runtime's g among the initial-exec variables: %s", ErrTLS, names)
	}
	return 0, fmt.Errorf("%w: initial-exec variables besides the Go runtime's g: %s", ErrTLS, names)
}

// findG looks for the variable by name: the linker makes runtime.tlsg; on arm64
// the runtime's assembly uses runtime.tls_g. In a stripped library it is the
// only variable without a name that has no initial value.
func (s *Spec) findG() (off uint64, ok bool) {
	var unnamed []uint64
	for _, v := range s.TLS.InitialExec {
		switch v.Name {
		case "runtime.tlsg", "runtime.tls_g":
			return v.Offset, true
		case "":
			unnamed = append(unnamed, v.Offset)
		}
	}
	slices.Sort(unnamed)
	unnamed = slices.Compact(unnamed)
	if s.Go && len(unnamed) == 1 && unnamed[0] >= s.TLS.FileSize {
		return unnamed[0], true
	}
	return 0, false
}

func (v TLSReloc) label() string {
	if v.Name == "" {
		return fmt.Sprintf("unnamed at offset %#x", v.Offset)
	}
	return v.Name
}
