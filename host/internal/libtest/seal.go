package libtest

import (
	"os"
	"testing"

	"github.com/hotso/hotso/cabi/abi"
)

// Reseal changes a sealed file in place: edit may change the image and the
// manifest, and returns the image to seal. The new seal is valid.
//
//	libtest.Reseal(t, path, func(image []byte, m *abi.Manifest) []byte {
//		m.ABI = 99
//		return image
//	})
func Reseal(t testing.TB, path string, edit func(image []byte, m *abi.Manifest) []byte) {
	t.Helper()
	image, m := unseal(t, path)
	sealed, err := abi.Seal(edit(image, m), m)
	if err != nil {
		t.Fatalf("libtest: seal %s: %v", path, err)
	}
	write(t, path, sealed)
}

// Unseal takes the seal off a file in place: the ELF image stays.
func Unseal(t testing.TB, path string) {
	t.Helper()
	image, _ := unseal(t, path)
	write(t, path, image)
}

func unseal(t testing.TB, path string) ([]byte, *abi.Manifest) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	image, m, err := abi.Unseal(data)
	if err != nil {
		t.Fatalf("libtest: %s: %v", path, err)
	}
	return image, m
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
}
