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
import "C"

import "github.com/hotso/hotso/cabi"

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
