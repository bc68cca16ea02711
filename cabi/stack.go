//go:build cgo

package cabi

import "runtime/debug"

// DefaultMaxStack is how large a goroutine's stack may become in a library, in bytes. A
// program's may become 1 GB, which a runaway recursion takes many seconds to fill: by
// then the process that has loaded the library may have been killed for its memory.
const DefaultMaxStack = 64 << 20

// It runs before the init functions of the library's author, which may set another limit.
func init() { debug.SetMaxStack(DefaultMaxStack) }

// MaxStack sets how large a goroutine's stack may become, in bytes; DefaultMaxStack unless
// it is called. One that grows beyond that ends the version, not the host. It returns
// what was set before. Call it from an init function.
func MaxStack(bytes int) (before int) { return debug.SetMaxStack(bytes) }
