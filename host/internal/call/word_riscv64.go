package call

const (
	MaxInts        = 24 // as elsewhere, see word.go
	Loose          = false
	FloatsTakeInts = false
)

// Uint32 is a uint32 as an argument: sign-extended like an int32 (RISC-V psABI,
// Integer Calling Convention).
func Uint32(v uint32) uint64 { return uint64(int32(v)) }

// Float32 is a float32, given as bits, as an argument: boxed in a NaN, or it would be
// read as one (RISC-V ISA, NaN Boxing of Narrower Values).
func Float32(bits uint32) uint64 { return 0xffffffff<<32 | uint64(bits) }

// float32Bits has the bits of a float32 that is a result.
//
//lint:ignore U1000 fallback.go has it, where there is no trampoline
func float32Bits(register uint64) uint32 { return uint32(register) }
