package elfimage

import (
	"debug/elf"
	"encoding/hex"
	"fmt"
)

// Parse parses a shared object built for the architecture of this process.
// The Spec keeps b. Errors wrap ErrNotELF, ErrNotShared, ErrWrongMachine or
// ErrCorrupt; they don't know the file's name.
func Parse(b []byte) (*Spec, error) { return ParseFor(b, hostMachine()) }

// ParseFor is Parse for a machine of the caller's choice: EM_X86_64 or
// EM_AARCH64.
func ParseFor(b []byte, machine elf.Machine) (*Spec, error) {
	im, err := header(b, machine)
	if err != nil {
		return nil, err
	}
	s := &Spec{Machine: machine, im: im, ExecStack: true}
	for _, step := range []func() error{s.readSegments, s.readDynamic, s.readSections} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	s.nameTLS()
	s.readBuildInfo()
	s.readGoFuncs()
	return s, nil
}

// readSegments collects what the program headers alone say.
func (s *Spec) readSegments() error {
	for i, p := range s.im.progs {
		flags := elf.ProgFlag(p.Flags)
		switch elf.ProgType(p.Type) {
		case elf.PT_INTERP:
			return fmt.Errorf("%w: a program that names its interpreter (PT_INTERP)", ErrNotShared)
		case elf.PT_LOAD:
			if flags&elf.PF_X != 0 {
				s.addText(Range{p.Vaddr, p.Vaddr + p.Memsz})
				s.WriteExec = s.WriteExec || flags&elf.PF_W != 0
			}
		case elf.PT_GNU_STACK:
			// Without this header the stack is executable: the kernel's default.
			s.ExecStack = flags&elf.PF_X != 0
		case elf.PT_TLS:
			if err := s.readTLSSegment(i, p); err != nil {
				return err
			}
		case elf.PT_NOTE:
			s.readNotes(p)
		}
	}
	if s.Text == (Range{}) {
		return corrupt("no executable segment")
	}
	return nil
}

func (s *Spec) addText(r Range) {
	if s.Text == (Range{}) {
		s.Text = r
	}
	// Segments ascend, so Low is right already.
	s.Text.High = max(s.Text.High, r.High)
}

func (s *Spec) readTLSSegment(i int, p elf.Prog64) error {
	if s.TLS.Present {
		return corrupt("program header %d is a second PT_TLS", i)
	}
	if p.Filesz > p.Memsz || p.Align&(p.Align-1) != 0 {
		return corrupt("program header %d (PT_TLS) contradicts itself: %#x bytes in the file, %#x in memory, alignment %#x",
			i, p.Filesz, p.Memsz, p.Align)
	}
	// The dynamic linker copies the initial values from memory.
	if p.Filesz > 0 {
		if off, ok := s.im.offset(p.Vaddr, p.Filesz); !ok || off != p.Off {
			return corrupt("program header %d (PT_TLS) at %#x: its initial values are in no segment", i, p.Vaddr)
		}
	}
	s.TLS = TLS{Present: true, FileSize: p.Filesz, MemSize: p.Memsz, Align: p.Align}
	return nil
}

// maxNotes bounds the bytes of a note segment that are looked at; the notes
// that matter take about a hundred.
const maxNotes = 64 << 10

// Notes by owner and type: the build ids of the GNU linker (NT_GNU_BUILD_ID in
// <elf.h>) and of the Go linker (cmd/internal/buildid).
const (
	gnuNote     = "GNU\x00"
	gnuNoteType = 3
	goNote      = "Go\x00\x00"
	goNoteType  = 4
)

// readNotes looks for the GNU build id and the Go linker's mark. A malformed
// note ends the search: nothing depends on it.
func (s *Spec) readNotes(p elf.Prog64) {
	b, _ := s.im.slice(p.Off, min(p.Filesz, maxNotes))
	for len(b) >= 12 {
		nameSize, descSize, typ := uint64(half(b, 0)), uint64(half(b, 4)), half(b, 8)
		desc := 12 + align4(nameSize)
		next := desc + align4(descSize)
		if next > uint64(len(b)) {
			return
		}
		switch name := string(b[12 : 12+nameSize]); {
		case name == gnuNote && typ == gnuNoteType:
			s.BuildID = hex.EncodeToString(b[desc : desc+descSize])
		case name == goNote && typ == goNoteType:
			s.Go = true
		}
		b = b[next:]
	}
}

func align4(n uint64) uint64 { return (n + 3) &^ 3 }
