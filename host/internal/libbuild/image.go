package libbuild

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/needed"
)

// Seal stamps m's name and version into the descriptor of a library's ELF
// image and appends m to it. It fills in m.ABI from the descriptor, what the image needs
// and its run path, whether it is exclusive, and what manifest.Seal fills in. The image is changed in place; the
// result may share it.
//
// Every function of m must be visible in the image, or the error is ErrHidden.
// If image is not an ELF image with a descriptor, it is ErrNotLibrary.
func Seal(image []byte, m *manifest.Manifest) ([]byte, error) {
	symbols, err := dynamicSymbols(image)
	if err != nil {
		return nil, fmt.Errorf("%w: not an ELF image with dynamic symbols: %w", ErrNotLibrary, err)
	}
	at, ok := symbols[abi.SymDescriptor]
	if !ok || at < 0 || at+abi.DescriptorSize > int64(len(image)) {
		return nil, fmt.Errorf("%w: the image has no %s: import github.com/hotso/hotso/cabi",
			ErrNotLibrary, abi.SymDescriptor)
	}
	descriptor := image[at : at+abi.DescriptorSize]
	if err := abi.Stamp(descriptor, m.Name, m.Version); err != nil {
		return nil, err
	}
	d, err := abi.DecodeDescriptor(descriptor)
	if err != nil {
		return nil, err
	}
	m.ABI = d.ABI
	for _, f := range m.Functions {
		if _, ok := symbols[f.Name]; !ok {
			return nil, fmt.Errorf("%w: %s: do not compile the package with -fvisibility=hidden, "+
				"or declare it with HOTSO_EXPORT in a header that the package includes", ErrHidden, f.Name)
		}
	}
	spec, err := parse(image)
	if err != nil {
		return nil, err
	}
	_, _, m.Exclusive = spec.GoFunc(abi.FuncExclusive)
	m.Needed, m.RunPath = spec.Needed, cmp.Or(spec.RunPath, spec.RPath)
	return manifest.Seal(image, m)
}

// parse reads an image as the host does, for whatever machine it is.
func parse(image []byte) (*elfimage.Spec, error) {
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	return elfimage.ParseFor(image, f.Machine)
}

// recordLibraries adds to m the digests of what the image, which will be at path, needs
// from elsewhere than the system.
func recordLibraries(path string, image []byte, m *manifest.Manifest) error {
	spec, err := parse(image)
	if err != nil {
		return err
	}
	digests, err := needed.Recorded(needed.ObjectOf(path, spec), spec.Machine)
	for name, digest := range digests {
		m.Libraries = append(m.Libraries, manifest.Library{Name: name, SHA256: digest})
	}
	return err
}

// dynamicSymbols returns the offset in the file of every symbol that an ELF
// image defines and makes visible, -1 for one that has no bytes in the file.
func dynamicSymbols(image []byte) (map[string]int64, error) {
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	all, err := f.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	symbols := map[string]int64{}
	for _, s := range all {
		if s.Section == elf.SHN_UNDEF || elf.ST_VISIBILITY(s.Other) != elf.STV_DEFAULT {
			continue
		}
		symbols[s.Name] = -1
		for _, p := range f.Progs {
			if p.Type == elf.PT_LOAD && s.Value >= p.Vaddr && s.Value-p.Vaddr+s.Size <= p.Filesz {
				symbols[s.Name] = int64(s.Value - p.Vaddr + p.Off)
			}
		}
	}
	return symbols, nil
}
