package elfimage

import (
	"debug/elf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ownObject has a thread-local variable of that model and initial value.
func ownObject(cc, file, model, value string) built {
	return build(cc, file, cc, "-fPIC", "-shared", "-Wl,-soname,libown.so", "-DMODEL=\""+model+"\"", "-DVALUE="+value, "-o", out, "testdata/own.c")
}

func parseAs(t *testing.T, b []byte) *Spec {
	t.Helper()
	spec, err := ParseFor(b, elf.Machine(binary.LittleEndian.Uint16(b[18:])))
	require.NoError(t, err)
	return spec
}

// A copy for one library has no name, runs nothing by itself, and has its variables where it is told.
func TestOwn(t *testing.T) {
	for name, lib := range map[string]built{
		"amd64": ownObject(gcc, "own.so", "initial-exec", "0"),
		"arm64": ownObject(armGCC, "ownarm.so", "initial-exec", "0"),
	} {
		t.Run(name, func(t *testing.T) {
			b := lib.bytes(t)
			spec := parseAs(t, b)
			require.Len(t, spec.TLS.InitialExec, 1)
			p := NewPatcher(spec)
			p.ClearSoName()
			f := p.TakeFunctions()
			require.NoError(t, p.MoveTLS(-4096))
			assert.NotZero(t, f.Init)
			assert.NotZero(t, f.Fini)
			assert.EqualValues(t, 16, f.Inits.High-f.Inits.Low, "the compiler's and that of the source")
			assert.EqualValues(t, 16, f.Finis.High-f.Finis.Low)

			c := edited(p)
			after := parseAs(t, c)
			assert.Empty(t, after.SoName)
			assert.Zero(t, after.Inits())
			assert.False(t, after.TLS.Present)
			assert.False(t, after.StaticTLS)
			v := spec.TLS.InitialExec[0]
			assert.Equal(t, int64(v.Offset)-4096, int64(word(c, int(v.GOT))))
			Undo(c, p.Edits())
			assert.Equal(t, b, c)
		})
	}
}

// A place that is zero at first is not for variables that are not.
func TestMovesTLS(t *testing.T) {
	assert.ErrorIs(t, parseAs(t, ownObject(gcc, "ownvalue.so", "initial-exec", "7").bytes(t)).MovesTLS(), ErrTLS)
	dynamic := parseAs(t, ownObject(gcc, "owndynamic.so", "global-dynamic", "7").bytes(t))
	require.NoError(t, dynamic.MovesTLS())
	p := NewPatcher(dynamic)
	require.NoError(t, p.MoveTLS(0))
	assert.Empty(t, p.Edits(), "it needs none")
}

// The segment takes the place of a note, behind the others in the file and in memory.
func TestAddSegment(t *testing.T) {
	b := ownObject(gcc, "own.so", "initial-exec", "0").bytes(t)
	spec := parseAs(t, b)
	p := NewPatcher(spec)
	vaddr, off, err := p.AddSegment(int64(len(b)), 100)
	require.NoError(t, err)
	assert.GreaterOrEqual(t, off, int64(len(b)))
	assert.GreaterOrEqual(t, vaddr, spec.Memory().High)
	c := append(edited(p), make([]byte, off+100-int64(len(b)))...)
	after := parseAs(t, c)
	at, ok := after.Offset(vaddr)
	assert.True(t, ok)
	assert.Equal(t, off, at)
	assert.Len(t, after.im.loads, len(spec.im.loads)+1)

	for i := range spec.im.progs { // an object without notes
		if elf.ProgType(spec.im.progs[i].Type) == elf.PT_NOTE {
			spec.im.progs[i].Type = uint32(elf.PT_NULL)
		}
	}
	_, _, err = p.AddSegment(int64(len(b)), 100)
	require.ErrorIs(t, err, ErrOwn)
}
