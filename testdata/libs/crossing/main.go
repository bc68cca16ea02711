// Library crossing shares C++ objects with a shared object that it needs: exceptions,
// run-time types, and the static of a template.
package main

// #include <stdint.h>
// int32_t cross(int32_t n);
import "C"

import "github.com/hotso/hotso/cabi"

// Cross has the shared object throw n, count it in a static that both have, and make an
// object of a class that both know. It returns n, or what was wrong as a negative number.
//
//export Cross
func Cross(n int32) int32 {
	defer cabi.Recover()
	return int32(C.cross(C.int32_t(n)))
}

func main() {}
