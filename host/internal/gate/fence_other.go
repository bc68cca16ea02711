//go:build !(linux && amd64) || race

package gate

// Callers count with atomic instructions, which are barriers themselves, and
// which the race detector understands.
const asymmetric = false

func fence() {}
