package elfimage

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func parse(t testing.TB, b []byte) *Spec {
	t.Helper()
	s, err := Parse(b)
	require.NoError(t, err)
	return s
}

func TestParseGoLibrary(t *testing.T) {
	for name, lib := range map[string]built{"plain": goPlain, "stripped": goStripped, "relr": goRelr} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			s := parse(t, b)
			assert.Equal(t, hostMachine(), s.Machine)
			assert.Contains(t, s.Needed, "libc.so.6")
			assert.Equal(t, int64(len(b)), s.ImageEnd)
			assert.True(t, s.NoDelete)
			assert.True(t, s.HasSection)
			assert.Equal(t, name == "plain", s.HasSymtab)
			assert.False(t, s.WriteExec)
			assert.False(t, s.ExecStack)
			assert.False(t, s.TextReloc)

			assert.True(t, s.Go)
			want, err := buildinfo.Read(bytes.NewReader(b))
			require.NoError(t, err)
			assert.Equal(t, want.GoVersion, s.GoVersion)
			assert.Equal(t, want, s.BuildInfo)

			add, ok := s.Symbol("Add")
			require.True(t, ok)
			assert.Equal(t, elf.STT_FUNC, add.Type)
			assert.True(t, s.Text.Contains(add.Value))

			assert.True(t, s.TLS.Present)
			assert.False(t, s.TLS.Dynamic)
			require.NotEmpty(t, s.TLS.InitialExec)
			if name == "plain" {
				assert.Regexp(t, `^runtime\.tls_?g$`, s.TLS.InitialExec[0].Name)
			}
		})
	}
}

// debug/elf reads the same facts by way of the section headers.
func TestParseAgreesWithDebugELF(t *testing.T) {
	for name, lib := range map[string]built{
		"go": goPlain, "stripped": goStripped, "c": cInitial, "sysv": cSysvHash, "arm": cArm, "goarm": goArm,
	} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			f, err := elf.NewFile(bytes.NewReader(b))
			require.NoError(t, err)
			s, err := ParseFor(b, f.Machine)
			require.NoError(t, err)

			needed, err := f.ImportedLibraries()
			require.NoError(t, err)
			assert.Equal(t, needed, s.Needed)
			syms, err := f.DynamicSymbols()
			require.NoError(t, err)
			var want []string
			for _, sym := range syms {
				typ := elf.ST_TYPE(sym.Info)
				if sym.Section != elf.SHN_UNDEF && (typ == elf.STT_FUNC || typ == elf.STT_OBJECT) {
					want = append(want, sym.Name)
				}
			}
			slices.Sort(want)
			var got []string
			for _, sym := range s.Exports {
				got = append(got, sym.Name)
			}
			assert.Equal(t, want, got)
			note, err := f.Section(".note.gnu.build-id").Data()
			require.NoError(t, err)
			assert.Contains(t, string(note), unhex(t, s.BuildID))
		})
	}
}

func TestParseCLibrary(t *testing.T) {
	s := parse(t, cInitial.bytes(t))
	assert.False(t, s.Go)
	assert.Nil(t, s.BuildInfo)
	assert.Empty(t, s.GoVersion)
	assert.False(t, s.NoDelete)
	assert.Equal(t, "libtls.so.1", s.SoName)
	assert.True(t, s.TLS.Dynamic)
	assert.True(t, s.TLS.Exported)
	var names []string
	for _, v := range s.TLS.InitialExec {
		names = append(names, v.Name)
	}
	slices.Sort(names)
	// foreign_var is another library's.
	assert.Equal(t, []string{"initial_static", "initial_var"}, names)

	answer, ok := s.Symbol("answer")
	require.True(t, ok)
	assert.Equal(t, uint64(4), answer.Size)
	off, ok := s.Offset(answer.Value)
	require.True(t, ok)
	assert.Equal(t, uint32(42), binary.LittleEndian.Uint32(cInitial.bytes(t)[off:]))
	_, ok = s.Symbol("no_such_symbol")
	assert.False(t, ok)
	_, ok = s.Offset(1 << 60)
	assert.False(t, ok)

	assert.Empty(t, parse(t, cDynamic.bytes(t)).TLS.InitialExec)
}

func TestParseArm(t *testing.T) {
	b := cArm.bytes(t)
	s, err := ParseFor(b, elf.EM_AARCH64)
	require.NoError(t, err)
	assert.Len(t, s.TLS.InitialExec, 2)
	assert.True(t, s.TLS.Dynamic, "TLSDESC")
	_, err = ParseFor(b, elf.EM_X86_64)
	require.ErrorIs(t, err, ErrWrongMachine)
	assert.ErrorContains(t, err, "arm64")
	assert.ErrorContains(t, err, "amd64")
}

