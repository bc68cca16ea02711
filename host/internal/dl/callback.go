//go:build !windows && !hotso_static

package dl

import (
	"sync/atomic"

	"github.com/ebitengine/purego"
)

var callbacks atomic.Int64

// NewCallback makes a C function of f, which takes and returns integers and
// pointers. purego can make 2,000 of them in the life of a process, and never frees
// one.
func NewCallback(f any) uintptr {
	callbacks.Add(1)
	return purego.NewCallback(f)
}

// Callbacks is how many C functions NewCallback has made.
func Callbacks() int64 { return callbacks.Load() }
