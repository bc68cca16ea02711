package image

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/elfimage"
	"github.com/hotso/hotso/host/life"
)

// header is that of a library for this machine.
func header(kind elf.Type) []byte {
	b := make([]byte, elfimage.HeaderSize)
	copy(b, elf.ELFMAG)
	b[elf.EI_CLASS], b[elf.EI_DATA], b[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	machine := elf.EM_X86_64
	if runtime.GOARCH == "arm64" {
		machine = elf.EM_AARCH64
	}
	binary.LittleEndian.PutUint16(b[16:], uint16(kind))
	binary.LittleEndian.PutUint16(b[18:], uint16(machine))
	return b
}

// A file that its first bytes rule out is not read any further, however large it is, and
// the verdict is that of the whole file.
func TestReadOnlyTheHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	wrong := header(elf.ET_DYN)
	binary.LittleEndian.PutUint16(wrong[18:], uint16(elf.EM_RISCV))
	for reason, head := range map[error][]byte{
		life.ErrNotELF:  make([]byte, 64),
		life.ErrMachine: wrong,
	} {
		require.NoError(t, os.WriteFile(path, head, 0o600))
		require.NoError(t, os.Truncate(path, MaxFile))
		b, err := Read(path, func(int64) []byte { require.Fail(t, "it is read"); return nil })
		require.NoError(t, err)
		assert.Equal(t, head, b)
		im, err := new(Policy).Inspect(path)
		require.ErrorIs(t, err, reason)
		assert.EqualValues(t, MaxFile, im.Size)
	}
}

// A file whose headers are right is not read if it is much larger than they say, or smaller.
func TestReadNoMoreThanTheHeadersSay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	head := append(header(elf.ET_DYN), make([]byte, 56)...)
	binary.LittleEndian.PutUint64(head[32:], 64) // one program header behind it
	binary.LittleEndian.PutUint16(head[54:], 56)
	binary.LittleEndian.PutUint16(head[56:], 1)
	binary.LittleEndian.PutUint32(head[64:], uint32(elf.PT_LOAD))
	for says, want := range map[uint64]string{
		4096:        "its headers end at 4096 of 1073741824 bytes",
		MaxFile + 1: "segment 0 has 0x40000001 bytes at 0x0: outside the file of 0x40000000 bytes",
	} {
		binary.LittleEndian.PutUint64(head[64+32:], says)
		require.NoError(t, os.WriteFile(path, head, 0o600))
		require.NoError(t, os.Truncate(path, MaxFile))
		_, err := Read(path, func(int64) []byte { require.Fail(t, "it is read"); return nil })
		require.ErrorIs(t, err, life.ErrCorrupt)
		assert.ErrorContains(t, err, want)
	}
	require.NoError(t, os.Truncate(path, MaxFile+1))
	_, err := Read(path, nil)
	assert.ErrorContains(t, err, "at most 1 GiB")
}

// Whatever its size is, and whatever was there before, a file is read as it is.
func TestReadFile(t *testing.T) {
	page := os.Getpagesize()
	path := filepath.Join(t.TempDir(), "file")
	scratch := new(Scratch)
	for _, size := range []int{0, 1, 63, 64, 65, page - 1, page, page + 1, 2*page - 1, 2 * page, 5*page + 7, page} {
		want := make([]byte, size)
		for i := range want {
			want[i] = byte(i*7 + size)
		}
		copy(want, header(elf.ET_DYN))
		require.NoError(t, os.WriteFile(path, want, 0o600))
		got, err := Read(path, scratch.Alloc)
		require.NoError(t, err, "%d bytes", size)
		assert.Equal(t, string(want), string(got), "%d bytes", size)
		got, err = Read(path, func(n int64) []byte { return make([]byte, n) })
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%d bytes", size)
	}
}

// A file that gets shorter while it is read is not read.
func TestReadFileThatShrinks(t *testing.T) {
	page := int64(os.Getpagesize())
	path := filepath.Join(t.TempDir(), "file")
	for _, left := range []int64{0, 1, page, 3*page - 1} {
		file := make([]byte, 3*page)
		copy(file, header(elf.ET_DYN))
		require.NoError(t, os.WriteFile(path, file, 0o600))
		_, err := Read(path, func(n int64) []byte {
			require.NoError(t, os.Truncate(path, left))
			return make([]byte, n)
		})
		assert.ErrorIs(t, err, life.ErrNotFound, "%d bytes", left)
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF, "%d bytes", left)
	}
}

func TestInHalves(t *testing.T) {
	page := os.Getpagesize()
	b := make([]byte, 3*page)
	first, second := errors.New("first"), errors.New("second")
	fail := func(errs map[int64]error) error {
		return inHalves(b, func(half []byte, at int64) error {
			assert.Equal(t, &b[at], &half[0])
			return errs[at]
		})
	}
	assert.NoError(t, fail(nil))
	assert.Equal(t, first, fail(map[int64]error{0: first, int64(page): second}))
	assert.Equal(t, second, fail(map[int64]error{int64(page): second}))
}
