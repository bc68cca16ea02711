package libtest

import (
	"os"
	"testing"

	"github.com/hotso/hotso/cabi/abi/manifest"
)

// Reseal changes a sealed file in place: edit may change the image and the
// manifest, and returns the image to seal. The new seal is valid.
//
//	libtest.Reseal(t, path, func(image []byte, m *manifest.Manifest) []byte {
//		m.ABI = 99
//		return image
//	})
func Reseal(t testing.TB, path string, edit func(image []byte, m *manifest.Manifest) []byte) {
	t.Helper()
	s := unseal(t, path)
	sealed, err := manifest.Seal(edit(s.Image, s.Manifest), s.Manifest)
	if err != nil {
		t.Fatalf("libtest: seal %s: %v", path, err)
	}
	write(t, path, sealed)
}

// Unseal removes the seal of a file, in place: the ELF image stays.
func Unseal(t testing.TB, path string) {
	t.Helper()
	write(t, path, unseal(t, path).Image)
}

func unseal(t testing.TB, path string) *manifest.Sealed {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.Unseal(data)
	if err != nil {
		t.Fatalf("libtest: %s: %v", path, err)
	}
	return s
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
}
