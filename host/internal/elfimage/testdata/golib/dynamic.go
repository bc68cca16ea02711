//go:build dynamic_tls

package main

// static __thread int dynamic_c = 7;
// static int dynamicTLS(void) { return dynamic_c++; }
import "C"

//export Dynamic
func Dynamic() int32 { return int32(C.dynamicTLS()) }
