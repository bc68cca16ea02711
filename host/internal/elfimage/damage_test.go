package elfimage

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// prog returns the bytes of the first program header of a type.
func prog(t *testing.T, b []byte, typ elf.ProgType) []byte {
	t.Helper()
	for i, p := range parse(t, bytes.Clone(b)).im.progs {
		if elf.ProgType(p.Type) == typ {
			return b[word(b, 32)+uint64(i)*phdrSize:][:phdrSize]
		}
	}
	require.Fail(t, "no such program header", "%v", typ)
	return nil
}

// dyn returns the bytes of the dynamic section's first entry of a tag.
func dyn(t *testing.T, b []byte, tag elf.DynTag) []byte {
	t.Helper()
	off := word(prog(t, b, elf.PT_DYNAMIC), 8)
	for ; elf.DynTag(word(b, int(off))) != tag; off += dynSize {
		require.NotEqual(t, elf.DT_NULL, elf.DynTag(word(b, int(off))), "no %v", tag)
	}
	return b[off:][:dynSize]
}

// Each damage contradicts something, and the error says what.
func TestParseSaysWhatIsCorrupt(t *testing.T) {
	put32, put64 := binary.LittleEndian.PutUint32, binary.LittleEndian.PutUint64
	setDyn := func(tag elf.DynTag, v uint64) func(*testing.T, []byte) {
		return func(t *testing.T, b []byte) { put64(dyn(t, b, tag)[8:], v) }
	}
	setProg := func(typ elf.ProgType, at int, v uint64) func(*testing.T, []byte) {
		return func(t *testing.T, b []byte) { put64(prog(t, b, typ)[at:], v) }
	}
	retype := func(from, to elf.ProgType) func(*testing.T, []byte) {
		return func(t *testing.T, b []byte) { put32(prog(t, b, from), uint32(to)) }
	}
	for says, damage := range map[string]func(*testing.T, []byte){
		"second PT_TLS":              retype(elf.PT_NOTE, elf.PT_TLS),
		"second PT_DYNAMIC":          retype(elf.PT_GNU_RELRO, elf.PT_DYNAMIC),
		"no dynamic section":         retype(elf.PT_DYNAMIC, elf.PT_NULL),
		"a TLS block of 0x0 bytes":   retype(elf.PT_TLS, elf.PT_NULL),
		"PT_TLS) contradicts itself": setProg(elf.PT_TLS, 48, 3),
		"initial values":             setProg(elf.PT_TLS, 16, 1<<40),
		"more bytes in the file":     setProg(elf.PT_LOAD, 40, 1),
		"wraps around": func(t *testing.T, b []byte) {
			load := prog(t, b, elf.PT_LOAD)
			put64(load[16:], ^uint64(0xfff)) // p_vaddr
			put64(load[40:], 0x2000)         // p_memsz
		},
		"misaligned":                 setProg(elf.PT_LOAD, 16, 1),
		"overlaps":                   setProg(elf.PT_LOAD, 40, 1<<30),
		"is in no segment":           setProg(elf.PT_DYNAMIC, 16, 0),
		"no end (DT_NULL)":           setProg(elf.PT_DYNAMIC, 32, 3*dynSize),
		"(DT_STRTAB)":                setDyn(elf.DT_STRTAB, 1<<40),
		"(DT_SONAME)":                setDyn(elf.DT_SONAME, 1<<40),
		"(DT_NEEDED)":                setDyn(elf.DT_NEEDED, 1<<40),
		"(DT_SYMTAB)":                setDyn(elf.DT_SYMTAB, 1<<40),
		"(DT_SYMENT)":                setDyn(elf.DT_SYMENT, 16),
		"hash table for symbols":     setDyn(elf.DT_GNU_HASH, 1<<40),
		"no hash table":              setDyn(elf.DT_GNU_HASH, 0),
		"(DT_RELA) at":               setDyn(elf.DT_RELA, 1<<40),
		"not a multiple of 24":       setDyn(elf.DT_RELASZ, 25),
		"(DT_RELA) with entries":     setDyn(elf.DT_RELAENT, 16),
		"relative relocations":       setDyn(elf.DT_RELACOUNT, 1<<40),
		"among the relative ones":    setDyn(elf.DT_RELACOUNT, 4),
		"relocations of kind":        setDyn(elf.DT_PLTREL, uint64(elf.DT_REL)),
		"no executable segment":      clearExec,
		"not in an executable":       func(t *testing.T, b []byte) { put64(dynSym(t, b, "dynamic")[8:], 0) },
		"name of dynamic symbol":     func(t *testing.T, b []byte) { put32(dynSym(t, b, "dynamic"), ^uint32(0)) },
		"names of the static symbol": func(t *testing.T, b []byte) { put32(symtabHeader(t, b)[40:], 1) },
		"static symbol table of":     func(t *testing.T, b []byte) { put32(symtabHeader(t, b)[40:], 1<<20) },
	} {
		t.Run(says, func(t *testing.T) {
			b := cInitial.bytes(t)
			damage(t, b)
			_, err := Parse(b)
			require.ErrorIs(t, err, ErrCorrupt)
			assert.ErrorContains(t, err, says)
		})
	}
}

