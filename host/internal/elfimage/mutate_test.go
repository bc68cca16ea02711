package elfimage

import (
	"bytes"
	"debug/elf"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutate flips bytes in the structures that Parse follows and sometimes cuts
// the file off; it returns a function that undoes the flips.
func mutate(r *rand.Rand, b []byte, hot []Range) (cut []byte, undo func()) {
	type change struct {
		at  uint64
		old byte
	}
	var changes []change
	for range 1 + r.IntN(4) {
		h := hot[r.IntN(len(hot))]
		at := h.Low + r.Uint64N(h.High-h.Low)
		changes = append(changes, change{at, b[at]})
		b[at] = []byte{0, 1, 0x7f, 0x80, 0xff, b[at] + 8, byte(r.Uint32())}[r.IntN(7)]
	}
	cut = b
	if r.IntN(8) == 0 {
		cut = b[:r.IntN(len(b))]
	}
	return cut, func() {
		for i := len(changes) - 1; i >= 0; i-- {
			b[changes[i].at] = changes[i].old
		}
	}
}

// hotRanges are the file offsets of headers, dynamic section, symbols and
// relocations.
func hotRanges(t *testing.T, b []byte) []Range {
	s := parse(t, b)
	dyn, err := s.im.dynamic()
	require.NoError(t, err)
	head := Range{0, ehdrSize + uint64(len(s.im.progs))*phdrSize}
	hot := []Range{head, head}
	sections := word(b, 40)
	hot = append(hot, Range{sections, min(sections+40*shdrSize, uint64(len(b)))})
	for _, p := range s.im.progs {
		if elf.ProgType(p.Type) == elf.PT_DYNAMIC {
			hot = append(hot, Range{p.Off, p.Off + p.Filesz})
		}
	}
	sizes := map[elf.DynTag]bool{elf.DT_STRSZ: true, elf.DT_RELASZ: true, elf.DT_PLTRELSZ: true}
	tags := slices.Sorted(maps.Keys(dyn.val)) // the same order in every run
	for _, tag := range tags {
		addr := dyn.val[tag]
		if off, ok := s.im.offset(addr, 256); ok && !sizes[tag] {
			hot = append(hot, Range{off, off + 256})
		}
	}
	for _, table := range s.im.rel.rela {
		end := table.off + uint64(len(table.b))
		hot = append(hot, Range{max(table.off, end-10*relaSize), end})
	}
	return hot
}

// No damage makes the package panic, or allocate beyond a multiple of the
// file's size.
func TestMutations(t *testing.T) {
	for name, test := range map[string]struct {
		lib    built
		rounds int
	}{
		"c": {cInitial, 4000}, "sysv": {cSysvHash, 1000}, "go": {goStripped, 200},
	} {
		t.Run(name, func(t *testing.T) {
			b := test.lib.bytes(t)
			original := bytes.Clone(b)
			hot := hotRanges(t, b)
			r := rand.New(rand.NewPCG(1, 2))
			limit := uint64(1<<20 + 4*len(b))
			accepted := 0
			var before, after runtime.MemStats
			for i := range test.rounds {
				cut, undo := mutate(r, b, hot)
				runtime.ReadMemStats(&before)
				_, err := Parse(cut)
				runtime.ReadMemStats(&after)
				require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, limit, "round %d", i)
				if err == nil {
					accepted++
					use(cut)
				}
				undo()
			}
			require.Equal(t, original, b)
			require.Positive(t, accepted)
			require.Less(t, accepted, test.rounds)
		})
	}
}

// A file in which each of many symbols has the same long name must not make a
// copy for each.
func TestLongNamesShareMemory(t *testing.T) {
	long := bytes.Repeat([]byte{'x'}, maxName-1)
	table := strtab(append(long, 0))
	allocs := testing.AllocsPerRun(100, func() {
		if name, ok := table.at(1); !ok || len(name) != maxName-2 {
			t.Fatal("not found")
		}
	})
	require.Zero(t, allocs)
	_, ok := strtab(bytes.Repeat([]byte{'x'}, 2*maxName)).at(0)
	require.False(t, ok)
}
