// Library openmp computes in the threads of OpenMP's runtime.
package main

// #cgo CFLAGS: -fopenmp
// #cgo LDFLAGS: -fopenmp
// #include <omp.h>
// #include <stdint.h>
//
// static int64_t sum(int32_t n) {
//     int64_t s = 0;
//     #pragma omp parallel for reduction(+ : s) num_threads(4)
//     for (int32_t i = 0; i < n; i++)
//         s += i;
//     return s;
// }
//
// static int32_t team(void) {
//     int32_t n = 0;
//     #pragma omp parallel num_threads(4)
//     {
//         #pragma omp single
//         n = omp_get_num_threads();
//     }
//     return n;
// }
//
// // A region whose teams work for ever, from the second round on.
// static int32_t begun;
//
// static void forever(void) {
//     for (;;) {
//         sum(1000);
//         __atomic_store_n(&begun, 1, __ATOMIC_RELAXED);
//     }
// }
//
// static int32_t has_begun(void) { return __atomic_load_n(&begun, __ATOMIC_RELAXED); }
//
// // A fault in a team: of the library's own code, or of libgomp's.
// static void fault(int32_t in_libgomp) {
//     #pragma omp parallel num_threads(4)
//     if (omp_get_thread_num() == 3) {
//         if (in_libgomp)
//             omp_set_lock((omp_lock_t *)8);
//         *(volatile int *)8 = 1;
//     }
// }
import "C"

import "github.com/hotso/hotso/cabi"

// Begin has teams work for ever.
//
//export Begin
func Begin() {
	defer cabi.Recover()
	go C.forever()
}

// Begun is 1 when they do.
//
//export Begun
func Begun() int32 {
	defer cabi.Recover()
	return int32(C.has_begun())
}

// Fault has a thread of a team write where nothing is, in libgomp if inLibgomp is not 0.
//
//export Fault
func Fault(inLibgomp int32) {
	defer cabi.Recover()
	C.fault(C.int32_t(inLibgomp))
}

// Sum adds up the numbers below n.
//
//export Sum
func Sum(n int32) int64 {
	defer cabi.Recover()
	return int64(C.sum(C.int32_t(n)))
}

// Team is how many threads work together.
//
//export Team
func Team() int32 {
	defer cabi.Recover()
	return int32(C.team())
}

func main() {}
