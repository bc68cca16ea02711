// Package wire writes the arguments and results of a call from a library into
// its host: one after the other, in one run of bytes, so that one C function
// carries every call.
//
// Each value takes whole 8-byte words, little endian, aligned to 8:
//
//	number, bool         one word, of which only the low bytes count
//	string, []byte       the length in bytes, then the bytes
//	slice of numbers     the count of numbers, then the numbers
//	struct of numbers    its C layout
//
// What is read is a copy: neither side keeps the other's memory.
package wire

// Names of functions that a host may offer to every library. No other name may
// begin with Reserved.
const (
	Reserved      = "hotso."
	LogFunction   = "hotso.log"   // func(level int64, record []byte) (bool, error)
	CountFunction = "hotso.count" // func(name string, delta int64) error

	HandOverFunction = "hotso.handover" // func(name string, descriptor int64) error
	WithdrawFunction = "hotso.withdraw" // func(name string) error
	InheritFunction  = "hotso.inherit"  // func(name string) (descriptor int64, error): the host's, until taken; -1: none
	TakenFunction    = "hotso.taken"    // func(descriptor int64) error: the library has a duplicate
)
