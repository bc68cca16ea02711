package host_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/host"
	"github.com/hotso/hotso/host/internal/libtest"
)

// What happens to the file on disk never reaches the version that is loaded,
// and the same path can be loaded again.
func TestFileChangesWhileItServes(t *testing.T) {
	version := stamped(t, libtest.Greeter(t, "1"))
	for what, change := range map[string]func(t *testing.T, path string){
		"overwritten in place": func(t *testing.T, path string) {
			size := must(os.Stat(path))(t).Size()
			require.NoError(t, os.WriteFile(path, make([]byte, size), 0o644))
		},
		"truncated":   func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 4096)) },
		"emptied":     func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 0)) },
		"deleted":     func(t *testing.T, path string) { require.NoError(t, os.Remove(path)) },
		"directory":   func(t *testing.T, path string) { require.NoError(t, os.RemoveAll(filepath.Dir(path))) },
		"replaced":    func(t *testing.T, path string) { replace(t, path, []byte("a text")) },
		"not changed": func(*testing.T, string) {},
	} {
		for where, opts := range map[string][]host.Option{
			"memory": nil,
			"disk":   {host.OnDisk(t.TempDir())},
		} {
			t.Run(what+", copy in "+where, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "dir", "libgreeter.so")
				require.NoError(t, os.Mkdir(filepath.Dir(path), 0o755))
				replace(t, path, version("2"))
				slot := newSlot(t, "greeter", []string{path}, opts...)
				greet := must(host.Func0[string](slot, "Greet"))(t)

				change(t, path)
				assert.Equal(t, "Hello, Golang! (v2)", must(greet(t.Context()))(t))

				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				replace(t, path, version("3"))
				swap := must(slot.Swap(t.Context(), path))(t)
				assert.Equal(t, "3", swap.Version)
				requireNothingLeft(t)(swap.Old, nil)
				assert.Equal(t, "Hello, Golang! (v3)", must(greet(t.Context()))(t))
			})
		}
	}
}

// replace writes the file as a deployment should: an atomic rename.
func replace(t *testing.T, path string, data []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".tmp", data, 0o644))
	require.NoError(t, os.Rename(path+".tmp", path))
}

func TestTheSameFileIsLoadedTwice(t *testing.T) {
	path := libtest.Build(t, "counter", "1")
	one, two := open(t, path), open(t, path)
	increment1 := must(host.Func0[int64](one, "Increment"))(t)
	increment2 := must(host.Func0[int64](two, "Increment"))(t)
	for n := range int64(3) {
		assert.Equal(t, n+1, must(increment1(t.Context()))(t))
	}
	assert.EqualValues(t, 1, must(increment2(t.Context()))(t), "each has its own state")
}

// A copy on disk is there for debuggers, as long as the library is.
func TestCopyOnDiskIsRemoved(t *testing.T) {
	needUnload(t)
	dir := t.TempDir()
	lib := must(host.Open(t.Context(), libtest.Greeter(t, "1"), host.OnDisk(dir)))(t)
	assert.Len(t, must(os.ReadDir(dir))(t), 1)
	requireNothingLeft(t)(lib.Close(t.Context()))
	assert.Empty(t, must(os.ReadDir(dir))(t))
}
