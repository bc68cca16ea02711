package libbuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi"
)

func TestAddExtLDFlags(t *testing.T) {
	for flags, want := range map[string]string{
		``:                              `-extldflags '-L/a -static-libgcc'`,
		`-s -w`:                         `-s -w -extldflags '-L/a -static-libgcc'`,
		`-X 'a.b=c d' -s`:               `-X 'a.b=c d' -s -extldflags '-L/a -static-libgcc'`,
		`-extldflags '-lm -ly' -s`:      `-s -extldflags '-lm -ly -L/a -static-libgcc'`,
		`-extldflags=-lm -s`:            `-s -extldflags '-lm -L/a -static-libgcc'`,
		`--extldflags "-Wl,-z,'x y'"`:   `-extldflags "-Wl,-z,'x y' -L/a -static-libgcc"`,
		`"-extldflags=-lm -ly" -X a.b=`: `-X a.b= -extldflags '-lm -ly -L/a -static-libgcc'`,
		`-extldflags -lm -extldflags=`:  `-extldflags ' -L/a -static-libgcc'`, // the last one counts
	} {
		assert.Equal(t, want, addExtLDFlags(flags, "-L/a -static-libgcc"), flags)
	}
}

// A library in C++ is linked with the C++ library, whoever asks for that.
func TestArchivesAreLinked(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	for _, tool := range []string{"g++", "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	for name, directive := range map[string]string{"explicit": "// #cgo LDFLAGS: -lstdc++\n", "implicit": ""} {
		t.Run(name, func(t *testing.T) {
			dir := cplusplusPackage(t, directive)
			r, err := Build(t.Context(), Options{Dir: dir, Name: "c", Version: "1", Output: t.TempDir()})
			require.NoError(t, err)
			assert.Empty(t, r.Notes)
			for _, n := range r.Manifest.Needed {
				assert.NotRegexp(t, `^lib(stdc\+\+|gcc_s)`, n)
			}
			image, err := os.ReadFile(r.Path)
			require.NoError(t, err)
			symbols, err := dynamicSymbols(image)
			require.NoError(t, err)
			assert.NotContains(t, symbols, "_ZNSt8ios_base4InitC1Ev", "the C++ library's symbols are hidden")

			r, err = Build(t.Context(), Options{Dir: dir, Name: "c", Version: "2", Output: t.TempDir(), Shared: true})
			require.NoError(t, err)
			assert.Contains(t, r.Manifest.Needed, "libstdc++.so.6")
		})
	}
}

// A compiler that has no such archive is told by the name alone (gcc(1), -print-file-name).
func TestMissingArchive(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "cc")
	require.NoError(t, os.WriteFile(bin, []byte("#!/bin/sh\necho ${1#*=}\n"), 0o755))
	_, err := goCommand{env: []string{"CXX=" + bin, "CC=" + bin}}.archive(t.Context(), "libstdc++.a")
	assert.EqualError(t, err, "the compiler has no libstdc++.a")
}

// cplusplusPackage is a library that needs the C++ library.
func cplusplusPackage(t *testing.T, directive string) string {
	dir := tinyLibrary(t, abi.Version, "package main\n\n"+directive+"// int use(void);\nimport \"C\"\n\n//export Use\nfunc Use() int32 { return int32(C.use()) }\n")
	source := "#include <iostream>\nextern \"C\" int use(void) { std::cout << 1; return 1; }\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "use.cpp"), []byte(source), 0o644))
	return dir
}
