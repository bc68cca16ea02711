package regular_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host/internal/regular"
)

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	at := func(base string) string { return filepath.Join(dir, base) }
	require.NoError(t, os.WriteFile(at("file"), []byte("content"), 0o600))
	require.NoError(t, os.Symlink("file", at("link")))
	require.NoError(t, syscall.Mkfifo(at("fifo"), 0o600))
	require.NoError(t, os.Symlink("fifo", at("link to fifo")))
	require.NoError(t, os.Symlink("/dev/zero", at("link to device")))
	socket, err := net.Listen("unix", at("socket"))
	require.NoError(t, err)
	defer socket.Close()

	for path, want := range map[string]string{
		at("fifo"): "a named pipe", at("link to fifo"): "a named pipe", "/dev/zero": "a device",
		at("link to device"): "a device", at("socket"): "a socket", dir: "a directory",
	} {
		_, _, err := regular.Open(path)
		var kind *regular.KindError
		require.ErrorAs(t, err, &kind, path)
		assert.Equal(t, want, err.Error())
	}
	_, _, err = regular.Open(at("missing"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, _, err = regular.OpenNoFollow(at("link"))
	assert.EqualError(t, err, "a symbolic link")

	f, info, err := regular.Open(at("link"))
	require.NoError(t, err)
	defer f.Close()
	assert.EqualValues(t, 7, info.Size())
}
