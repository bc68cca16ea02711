// Command needy is a library whose C code is in a shared object beside it.
package main

// __attribute__((weak)) int helper(void); // weak: cgo links once without it
// static int answer(void) { return helper ? helper() : 0; }
import "C"

import "github.com/hotso/hotso/cabi"

// Answer is what the shared object says.
//
//export Answer
func Answer() int32 {
	defer cabi.Recover()
	return int32(C.answer())
}

func main() {}
