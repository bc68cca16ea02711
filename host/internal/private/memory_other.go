//go:build !linux

package private

import (
	"os"

	"github.com/hotso/hotso/host/internal/elfimage"
)

// InMemory writes to a temporary file: this platform has no memfd.
func InMemory(name string, image []byte, edits []elfimage.Edit) (*Copy, error) {
	return OnDisk("", name, image, edits)
}

// Fill is InMemory for what f writes; its error ends it.
func Fill(name string, f func(*os.File) error) (*Copy, error) { return onDisk("", name, f) }

// Filled is Fill: no copy is sealed here.
func Filled(name string, f func(*os.File) error) (*Copy, error) { return Fill(name, f) }

// Seal does nothing: there is nothing in memory.
func (c *Copy) Seal() error { return nil }

// Share does nothing: there is nothing in memory.
func (c *Copy) Share(string, string, []Part) error { return nil }
