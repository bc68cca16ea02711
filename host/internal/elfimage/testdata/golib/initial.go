//go:build initial_tls

package main

// static __thread int initial_c __attribute__((tls_model("initial-exec"))) = 7;
// static int initialTLS(void) { return initial_c++; }
import "C"

//export Initial
func Initial() int32 { return int32(C.initialTLS()) }
