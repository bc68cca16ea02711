package elfimage

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// use calls everything that works on bytes from the file.
func use(b []byte) {
	s, err := Parse(b)
	if err != nil {
		return
	}
	s.Symbol("no_such_symbol")
	s.GoFunc("runtime.exit")
	s.Offset(s.Text.Low)
	p := NewPatcher(s)
	p.ClearNoDelete()
	_ = p.RedirectTLS(toSlot)
	_ = p.PutUint64(s.Text.Low, 1)
	for _, sym := range s.Exports {
		_ = p.WriteAt(sym.Value, make([]byte, min(sym.Size, 64)))
	}
}

// Run it with -fuzzminimizetime=20x: the fuzzer takes longer to minimize inputs of
// 16 KB than to find them.
func FuzzParse(f *testing.F) {
	f.Add([]byte(nil))
	for _, lib := range []built{cDynamic, cInitial, cSysvHash} {
		f.Add(lib.bytes(f))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err == nil && (s.ImageEnd < ehdrSize || s.ImageEnd > int64(len(b))) {
			t.Fatalf("image ends at %d of %d bytes", s.ImageEnd, len(b))
		}
		use(b)
	})
}

// A whole Go library is too large for the fuzzer to mutate; it chooses two
// places and what to write there.
func FuzzParseGo(f *testing.F) {
	file := goStripped.bytes(f)
	s := parse(f, file)
	table := uint32(bytes.Index(file, []byte{0xf1, 0xff, 0xff, 0xff, 0, 0}))
	f.Add(table+pclnNumFuncs, []byte{0xff, 0xff}, table+pclnFuncs, []byte{0xff})
	f.Add(uint32(s.TLS.InitialExec[0].Rela), []byte{1}, uint32(word(file, 40)), []byte{1})
	f.Fuzz(func(t *testing.T, at1 uint32, data1 []byte, at2 uint32, data2 []byte) {
		b := bytes.Clone(file)
		copy(b[int(at1)%len(b):], data1)
		copy(b[int(at2)%len(b):], data2)
		use(b)
	})
}

func FuzzPatch(f *testing.F) {
	f.Add(uint64(0), []byte{1}, int64(8))
	f.Add(^uint64(0), []byte{1, 2, 3}, int64(-8))
	b := cInitial.bytes(f)
	s := parse(f, b)
	s.Go = true // so that the redirection gets as far as it can
	s.TLS.InitialExec = s.TLS.InitialExec[:1]
	s.TLS.InitialExec[0].Name = "runtime.tlsg"
	f.Fuzz(func(t *testing.T, vaddr uint64, data []byte, tpoff int64) {
		p := NewPatcher(s)
		if p.WriteAt(vaddr, data) == nil && len(data) > 0 {
			off, ok := s.Offset(vaddr)
			require.True(t, ok)
			require.Equal(t, data, edited(p)[off:int(off)+len(data)])
		} else {
			require.Equal(t, b, edited(p))
		}
		p = NewPatcher(s)
		require.NoError(t, p.RedirectTLS(func(uint64) int64 { return tpoff }))
		_, err := Parse(edited(p))
		require.NoError(t, err)
	})
}
