package elfimage

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const slot = -0x1230

func toSlot(off uint64) int64 { return slot + int64(off) }

// edited is a copy of the file that p is for, with its edits.
func edited(p *Patcher) []byte {
	b := bytes.Clone(p.s.im.b)
	for _, e := range p.Edits() {
		copy(b[e.Offset:], e.After)
	}
	return b
}

func TestPatchGoLibrary(t *testing.T) {
	for name, lib := range map[string]built{
		"plain": goPlain, "stripped": goStripped, "relr": goRelr, "arm": goArm,
	} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			original := bytes.Clone(b)
			machine := elf.Machine(binary.LittleEndian.Uint16(b[18:]))
			before, err := ParseFor(b, machine)
			require.NoError(t, err)
			p := NewPatcher(before)
			p.ClearNoDelete()
			require.NoError(t, p.RedirectTLS(toSlot))
			assert.Equal(t, original, b, "the original is untouched")
			c := edited(p)
			undone := bytes.Clone(c)
			Undo(undone, p.Edits())
			assert.Equal(t, original, undone)

			after, err := ParseFor(c, machine)
			require.NoError(t, err)
			assert.False(t, after.NoDelete)
			assert.False(t, after.StaticTLS)
			assert.Equal(t, TLS{}, after.TLS)
			assert.Equal(t, before.ImageEnd, after.ImageEnd)
			assert.Equal(t, before.Exports, after.Exports)
			for _, v := range before.TLS.InitialExec {
				assert.Equal(t, toSlot(v.Offset), int64(binary.LittleEndian.Uint64(c[v.GOT:])))
			}
			checkReadelf(t, c)
		})
	}
}

// checkReadelf asks an independent reader whether the patched file is sound.
func checkReadelf(t *testing.T, b []byte) {
	t.Helper()
	readelf, err := exec.LookPath("readelf")
	if err != nil {
		return
	}
	path := filepath.Join(t.TempDir(), "patched.so")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	text, err := exec.Command(readelf, "-dlrW", path).CombinedOutput()
	require.NoError(t, err)
	assert.Contains(t, string(text), "FLAGS_1")
	for _, gone := range []string{"NODELETE", "STATIC_TLS", "TPOFF", "TPREL", "  TLS  ", "Warning", "Error"} {
		assert.NotContains(t, string(text), gone)
	}
}

// The dynamic linker accepts the patched file, and its Go code runs with g in
// the host's slot.
func TestPatchedLibraryRuns(t *testing.T) {
	host := cHost.path(t)
	printed, err := exec.Command(host).Output()
	require.NoError(t, err)
	tpoff, err := strconv.ParseInt(strings.TrimSpace(string(printed)), 10, 64)
	require.NoError(t, err)
	for name, lib := range map[string]built{"plain": goPlain, "stripped": goStripped, "dynamic": goDynamic} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			p := NewPatcher(parse(t, b))
			p.ClearNoDelete()
			require.NoError(t, p.RedirectTLS(func(uint64) int64 { return tpoff }))
			path := filepath.Join(t.TempDir(), "patched.so")
			require.NoError(t, os.WriteFile(path, edited(p), 0o700))
			text, err := exec.Command(host, path).CombinedOutput()
			require.NoError(t, err, "%s", text)
			assert.Equal(t, "42 slot used\n", string(text))
		})
	}
}

// C variables of the dynamic TLS models stay, in a PT_TLS that needs no static TLS.
func TestRedirectTLSKeepsDynamic(t *testing.T) {
	b := goDynamic.bytes(t)
	before := parse(t, b)
	require.True(t, before.TLS.Dynamic)
	p := NewPatcher(before)
	require.NoError(t, p.RedirectTLS(toSlot))
	after := parse(t, edited(p))
	assert.False(t, after.StaticTLS)
	assert.Empty(t, after.TLS.InitialExec)
	assert.True(t, after.TLS.Present)
	assert.True(t, after.TLS.Dynamic)
}

func TestRedirectTLSRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		lib   built
		names []string
	}{
		"Go and C": {goInitial, []string{"besides", "initial_c"}},
		"C":        {cInitial, []string{"can't tell", "initial_static", "initial_var"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := test.lib.bytes(t)
			p := NewPatcher(parse(t, b))
			err := p.RedirectTLS(toSlot)
			require.ErrorIs(t, err, ErrTLS)
			for _, name := range test.names {
				assert.ErrorContains(t, err, name)
			}
			assert.Empty(t, p.Edits())
		})
	}
}

func TestRedirectTLSStripped(t *testing.T) {
	g := TLSReloc{Offset: 8}
	for name, test := range map[string]struct {
		spec Spec
		ok   bool
	}{
		"only g":            {Spec{Go: true, TLS: TLS{InitialExec: []TLSReloc{g, g}}}, true},
		"not Go":            {Spec{TLS: TLS{InitialExec: []TLSReloc{g}}}, false},
		"has initial value": {Spec{Go: true, TLS: TLS{FileSize: 16, InitialExec: []TLSReloc{g}}}, false},
		"two unnamed":       {Spec{Go: true, TLS: TLS{InitialExec: []TLSReloc{g, {Offset: 16}}}}, false},
		"g and another":     {Spec{Go: true, TLS: TLS{InitialExec: []TLSReloc{{Offset: 16, Name: "c"}, g}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			off, err := test.spec.goTLS()
			if test.ok {
				require.NoError(t, err)
				assert.Equal(t, g.Offset, off)
				return
			}
			require.ErrorIs(t, err, ErrTLS)
		})
	}
}

func TestRedirectTLSWithoutInitialExec(t *testing.T) {
	p := NewPatcher(parse(t, cDynamic.bytes(t)))
	require.NoError(t, p.RedirectTLS(toSlot))
	assert.Empty(t, p.Edits())
}

func TestWriteAt(t *testing.T) {
	s := parse(t, cInitial.bytes(t))
	p := NewPatcher(s)
	answer, ok := s.Symbol("answer")
	require.True(t, ok)
	require.NoError(t, p.WriteAt(answer.Value, []byte{43, 0, 0, 0}))
	off, _ := s.Offset(answer.Value)
	assert.Equal(t, []byte{43, 0, 0, 0}, edited(p)[off:off+4])

	fn, ok := s.Symbol("dynamic")
	require.True(t, ok)
	require.NoError(t, p.PutUint64(fn.Value, 0x1122334455667788))
	off, _ = s.Offset(fn.Value)
	assert.Equal(t, uint64(0x1122334455667788), binary.LittleEndian.Uint64(edited(p)[off:]))

	last := s.im.loads[len(s.im.loads)-1]
	end := last.Vaddr + last.Filesz
	before := len(p.Edits())
	assert.ErrorIs(t, p.WriteAt(end, []byte{1}), ErrRange, "in .bss")
	assert.ErrorIs(t, p.PutUint64(end-4, 1), ErrRange, "half in .bss")
	assert.ErrorIs(t, p.PutUint64(^uint64(0)-3, 1), ErrRange, "wraps around")
	assert.Len(t, p.Edits(), before)
	assert.NoError(t, p.PutUint64(end-8, 1))
}

// Two edits may write to the same place: the later one counts, and Undo restores the
// file's bytes.
func TestEditsOverlap(t *testing.T) {
	b := cInitial.bytes(t)
	s := parse(t, b)
	p := NewPatcher(s)
	require.NoError(t, p.PutUint64(s.Text.Low, 1))
	require.NoError(t, p.PutUint64(s.Text.Low+4, 2))
	c := edited(p)
	off, _ := s.Offset(s.Text.Low)
	assert.Equal(t, []byte{1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}, c[off:off+12])
	Undo(c, p.Edits())
	assert.Equal(t, b, c)
}

// What the dynamic linker does not read can be left out.
func TestLoadable(t *testing.T) {
	b := goPlain.bytes(t)
	s := parse(t, b)
	n, cut := s.Loadable()
	assert.Less(t, n, s.ImageEnd)
	c := bytes.Clone(b[:n])
	for _, e := range cut {
		copy(c[e.Offset:], e.After)
	}
	after := parse(t, c)
	assert.False(t, after.HasSection)
	assert.Equal(t, n, after.ImageEnd)
	assert.Equal(t, s.Exports, after.Exports)
}

// The runtime's start function is found and led elsewhere in each kind of file: with
// relocations of both forms, stripped, on both processors.
func TestRedirectInit(t *testing.T) {
	for name, lib := range map[string]built{"plain": goPlain, "stripped": goStripped, "relr": goRelr, "arm": goArm} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			machine := elf.Machine(binary.LittleEndian.Uint16(b[18:]))
			s, err := ParseFor(b, machine)
			require.NoError(t, err)
			start, _, ok := s.GoFunc("_rt0_" + arches[machine].goarch + "_linux_lib")
			require.True(t, ok)
			p := NewPatcher(s)
			assert.False(t, p.RedirectInit(start+1, 0x1234), "no init function")
			assert.Empty(t, p.Edits())
			require.True(t, p.RedirectInit(start, 0x1234))
			c := edited(p)
			after, err := ParseFor(c, machine)
			require.NoError(t, err)
			again := NewPatcher(after)
			assert.False(t, again.RedirectInit(start, 0), "it is not there any more")
			assert.True(t, again.RedirectInit(0x1234, start))
			Undo(c, p.Edits())
			assert.Equal(t, b, c)
		})
	}
}

