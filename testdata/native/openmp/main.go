// Library openmp has teams of OpenMP's inside teams, one at work for ever.
package main

// #cgo CFLAGS: -fopenmp -O2
// #cgo LDFLAGS: -fopenmp
// #include "teams.h"
import "C"

import (
	"context"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error {
		go C.teams_forever()
		C.teams_work(1)
		return nil
	})
}

// Work adds numbers n times, in nested teams.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	return int64(C.teams_work(C.int64_t(n)))
}

func main() {}
