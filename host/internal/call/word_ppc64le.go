package call

import "math"

const (
	MaxInts        = 15 // what purego takes there
	Loose          = false
	FloatsTakeInts = true // ELFv2 2.2.3: each argument has its place in the save area
)

// Uint32 is a uint32 as an argument.
func Uint32(v uint32) uint64 { return uint64(v) }

// Float32 is a float32, given as bits, as an argument: registers hold doubles.
func Float32(bits uint32) uint64 { return math.Float64bits(float64(math.Float32frombits(bits))) }

// float32Bits has the bits of a float32 that is a result.
//
//lint:ignore U1000 fallback.go has it, where there is no trampoline
func float32Bits(register uint64) uint32 {
	return math.Float32bits(float32(math.Float64frombits(register)))
}