func TestParseDynamicTLSNeedsSegment(t *testing.T) {
	b := cDynamic.bytes(t)
	binary.LittleEndian.PutUint32(prog(t, b, elf.PT_TLS), uint32(elf.PT_NULL))
	_, err := Parse(b)
	require.ErrorIs(t, err, ErrCorrupt)
	assert.ErrorContains(t, err, "no PT_TLS segment")
}

func clearExec(t *testing.T, b []byte) {
	for i, p := range parse(t, bytes.Clone(b)).im.progs {
		b[word(b, 32)+uint64(i)*phdrSize+4] = byte(p.Flags &^ uint32(elf.PF_X))
	}
}

// dynSym returns the bytes of an exported symbol.
func dynSym(t *testing.T, b []byte, name string) []byte {
	t.Helper()
	sym, ok := parse(t, bytes.Clone(b)).Symbol(name)
	require.True(t, ok)
	addr := binary.LittleEndian.AppendUint64(nil, sym.Value)
	at := word(dyn(t, b, elf.DT_SYMTAB), 8) // its segment starts at 0 in both file and memory
	i := bytes.Index(b[at:], addr)
	require.Positive(t, i)
	return b[at+uint64(i)-8:][:symSize]
}

func symtabHeader(t *testing.T, b []byte) []byte {
	t.Helper()
	for h := b[word(b, 40):]; len(h) >= shdrSize; h = h[shdrSize:] {
		if elf.SectionType(half(h, 4)) == elf.SHT_SYMTAB {
			return h[:shdrSize]
		}
	}
	require.Fail(t, "no symbol table")
	return nil
}

func TestBuildInfoDamaged(t *testing.T) {
	version := "\x08go1.26.0"
	head := buildMagic + "\x08\x02" + string(make([]byte, 16))
	for name, test := range map[string]struct {
		data string
		ok   bool
	}{
		"no modules":        {head + version + "\x00", true},
		"short header":      {head[:20], false},
		"pointers":          {buildMagic + "\x08\x00" + head[16:] + version + "\x00", false},
		"no version":        {head + "\x00\x00", false},
		"cut off":           {head + version, false},
		"long version":      {head + "\xff\xff\xff\xff\xff\xff\xff\xff\x7fgo", false},
		"overlong length":   {head + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", false},
		"misaligned":        {"xxxxxxxx" + head + version + "\x00", false},
		"second one counts": {"\x00\x00" + buildMagic + head + version + "\x00", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, mod, ok := searchBuildInfo([]byte(test.data), 0x4000)
			assert.Equal(t, test.ok, ok)
			assert.Empty(t, mod)
			if test.ok {
				assert.Equal(t, "go1.26.0", got)
			}
		})
	}
}

func TestPackedPointers(t *testing.T) {
	im := &image{b: make([]byte, 0x1000), loads: []elf.Prog64{{Filesz: 0x1000, Memsz: 0x1000}}}
	var relr []byte
	for _, entry := range []uint64{0x100, 0b101<<1 | 1, 1<<63 | 1, 0x800, 1<<1 | 1} {
		relr = binary.LittleEndian.AppendUint64(relr, entry)
	}
	// The bitmaps cover 63 words each, after 0x100 and after 0x800.
	want := []uint64{0x100, 0x108, 0x118, 0x108 + 63*8 + 62*8, 0x800, 0x808}
	for i, where := range want {
		binary.LittleEndian.PutUint64(im.b[where:], uint64(i))
	}
	var got []uint64
	im.packedPointers(relr, func(where, to uint64) bool {
		assert.Equal(t, uint64(len(got)), to)
		got = append(got, where)
		return true
	})
	assert.Equal(t, want, got)

	got = nil
	im.packedPointers(relr, func(where, _ uint64) bool { got = append(got, where); return len(got) < 2 })
	assert.Equal(t, want[:2], got)
}
