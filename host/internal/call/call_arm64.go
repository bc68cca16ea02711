//go:build !hotso_fallback

package call

// intRegisters is how many integer arguments travel in registers (AAPCS64, 6.4.2).
const intRegisters = 8
