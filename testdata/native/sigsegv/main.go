// Library sigsegv does what a JVM does: its C code installs handlers for faults, on a stack
// of its own, causes faults on purpose, and keeps a thread and a mapping.
package main

// #include "faults.h"
import "C"

import (
	"context"
	"errors"

	"github.com/hotso/hotso/cabi"
)

func init() {
	cabi.OnStart(func(context.Context) error {
		if C.faults_start() != 0 {
			return errors.New("no handler, mapping or thread")
		}
		return nil
	})
}

// Work returns how many faults of the library's own its handler has seen.
//
//export Work
func Work(n int64) int64 {
	defer cabi.Recover()
	return int64(C.faults_work(C.int64_t(n)))
}

func main() {}
