package abi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Layout of the descriptor, in bytes. It is data, not code, so a program in
// any language reads it without starting a Go runtime.
const (
	DescriptorMagic   = 0  // char[8]
	DescriptorABI     = 8  // uint32
	DescriptorFlags   = 12 // uint32, FlagXxx
	DescriptorName    = 16 // char[64], NUL-terminated UTF-8
	DescriptorVersion = 80 // char[64], NUL-terminated UTF-8
	DescriptorSize    = 144

	// MaxName is the longest name or version in bytes, without the NUL.
	MaxName = 63
)

// Magic opens every descriptor.
const Magic = "hotso\x00\x00\x01"

// Flags of a descriptor.
const (
	FlagUnload = 1 << 0 // the shim can truly unload this library
)

// Layout of the config symbol, in bytes. All zero means that no hotso host
// loaded this library: the shim then passes everything through.
const (
	ConfigOwner  = 0  // uint64: id of this load
	ConfigRecord = 8  // int64: offset of the Record from the thread pointer
	ConfigEntry  = 16 // uint64: address of the dispatch table entry
	ConfigCall   = 24 // uint64: the host's hotso_host_call, 0 = none
	ConfigHost   = 32 // uint64: the handle of what the host offers this load
	ConfigStart  = 40 // uint64: address in the image of the runtime's start function, for hotso_begin
	ConfigArgc   = 48 // uint64: number of arguments
	ConfigArgv   = 56 // uint64: pointers to them; behind these, those of the environment, and the auxiliary vector
	ConfigInits  = 64 // uint64: address in the image of the pointers to its init functions, 0 = the dynamic linker runs them
	ConfigInitsN = 72 // uint64: how many there are
	ConfigFinis  = 80 // uint64: likewise, its exit functions
	ConfigFinisN = 88 // uint64
	ConfigGoLow  = 96 // uint64: addresses in the image of its Go code, 0 = unknown
	ConfigGoHigh = 104

	ConfigReclaim = 112 // uint64: not 0 = blocks of the C heap are remembered, and freed at the unload
	ConfigFiles   = 120 // uint64: the soft limit of open files (RLIMIT_NOFILE) for children of its Go code, 0 = as it is
	ConfigSize    = 128

	// Objects: the shared objects that the library has copies of its own of, see cabi/objects.c.
	ObjectsList       = 0    // uint64: address of what the shim is told of each, in the host's memory
	ObjectsN          = 8    // uint64: how many
	ObjectsRanges     = 16   // uint64: address of room for the ranges of their text
	ObjectsLocals     = 24   // int64: offset of their initial-exec variables from the thread pointer
	ObjectsLocalsSize = 32   // uint64: their bytes
	ObjectsNamesAt    = 40   // char[ObjectsNames]: their names for the dynamic linker
	ObjectsNames      = 4096 // bytes
	ObjectsSize       = ObjectsNamesAt + ObjectsNames
	ObjectSize        = 64 // of what the shim is told of each
	ObjectBase        = 8  // in it, uint64: where it is mapped, set by the shim
)

// A Descriptor is the decoded descriptor of a library.
type Descriptor struct {
	ABI           uint32
	Flags         uint32
	Name, Version string // empty until hotso build stamps them
}

// DecodeDescriptor reads a descriptor from its DescriptorSize bytes.
func DecodeDescriptor(b []byte) (Descriptor, error) {
	if len(b) < DescriptorSize {
		return Descriptor{}, fmt.Errorf("descriptor has %d bytes, not %d", len(b), DescriptorSize)
	}
	if string(b[:8]) != Magic {
		return Descriptor{}, fmt.Errorf("descriptor begins with %q, not with %q", b[:8], Magic)
	}
	name, _, ended1 := bytes.Cut(b[DescriptorName:DescriptorVersion], []byte{0})
	version, _, ended2 := bytes.Cut(b[DescriptorVersion:DescriptorSize], []byte{0})
	if !ended1 || !ended2 {
		return Descriptor{}, fmt.Errorf("descriptor's name %q or version %q has no NUL at its end", name, version)
	}
	return Descriptor{
		ABI:     binary.LittleEndian.Uint32(b[DescriptorABI:]),
		Flags:   binary.LittleEndian.Uint32(b[DescriptorFlags:]),
		Name:    string(name),
		Version: string(version),
	}, nil
}

// Stamp writes a name and a version into the descriptor at b. If it fails, b
// is as before.
func Stamp(b []byte, name, version string) error {
	if _, err := DecodeDescriptor(b); err != nil {
		return err
	}
	if err := errors.Join(CheckText("name", name), CheckText("version", version)); err != nil {
		return err
	}
	clear(b[DescriptorName:DescriptorSize])
	copy(b[DescriptorName:], name)
	copy(b[DescriptorVersion:], version)
	return nil
}

// CheckText reports why a library's name or version can't be read back from a
// descriptor.
func CheckText(what, text string) error {
	switch {
	case len(text) == 0 || len(text) > MaxName:
		return fmt.Errorf("%s %q has %d bytes; it needs 1 to %d", what, text, len(text), MaxName)
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return fmt.Errorf("%s %q is not UTF-8 without NUL", what, text)
	}
	return nil
}
