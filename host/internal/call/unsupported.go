//go:build !amd64 && !arm64 && !riscv64 && !loong64 && !ppc64le

package call

// Arguments are stored as little-endian words of 64 bits. Elsewhere this does not
// build, and says so.
var _ = hotso_needs_a_little_endian_processor_with_64_bits
