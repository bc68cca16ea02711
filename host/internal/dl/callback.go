package dl

import (
	"sync/atomic"

	"github.com/ebitengine/purego"
)

var callbacks atomic.Int64

// NewCallback makes a C function of f, which takes and returns integers and
// pointers. purego has room for 2,000 in the life of a process, and can't give
// one back.
func NewCallback(f any) uintptr {
	callbacks.Add(1)
	return purego.NewCallback(f)
}

// Callbacks is how many C functions NewCallback has made.
func Callbacks() int64 { return callbacks.Load() }
