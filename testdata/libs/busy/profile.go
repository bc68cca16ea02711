package main

// #include "cabi.h"
import "C"

import (
	"io"
	"runtime/pprof"

	"github.com/hotso/hotso/cabi"
)

// Profile starts a CPU profile.
//
//export Profile
func Profile() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error { return pprof.StartCPUProfile(io.Discard) }))
}

// StopProfile ends it.
//
//export StopProfile
func StopProfile() { pprof.StopCPUProfile() }
