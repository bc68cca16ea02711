//go:build !hotso_fallback

package call

// intRegisters is how many integer arguments travel in registers
// (System V psABI AMD64, 3.2.3).
const intRegisters = 6
