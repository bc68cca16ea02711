// Package abi holds what a hotso library and its host agree on: symbol names,
// the ABI version, struct layouts, and the manifest after the ELF image. It
// is pure Go and imports nothing of either side, so both may import it.
package abi
