package gate

import _ "unsafe" // for go:linkname

// procPin keeps the goroutine on its processor (the P of Go's scheduler) and
// returns its number, from 0 to GOMAXPROCS-1; procUnpin ends that. In between
// nobody else runs on that processor, and nothing may block. Both have a push
// linkname in the runtime (runtime/proc.go) for callers like this one; sync.Pool
// is built on the same.
//
//go:linkname procPin runtime.procPin
func procPin() int

//go:linkname procUnpin runtime.procUnpin
func procUnpin()
