// Package echo sends every type that crosses the C ABI there and back.
package echo

import (
	"errors"
	"sync/atomic"
)

var calls atomic.Int64

// Calls returns how often Big and Nothing ran.
//
//hotso:export
func Calls() int64 { return calls.Load() }

// Nothing has no argument and no result.
//
//hotso:export
func Nothing() { calls.Add(1) }

//hotso:export
func Bool(v bool) bool { return v }

//hotso:export
func Int8(v int8) int8 { return v }

//hotso:export
func Int16(v int16) int16 { return v }

//hotso:export
func Int32(v int32) int32 { return v }

//hotso:export
func Int64(v int64) int64 { return v }

//hotso:export
func Uint8(v uint8) uint8 { return v }

//hotso:export
func Uint16(v uint16) uint16 { return v }

//hotso:export
func Uint32(v uint32) uint32 { return v }

//hotso:export
func Uint64(v uint64) uint64 { return v }

//hotso:export
func Float32(v float32) float32 { return v }

//hotso:export
func Float64(v float64) float64 { return v }

// Celsius is a named number type.
type Celsius float64

// Warmer adds a degree.
//
//hotso:export
func Warmer(t Celsius) Celsius { return t + 1 }

// Divide has a scalar result and an error.
//
//hotso:export
func Divide(a, b float64) (float64, error) {
	if b == 0 {
		return 0, errors.New("division by zero")
	}
	return a / b, nil
}

// Check has an error and no result.
//
//hotso:export
func Check(ok bool) error {
	if !ok {
		return errors.New("not ok")
	}
	return nil
}

// Panics panics and has no status to say so.
//
//hotso:export
func Panics(message string) { panic(message) }
