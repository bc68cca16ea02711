package modeltest

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
	"github.com/hotso/hotso/cabi/abi/manifest"
	"github.com/hotso/hotso/host/internal/libtest"
)

// A flavour is a way in which a library is built.
type flavour struct {
	flags string
	fails []error // what a load of it ends with; a good one has none
	state bool    // it fails only when it is to take over a state
	dies  bool    // it crashes on its way out
}

// A source is a library as the compiler made it, which becomes any number of versions.
type source struct {
	flavour
	name  string
	image []byte
	man   *manifest.Manifest
	at    uint64 // where the image has the descriptor
}

func newSource(t *testing.T, lib string, f flavour) *source {
	t.Helper()
	file, err := os.ReadFile(libtest.Build(t, lib, "1", libtest.LDFlags(f.flags)))
	require.NoError(t, err)
	sealed, err := manifest.Unseal(file)
	require.NoError(t, err)
	at, err := fileOffset(sealed.Image, abi.SymDescriptor)
	require.NoError(t, err)
	return &source{flavour: f, name: lib, image: sealed.Image, man: sealed.Manifest, at: at}
}

// as writes the library as that version into dir.
func (s *source) as(dir, version string) (string, error) {
	image, m := bytes.Clone(s.image), *s.man
	m.Version = version
	if err := abi.Stamp(image[s.at:s.at+abi.DescriptorSize], m.Name, version); err != nil {
		return "", err
	}
	sealed, err := manifest.Seal(image, &m)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("lib%s.v%s.so", s.name, version))
	return path, os.WriteFile(path, sealed, 0o644)
}

// fileOffset is where the file has what an exported symbol names.
func fileOffset(image []byte, symbol string) (uint64, error) {
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		return 0, err
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return 0, err
	}
	for _, s := range symbols {
		for _, p := range f.Progs {
			if s.Name == symbol && p.Type == elf.PT_LOAD && s.Value >= p.Vaddr && s.Value < p.Vaddr+p.Filesz {
				return s.Value - p.Vaddr + p.Off, nil
			}
		}
	}
	return 0, errors.New("no symbol " + symbol)
}
