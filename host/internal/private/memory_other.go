//go:build !linux

package private

// InMemory writes image to a temporary file: this platform has no memfd.
func InMemory(name string, image []byte) (*Copy, error) { return OnDisk("", name, image) }
