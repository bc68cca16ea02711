package elfimage

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func unhex(t testing.TB, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	require.NoError(t, err)
	return string(b)
}

var exits = []string{"runtime.exit", "runtime.dieFromSignal"}

// The symbol table of a library that isn't stripped says the same.
func TestGoFuncAgreesWithSymbols(t *testing.T) {
	s := parse(t, goPlain.bytes(t))
	require.NotNil(t, s.funcs)
	for _, name := range append(exits, "runtime.mallocgc") {
		t.Run(name, func(t *testing.T) {
			want, ok := s.symtab.find(name + ".abi0")
			if !ok {
				want, ok = s.symtab.find(name)
			}
			require.True(t, ok)
			addr, size, ok := s.GoFunc(name)
			require.True(t, ok)
			assert.Equal(t, want.Value, addr)
			assert.GreaterOrEqual(t, size, want.Size)
			assert.Less(t, size, want.Size+64, "no more than padding")
		})
	}
}

// debug/gosym reads the same table, once it knows where the text starts.
func TestGoFuncAgreesWithGosym(t *testing.T) {
	if testing.Short() {
		t.Skip("other programs do the work, which need not be done twice")
	}
	for name, lib := range map[string]built{"plain": goPlain, "stripped": goStripped, "relr": goRelr, "arm": goArm} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			f, err := elf.NewFile(bytes.NewReader(b))
			require.NoError(t, err)
			s, err := ParseFor(b, f.Machine)
			require.NoError(t, err)
			require.NotNil(t, s.funcs)
			data, err := f.Section(".gopclntab").Data()
			require.NoError(t, err)
			table, err := gosym.NewTable(nil, gosym.NewLineTable(data, s.funcs.text))
			require.NoError(t, err)
			require.Len(t, table.Funcs, s.funcs.n)
			count := map[string]int{}
			for _, fn := range table.Funcs {
				count[fn.Name]++
			}
			for _, fn := range table.Funcs {
				if count[fn.Name] > 1 {
					continue
				}
				addr, size, ok := s.GoFunc(fn.Name)
				require.True(t, ok, fn.Name)
				require.Equal(t, fn.Entry, addr, fn.Name)
				require.Equal(t, fn.End-fn.Entry, size, fn.Name)
			}
			for _, name := range exits {
				assert.Equal(t, 1, count[name], name)
			}
		})
	}
}

func TestGoFuncNotFound(t *testing.T) {
	_, _, ok := parse(t, goPlain.bytes(t)).GoFunc("runtime.noSuchFunction")
	assert.False(t, ok)
	_, _, ok = parse(t, cInitial.bytes(t)).GoFunc("dynamic")
	assert.False(t, ok, "a C function")
}

// If the table is of an unknown version, functions are found by their symbols; in a
// stripped library, not at all.
func TestGoFuncUnknownTable(t *testing.T) {
	b := goPlain.bytes(t)
	want := parse(t, b)
	table := bytes.Index(b, []byte{0xf1, 0xff, 0xff, 0xff, 0, 0})
	require.Positive(t, table)
	b[table] = 0xef
	s := parse(t, b)
	require.Nil(t, s.funcs)
	for _, name := range exits {
		addr, _, ok := s.GoFunc(name)
		require.True(t, ok)
		wantAddr, _, _ := want.GoFunc(name)
		assert.Equal(t, wantAddr, addr)
	}
	s.symtab = symtab{}
	_, _, ok := s.GoFunc("runtime.exit")
	assert.False(t, ok)
}

// A table that contradicts the exported crosscall2 must not be trusted.
func TestGoFuncContradiction(t *testing.T) {
	s := parse(t, goStripped.bytes(t))
	require.NotNil(t, s.funcs)
	for i := range s.Exports {
		if s.Exports[i].Name == "crosscall2" {
			s.Exports[i].Value += 16
		}
	}
	s.funcs = nil
	s.readGoFuncs()
	assert.Nil(t, s.funcs)
}
