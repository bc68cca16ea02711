//go:build !linux

package private

import "github.com/hotso/hotso/host/internal/elfimage"

// InMemory writes to a temporary file: this platform has no memfd.
func InMemory(name string, image []byte, edits []elfimage.Edit) (*Copy, error) {
	return OnDisk("", name, image, edits)
}
