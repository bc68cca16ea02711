package main

// #include <stdbool.h>
// #include "cabi.h"
import "C"

import (
	"errors"
	"sync/atomic"

	"github.com/hotso/hotso/cabi"
)

var calls atomic.Int64

// Calls returns how often Big and Nothing ran.
//
//export Calls
func Calls() int64 { return calls.Load() }

// Nothing has no argument and no result.
//
//export Nothing
func Nothing() { calls.Add(1) }

//export Bool
func Bool(v C.bool) C.bool { return v }

//export Int8
func Int8(v int8) int8 { return v }

//export Int16
func Int16(v int16) int16 { return v }

//export Int32
func Int32(v int32) int32 { return v }

//export Int64
func Int64(v int64) int64 { return v }

//export Uint8
func Uint8(v uint8) uint8 { return v }

//export Uint16
func Uint16(v uint16) uint16 { return v }

//export Uint32
func Uint32(v uint32) uint32 { return v }

//export Uint64
func Uint64(v uint64) uint64 { return v }

//export Float32
func Float32(v C.float) C.float { return v }

//export Float64
func Float64(v C.double) C.double { return v }

// Divide has a scalar result and an error.
//
//export Divide
func Divide(a, b float64, result *float64) C.hotso_status {
	return C.hotso_status(cabi.Value(result, func() (float64, error) {
		if b == 0 {
			return 0, errors.New("division by zero")
		}
		return a / b, nil
	}))
}

// Check has an error and no result.
//
//export Check
func Check(ok bool) C.hotso_status {
	return C.hotso_status(cabi.Run(func() error {
		if !ok {
			return errors.New("not ok")
		}
		return nil
	}))
}
