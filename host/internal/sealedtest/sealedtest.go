// Package sealedtest makes sealed files that are no libraries, for tests of what carries libraries and
// does not load them. Package libtest builds real ones.
package sealedtest

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hotso/hotso/cabi/abi/manifest"
)

// File writes a sealed file for this platform to a directory of its own, of some size bytes that depend on content alone, and returns its path.
func File(t testing.TB, name, version string, size int, content uint64) string {
	t.Helper()
	return For(t, runtime.GOOS, runtime.GOARCH, name, version, size, content)
}

// For is File for a platform.
func For(t testing.TB, goos, goarch, name, version string, size int, content uint64) string {
	t.Helper()
	image := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(content), byte(content >> 8)}).Read(image)
	sealed, err := manifest.Seal(image, &manifest.Manifest{Name: name, Version: version, ABI: 1, Go: runtime.Version(), OS: goos, Arch: goarch, Functions: []manifest.Function{}, Needed: []string{}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "lib"+name+".v"+version+".so")
	require.NoError(t, os.WriteFile(path, sealed, 0o644))
	return path
}
