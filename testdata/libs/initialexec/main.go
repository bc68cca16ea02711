// Library initialexec has C code with a variable in static thread-local
// storage, which hotso refuses.
package main

// #include "local.h"
import "C"

import _ "github.com/hotso/hotso/cabi"

//export Local
func Local() int64 { return int64(C.count_local()) }

func main() {}