func TestParseWithoutSectionHeaders(t *testing.T) {
	b := goPlain.bytes(t)
	want := parse(t, b)
	clear(b[40:48]) // e_shoff
	clear(b[58:64]) // e_shentsize, e_shnum, e_shstrndx
	s := parse(t, b)
	assert.False(t, s.HasSection)
	assert.False(t, s.HasSymtab)
	assert.Less(t, s.ImageEnd, want.ImageEnd)
	assert.Equal(t, want.Exports, s.Exports)
	assert.Equal(t, want.BuildInfo, s.BuildInfo)
	assert.Len(t, s.TLS.InitialExec, len(want.TLS.InitialExec))
	addr, size, ok := s.GoFunc("runtime.exit")
	require.True(t, ok)
	wantAddr, wantSize, _ := want.GoFunc("runtime.exit")
	assert.Equal(t, wantAddr, addr)
	assert.Equal(t, wantSize, size)
}

func TestParseIsDeterministic(t *testing.T) {
	b := cInitial.bytes(t)
	assert.Equal(t, parse(t, b), parse(t, b))
}

func TestImageEndIgnoresAppendedData(t *testing.T) {
	for _, lib := range []built{goPlain, goStripped, cInitial} {
		b := lib.bytes(t)
		s := parse(t, append(bytes.Clone(b), "a seal behind the image"...))
		assert.Equal(t, int64(len(b)), s.ImageEnd)
	}
}

func TestParseRefuses(t *testing.T) {
	lib := cInitial.bytes(t)
	patched := func(off int, bytes ...byte) []byte {
		b := slices.Clone(lib)
		copy(b[off:], bytes)
		return b
	}
	self, err := os.Executable()
	require.NoError(t, err)
	exe, err := os.ReadFile(self)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		file []byte
		want error
	}{
		"empty":                 {nil, ErrNotELF},
		"text":                  {[]byte("#!/bin/sh\necho this is no library\n"), ErrNotELF},
		"three bytes":           {[]byte("\x7fEL"), ErrNotELF},
		"magic only":            {[]byte(elf.ELFMAG), ErrCorrupt},
		"Go executable":         {exe, ErrNotShared},
		"C executable":          {cHost.bytes(t), ErrNotShared},
		"static PIE":            {cStaticPIE.bytes(t), ErrNotShared},
		"object file":           {cObject.bytes(t), ErrNotShared},
		"core dump":             {patched(16, byte(elf.ET_CORE)), ErrNotShared},
		"32 bits":               {patched(elf.EI_CLASS, byte(elf.ELFCLASS32))[:52], ErrWrongMachine},
		"big endian":            {patched(elf.EI_DATA, byte(elf.ELFDATA2MSB)), ErrWrongMachine},
		"riscv":                 {patched(18, byte(elf.EM_RISCV)), ErrWrongMachine},
		"class 0":               {patched(elf.EI_CLASS, 0), ErrCorrupt},
		"version 0":             {patched(elf.EI_VERSION, 0), ErrCorrupt},
		"no program headers":    {patched(56, 0, 0), ErrCorrupt},
		"small program headers": {patched(54, 32), ErrCorrupt},
		"far program headers":   {patched(32, 0, 0, 0, 0, 0, 0, 0, 0xff), ErrCorrupt},
		"far section headers":   {patched(40, 0, 0, 0, 0, 0, 0, 0, 0xff), ErrCorrupt},
		"no sections":           {patched(60, 0, 0), ErrCorrupt},
		"header only":           {lib[:ehdrSize], ErrCorrupt},
		"zeros behind header":   {append(slices.Clone(lib[:ehdrSize]), make([]byte, len(lib)-ehdrSize)...), ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse(test.file)
			require.ErrorIs(t, err, test.want)
			assert.Nil(t, s)
			assert.Greater(t, len(err.Error()), len(test.want.Error()), "says what and where")
		})
	}
}

func TestParseRefusesUnknownMachine(t *testing.T) {
	_, err := ParseFor(cInitial.bytes(t), elf.EM_RISCV)
	assert.ErrorIs(t, err, ErrWrongMachine)
}

// A half-copied file must be found at every length.
func TestParseRefusesTruncation(t *testing.T) {
	b := cInitial.bytes(t)
	for n := 0; n < len(b); n += 7 {
		s, err := Parse(b[:n])
		want := ErrCorrupt
		if n < len(elf.ELFMAG) {
			want = ErrNotELF
		}
		require.ErrorIs(t, err, want, "%d of %d bytes", n, len(b))
		require.Nil(t, s)
	}
	_, err := Parse(b[:len(b)-1])
	require.ErrorIs(t, err, ErrCorrupt)
	b = goPlain.bytes(t)
	for n := len(b) - 1; n > 64; n -= len(b)/100 + 1 {
		_, err := Parse(b[:n])
		require.ErrorIs(t, err, ErrCorrupt, "%d of %d bytes", n, len(b))
	}
}
