package needed

import (
	"debug/elf"
	"encoding/binary"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cacheOf writes a cache as ldconfig does, of names and paths.
func cacheOf(pairs ...string) []byte {
	b := make([]byte, 48, 48+len(pairs)/2*24)
	copy(b, "glibc-ld.so.cache1.1")
	binary.LittleEndian.PutUint32(b[20:], uint32(len(pairs)/2))
	text := []byte{}
	start := cap(b)
	for i, s := range pairs {
		if i%2 == 0 {
			b = binary.LittleEndian.AppendUint32(b, 0x0303)
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(start+len(text)))
		text = append(append(text, s...), 0)
		if i%2 == 1 {
			b = append(b, make([]byte, 12)...)
		}
	}
	return append(b, text...)
}

func TestParseCache(t *testing.T) {
	b := cacheOf("libz.so.1", "/lib/libz.so.1", "libz.so.1", "/opt/libz.so.1", "libx.so", "relative")
	want := map[string][]string{"libz.so.1": {"/lib/libz.so.1", "/opt/libz.so.1"}}
	assert.Equal(t, want, parseCache(b))
	assert.Equal(t, want, parseCache(append([]byte("ld.so-1.7.0 and an older format"), b...)))
	for n := range len(b) {
		for name := range parseCache(b[:n]) { // no panic, and no path that is not absolute
			assert.NotEmpty(t, name)
		}
	}
	binary.LittleEndian.PutUint32(b[20:], 1<<31)
	parseCache(b)
	assert.Empty(t, parseCache(nil))
}

// The system is where the dynamic linker finds what is its own.
func TestSystemFindsLibc(t *testing.T) {
	exe, err := elf.Open("/proc/self/exe")
	require.NoError(t, err)
	defer exe.Close()
	s := readSystem(exe.Machine)
	path := s.find("libc.so.6")
	if path == "" {
		t.Skip("no glibc")
	}
	real, err := filepath.EvalSymlinks(filepath.Dir(path))
	require.NoError(t, err)
	assert.True(t, s.dirs[real])
	o, err := readSystemObject(path)
	require.NoError(t, err)
	assert.NotEmpty(t, o.Needed)
	assert.Empty(t, readSystem(elf.EM_S390).find("libc.so.6"), "of another machine")
}

// What is searched for in a directory never blocks.
func TestRunPath(t *testing.T) {
	dir := t.TempDir()
	o := &Object{Path: filepath.Join(dir, "lib.so")}
	assert.Equal(t, []string{dir + "/a", "/b", dir}, o.dirs("$ORIGIN/a:/b::${ORIGIN}:/$LIB:/$PLATFORM/c", ":"))
	assert.Empty(t, o.dirs("", ":"))
	fifo := filepath.Join(dir, "fifo.so")
	require.NoError(t, syscall.Mkfifo(fifo, 0o644))
	assert.False(t, isFor(fifo, elf.EM_X86_64))
}
