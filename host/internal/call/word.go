//go:build amd64 || arm64

package call

const (
	// MaxInts is how many integer and pointer arguments a frame takes, in
	// registers and on the stack together.
	MaxInts = 24

	// Loose says that nobody reads what is beside a value of 32 bits in a register
	// (psABI AMD64 3.2.3, AAPCS64 6.4.2).
	Loose = true

	// FloatsTakeInts says that each floating point argument leaves the next integer
	// argument out.
	FloatsTakeInts = false
)

// Uint32 is a uint32 as an argument.
func Uint32(v uint32) uint64 { return uint64(v) }

// Float32 is a float32, given as bits, as an argument.
func Float32(bits uint32) uint64 { return uint64(bits) }

// float32Bits has the bits of a float32 that is a result.
//
//lint:ignore U1000 fallback.go has it, where there is no trampoline
func float32Bits(register uint64) uint32 { return uint32(register) }
