//go:build !linux

package proc

import "errors"

// Free can't tell here.
func Free(low, high uint64) bool { return false }

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

// ThreadByID knows nothing here.
func ThreadByID(id int) Thread { return Thread{ID: id} }

// Threads needs /proc.
func Threads() ([]int, error) { return nil, errors.ErrUnsupported }

// Descriptors works on linux only.
func Descriptors() (map[int]string, error) { return nil, errors.ErrUnsupported }
