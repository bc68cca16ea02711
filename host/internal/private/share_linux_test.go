package private

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/internal/proc"
)

// A mappedCopy is mapped as the dynamic linker does it: three pages, of which nobody writes
// to the first two.
type mappedCopy struct {
	*Copy
	memory []byte
}

const page = 4096

func mapped(t *testing.T, content []byte, edit string) mappedCopy {
	c, err := InMemory("test:own", content, []elfimage.Edit{{Offset: 2*page + 5, After: []byte(edit)}})
	require.NoError(t, err)
	m, err := unix.Mmap(int(c.file.Fd()), 0, len(content), unix.PROT_READ, unix.MAP_PRIVATE)
	require.NoError(t, err)
	t.Cleanup(func() { _ = unix.Munmap(m) })
	return mappedCopy{c, m}
}

func (m mappedCopy) share(t *testing.T) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(m.memory)))
	parts := []Part{{Off: 0, Addr: at, Size: page}, {Off: page, Addr: at + page, Size: page, Executable: true}}
	require.NoError(t, m.Share("test:common", "key", parts))
	require.NoError(t, m.Seal())
}

// blocks is how many bytes of a file are in memory.
func blocks(t *testing.T, f *os.File) int64 {
	var st unix.Stat_t
	require.NoError(t, unix.Fstat(int(f.Fd()), &st))
	return st.Blocks * 512
}

func commonFiles(t *testing.T) (n int) {
	links, err := proc.Descriptors()
	require.NoError(t, err)
	for _, link := range links {
		if strings.Contains(link, "test:common") {
			n++
		}
	}
	return n
}

// Copies with the same content have it in memory once; each keeps its own edits, and reads
// as if it had all.
func TestShare(t *testing.T) {
	if os.Getpagesize() != page {
		t.Skip("written for pages of 4096 bytes")
	}
	content := bytes.Repeat([]byte("0123456789abcdef"), 3*page/16)
	var all []mappedCopy
	for _, edit := range []string{"first", "second", "third"} {
		m := mapped(t, content, edit)
		m.share(t)
		all = append(all, m)
	}
	assert.Equal(t, 1, commonFiles(t))
	for i, edit := range []string{"first", "second", "third"} {
		want := bytes.Clone(content)
		copy(want[2*page+5:], edit)
		assert.True(t, bytes.Equal(want, all[i].memory), edit)
		read, err := all[i].Bytes(func(n int64) []byte { return make([]byte, n) })
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want, read), edit)
	}
	assert.EqualValues(t, 3*page, blocks(t, all[0].file), "the first was alone")
	assert.EqualValues(t, page, blocks(t, all[1].file))
	assert.EqualValues(t, page, blocks(t, all[2].file))

	require.NoError(t, all[0].Close())
	require.NoError(t, all[1].Close())
	assert.True(t, bytes.Equal(content[:2*page], all[2].memory[:2*page]))
	assert.Equal(t, 1, commonFiles(t))
	require.NoError(t, all[2].Close())
	assert.Zero(t, commonFiles(t))
}

// What was changed in memory stays as it is, and the copy without it.
func TestShareNothingThatWasChanged(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 3*page/16)
	for range 3 {
		m := mapped(t, content, "")
		defer m.Close()
		require.NoError(t, unix.Mprotect(m.memory, unix.PROT_READ|unix.PROT_WRITE))
		m.memory[7] = 'x'
		m.share(t)
		assert.EqualValues(t, 'x', m.memory[7])
		assert.EqualValues(t, len(content), blocks(t, m.file))
		read, err := m.Bytes(func(n int64) []byte { return make([]byte, n) })
		require.NoError(t, err)
		assert.True(t, bytes.Equal(content, read))
	}
}

// The same key is not enough.
func TestShareOnlyWhatIsEqual(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 3*page/16)
	other := bytes.Clone(content)
	other[page+7] = 'x'
	var all []mappedCopy
	for _, c := range [][]byte{content, content, other} {
		m := mapped(t, c, "")
		m.share(t)
		all = append(all, m)
		defer m.Close()
	}
	assert.True(t, bytes.Equal(other, all[2].memory))
	assert.EqualValues(t, len(other), blocks(t, all[2].file))
}

// A page of the file may be mapped twice. It is not cut out for one part while another is mapped from the copy, as it is
// when that can't be mapped anew.
func TestShareCutsNothingThatIsMapped(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789abcdef"), 3*page/16)
	for range 2 {
		m := mapped(t, content, "")
		defer m.Close()
		at := uintptr(unsafe.Pointer(unsafe.SliceData(m.memory)))
		whole := Part{Off: 0, Addr: at, Size: page}
		again, err := unix.Mmap(int(m.file.Fd()), 0, page, unix.PROT_READ, unix.MAP_PRIVATE)
		require.NoError(t, err)
		t.Cleanup(func() { _ = unix.Munmap(again) })
		second := Part{Off: 16, Addr: uintptr(unsafe.Pointer(&again[16])), Size: page - 16} // the kernel takes whole pages only
		if err := m.Share("test:common", "twice", []Part{whole, second}); err != nil {
			require.ErrorIs(t, err, unix.EINVAL)
		}
		assert.True(t, bytes.Equal(content[:page], again))
		read, err := m.Bytes(func(n int64) []byte { return make([]byte, n) })
		require.NoError(t, err)
		assert.True(t, bytes.Equal(content, read))
	}
}