// Init and exit functions of each kind of file are replaced by one each, and it is told
// where they were.
func TestReplaceInits(t *testing.T) {
	for name, lib := range map[string]built{"plain": goPlain, "stripped": goStripped, "relr": goRelr, "arm": goArm} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			machine := elf.Machine(binary.LittleEndian.Uint16(b[18:]))
			s, err := ParseFor(b, machine)
			require.NoError(t, err)
			p := NewPatcher(s)
			inits, finis, ok := p.ReplaceInits(0x1230, 0x1238)
			require.True(t, ok)
			c := edited(p)
			f, err := elf.NewFile(bytes.NewReader(c))
			require.NoError(t, err)
			for tag, want := range map[elf.DynTag]uint64{
				elf.DT_INIT_ARRAY: 0x1230, elf.DT_INIT_ARRAYSZ: 8, elf.DT_FINI_ARRAY: 0x1238, elf.DT_FINI_ARRAYSZ: 8,
			} {
				got, err := f.DynValue(tag)
				require.NoError(t, err)
				assert.Equal(t, []uint64{want}, got, tag)
			}
			for name, list := range map[string]Range{".init_array": inits, ".fini_array": finis} {
				section := f.Section(name)
				assert.Equal(t, Range{section.Addr, section.Addr + section.Size}, list, name)
			}
			Undo(c, p.Edits())
			assert.Equal(t, b, c)
		})
	}
}

// Run paths of both kinds, and what filters name, are read; the run paths can be taken out.
func TestClearRunPath(t *testing.T) {
	for kind, flag := range map[string]string{"RPATH": "--disable-new-dtags", "RUNPATH": "--enable-new-dtags"} {
		t.Run(kind, func(t *testing.T) {
			lib := build("cc", "librunpath."+kind+".so", "cc", "-shared", "-o", out, "-Wl,"+flag, "-Wl,-rpath,$ORIGIN/a:/b",
				"-Wl,--auxiliary=libaux.so", "-Wl,--filter=libfilter.so", "-x", "c", "/dev/null")
			s, err := ParseFor(lib.bytes(t), hostMachine())
			require.NoError(t, err)
			assert.Equal(t, "$ORIGIN/a:/b", s.RPath+s.RunPath)
			assert.Equal(t, kind == "RPATH", s.RPath != "")
			assert.Subset(t, s.Needed, []string{"libaux.so", "libfilter.so"})
			p := NewPatcher(s)
			p.ClearRunPath()
			after, err := ParseFor(edited(p), hostMachine())
			require.NoError(t, err)
			assert.Empty(t, after.RPath+after.RunPath)
			assert.Equal(t, s.Needed, after.Needed)
		})
	}
}
