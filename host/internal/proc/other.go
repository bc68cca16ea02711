//go:build !linux

package proc

import (
	"errors"
	"math"
)

// Free can't know here, so it says no.
func Free(low, high uint64) bool { return false }

// CheckLibc knows nothing here.
func CheckLibc(func(string) (uintptr, error)) error { return nil }

// Usage is what the process takes of the system's resources.
type Usage struct {
	Threads, Mappings, Descriptors int
	RSS, Virtual                   uint64
}

// ReadUsage needs /proc.
func ReadUsage() (Usage, error) { return Usage{}, errors.ErrUnsupported }

// A Thread is one thread of the process.
type Thread struct {
	ID         int
	Name, Call string
	PC         uint64
}

// ThreadByID knows only the id here.
func ThreadByID(id int) Thread { return Thread{ID: id} }

// Switches needs /proc.
func Switches(int) uint64 { return 0 }

// Threads needs /proc.
func Threads() ([]int, error) { return nil, errors.ErrUnsupported }

// Descriptors works on linux only.
func Descriptors() (map[int]string, error) { return nil, errors.ErrUnsupported }

// ThreadLimit is not known here.
func ThreadLimit() int { return math.MaxInt }

// A File is not known here.
type File struct {
	Path               string
	Device, Inode      uint64
	Regular, Directory bool
	Write, Append      bool
	Exclusive          bool
}

// FileOf needs /proc.
func FileOf(int) (File, error) { return File{}, errors.ErrUnsupported }

// SameOpen needs kcmp(2).
func SameOpen(int, int) bool { return false }

// ExplainLoad knows nothing here.
func ExplainLoad(err error) error { return err }
