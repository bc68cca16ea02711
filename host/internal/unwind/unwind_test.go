package unwind

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fileMemory is a shared object as if it were mapped at 0.
func fileMemory(t testing.TB, path string) Memory {
	f, err := elf.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	m := Memory{
		Read: func(at uint64, to []byte) int {
			for _, p := range f.Progs {
				if p.Type == elf.PT_LOAD && p.Vaddr <= at && at < p.Vaddr+p.Filesz {
					n, _ := p.ReadAt(to, int64(at-p.Vaddr))
					return n
				}
			}
			return 0
		},
		Tables: func(uint64) (uint64, error) { return 0, unknown("no tables in %s", path) },
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_GNU_EH_FRAME {
			m.Tables = func(uint64) (uint64, error) { return p.Vaddr, nil }
		}
	}
	return m
}

// numbers are the DWARF numbers of what readelf names.
var numbers = map[string]int{
	"rax": 0, "rdx": 1, "rcx": 2, "rbx": 3, "rsi": 4, "rdi": 5, "rbp": 6, "rsp": 7,
	"r8": 8, "r9": 9, "r10": 10, "r11": 11, "r12": 12, "r13": 13, "r14": 14, "r15": 15, "ra": 16,
}

// What binutils reads in the tables of libc and of what C and C++ code links, so does this package.
func TestRulesAreThoseOfReadelf(t *testing.T) {
	if testing.Short() {
		t.Skip("nothing happens at the same time, and the race detector makes it slow")
	}
	readelf, err := exec.LookPath("readelf")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("no readelf for amd64: ", err)
	}
	tried := 0
	for _, name := range []string{"libc.so.6", "libgomp.so.1", "libstdc++.so.6"} {
		paths, err := filepath.Glob("/lib*/x86_64-linux-gnu/" + name)
		require.NoError(t, err)
		if len(paths) == 0 {
			continue
		}
		m := fileMemory(t, paths[0])
		cmd := exec.Command(readelf, "--wide", "--debug-dump=frames-interp", paths[0])
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		out, _ := cmd.Output() // it also fails for what it only warns of
		rows := compare(t, m, string(out))
		assert.Greater(t, rows, 1000, name)
		tried++
	}
	if tried == 0 {
		t.Skip("none of the libraries is where Debian has it")
	}
}

// compare checks each row that readelf has printed: an address, the rule of the canonical frame address, and one for
// each register that it names above.
func compare(t *testing.T, m Memory, out string) (rows int) {
	var columns []string
	inFunction := false
	for line := range strings.Lines(out) {
		words := strings.Fields(line)
		switch {
		case strings.Contains(line, " FDE "):
			inFunction = true
		case strings.Contains(line, " CIE "):
			inFunction = false
		case len(words) > 2 && words[0] == "LOC":
			columns = words[2:]
		case inFunction && len(words) == len(columns)+2 && words[1] != "ZERO":
			pc, err := strconv.ParseUint(words[0], 16, 64)
			require.NoError(t, err, line)
			f, err := m.find(pc)
			require.NoError(t, err, line)
			if f.signal {
				continue
			}
			r, err := f.rules(pc)
			if words[1] == "exp" {
				require.ErrorIs(t, err, ErrUnknown, line)
				continue
			}
			require.NoError(t, err, line)
			register, offset, _ := strings.Cut(words[1], "+")
			require.Equal(t, numbers[register], r.base.register, line)
			require.Equal(t, offset, strconv.FormatInt(r.base.offset, 10), line)
			for i, column := range columns {
				require.Equal(t, words[i+2], spell(r.registers[numbers[column]]), "%s of %s", column, line)
			}
			rows++
		}
	}
	return rows
}

// spell is how readelf has a rule.
func spell(r rule) string {
	switch r.kind {
	case ruleOffset:
		return fmt.Sprintf("c%+d", r.offset)
	case ruleValue:
		return fmt.Sprintf("v%+d", r.offset)
	case ruleOther:
		return "exp"
	}
	return "u" // it does not tell what was never saved from what nobody knows
}

// table is an object at 0x1000 with one function there, whose table has these instructions. The stack is at 0x2000.
func table(version byte, augmentation string, own []byte, stack ...uint64) Memory {
	const header, cie = 0x3000, 0x3100
	le := binary.LittleEndian
	relative := func(to, from uint64) uint32 { return uint32(to - from) }
	sized := func(b []byte) []byte { return append(le.AppendUint32(nil, uint32(len(b))), b...) }
	common := le.AppendUint32(nil, 0)
	common = append(common, version)
	common = append(append(common, augmentation...), 0)
	common = append(common, 1, 0x78, 16, 1, relative4)    // factors 1 and -8; the return address is in 16
	common = append(common, 0x0c, 7, 8, 0x80|16, 1, 0, 0) // as at the beginning of every function
	frames := sized(common)
	fde := cie + uint64(len(frames))
	rest := le.AppendUint32(nil, uint32(fde+4-cie))
	rest = le.AppendUint32(rest, relative(0x1000, fde+8))
	rest = append(le.AppendUint32(rest, 0x100), 0)
	frames = append(frames, sized(append(rest, own...))...)
	search := []byte{1, relative4, absolute4, table4, 0, 0, 0, 0}
	search = le.AppendUint32(search, 1)
	search = le.AppendUint32(search, relative(0x1000, header))
	search = le.AppendUint32(search, relative(fde, header))
	var words []byte
	for _, w := range stack {
		words = le.AppendUint64(words, w)
	}
	parts := map[uint64][]byte{0x2000: words, header: search, cie: frames}
	return Memory{
		Read: func(at uint64, to []byte) int {
			for from, data := range parts {
				if from <= at && at < from+uint64(len(data)) {
					return copy(to, data[at-from:])
				}
			}
			return 0
		},
		Tables: func(pc uint64) (uint64, error) {
			if pc-0x1000 < 0x100 {
				return header, nil
			}
			return 0, unknown("no object at %#x", pc)
		},
	}
}

