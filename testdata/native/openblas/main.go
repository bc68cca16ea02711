// Library openblas multiplies matrices in OpenBLAS's threads, those inside libopenblas.so.0
// or, with the tag static, of a copy inside the library.
package main

import "C"

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/netlib/blas/netlib"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error {
		go func() {
			for {
				multiply(300)
			}
		}()
		return nil
	})
}

func multiply(n int) float64 {
	a, b, c := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	for i := range a {
		a[i], b[i] = 1, 2
	}
	netlib.Implementation{}.Dgemm(blas.NoTrans, blas.NoTrans, n, n, n, 1, a, n, b, n, 0, c, n)
	return c[n*n-1]
}

// Work multiplies two matrices of 100 by 100, n times.
//
//export Work
func Work(n int64) (last int64) {
	defer cabi.Recover()
	for range n {
		last = int64(multiply(100))
	}
	return last
}

func main() {}