func TestReturns(t *testing.T) {
	thread := Thread{PC: 0x1010, SP: 0x2000}
	for what, c := range map[string]struct {
		m    Memory
		want []uint64
		err  string
	}{
		"none":                {table(1, "zR", []byte{0x07, 16}), nil, ""},
		"two":                 {table(1, "zR", nil, 0x1020, 0x1030, 0), []uint64{0x1020, 0x1030}, ""},
		"room":                {table(1, "zR", []byte{0x0e, 16}, 7, 0x1020, 7, 0), []uint64{0x1020}, ""},
		"room from there on":  {table(1, "zR", []byte{0x40 | 0x18, 0x0e, 16}, 0x1020, 7, 0), []uint64{0x1020}, ""},
		"saved and restored":  {table(1, "zR", []byte{0x0a, 0x0e, 16, 0x0b}, 0), nil, ""},
		"at the very end":     {table(1, "zR", nil, 0x1100, 0), []uint64{0x1100}, ""},
		"another object":      {table(1, "zR", nil, 0x1020, 0x9000), nil, "at 0x9000: the stack can't be walked: no object"},
		"the stack ends":      {table(1, "zR", nil, 0x1020), nil, "at 0x1020: the stack can't be walked: the stack ends at 0x2008"},
		"a frame pointer":     {table(1, "zR", []byte{0x0d, 6}, 0), nil, "what register 6 has is not known"},
		"it goes down":        {table(1, "zR", []byte{0x13, 4}, 0), nil, "the stack goes the wrong way"},
		"computed":            {table(1, "zR", []byte{0x0f, 1, 0x30}, 0), nil, "where the frame begins is computed"},
		"elsewhere":           {table(1, "zR", []byte{0x10, 16, 1, 0x30}, 0), nil, "where it returns to is not known"},
		"a handler":           {table(1, "zRS", nil, 0), nil, "a handler interrupted it"},
		"another version":     {table(3, "zR", nil, 0), nil, "a table of version 3"},
		"another form":        {table(1, "zRX", nil, 0), nil, `a table with "zRX"`},
		"cut off":             {table(1, "zR", []byte{0x0c}, 0), nil, "a table ends too early"},
		"another instruction": {table(1, "zR", []byte{0x3f}, 0), nil, "instruction 0x3f"},
		"nothing to restore":  {table(1, "zR", []byte{0x0b}, 0), nil, "no state is remembered"},
		"forever":             {table(1, "zR", []byte{0x0a}, make([]uint64, 1)...), nil, ""},
	} {
		returns, err := Returns(c.m, thread)
		if c.err != "" {
			require.ErrorIs(t, err, ErrUnknown, what)
			require.ErrorContains(t, err, c.err, what)
			continue
		}
		require.NoError(t, err, what)
		assert.Equal(t, c.want, returns, what)
	}
	deep := make([]uint64, 300)
	for i := range deep {
		deep[i] = 0x1020
	}
	_, err := Returns(table(1, "zR", nil, deep...), thread)
	require.ErrorContains(t, err, "more than 256 frames")
}

// Damaged tables are errors.
func FuzzReturns(f *testing.F) {
	f.Add(byte(1), "zR", []byte{0x0a, 0x0e, 16, 0x0b, 0x40 | 2, 0x86, 2}, uint64(0x1020))
	f.Add(byte(1), "zPLR", []byte{0x16, 6, 1, 0x30, 0x2e, 0x80, 1}, uint64(0x1000))
	f.Fuzz(func(t *testing.T, version byte, augmentation string, own []byte, back uint64) {
		if len(augmentation)+len(own) > 1000 {
			return
		}
		returns, err := Returns(table(version, augmentation, own, back, back, back), Thread{PC: 0x1010, SP: 0x2000})
		if err != nil {
			assert.ErrorIs(t, err, ErrUnknown)
		}
		assert.LessOrEqual(t, len(returns), maxFrames)
	})
}

func TestNumbers(t *testing.T) {
	r := &reader{data: []byte{0xe5, 0x8e, 0x26, 0x9b, 0xf1, 0x59, 0x7f, 0x3f}}
	assert.EqualValues(t, 624485, r.uleb()) // the example of DWARF 5, 7.6, and that of its signed form
	assert.EqualValues(t, -624485, r.sleb())
	assert.EqualValues(t, -1, r.sleb())
	assert.EqualValues(t, 63, r.sleb())
	require.NoError(t, r.err)
	assert.Zero(t, r.uleb())
	require.ErrorIs(t, r.err, ErrUnknown)
}
