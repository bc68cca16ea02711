// Library panics has exports that panic and fail, in every convention.
package main

// #cgo CFLAGS: -I${SRCDIR}/../../../include
// #include "cabi.h"
// static char *at(uint64_t address) { return (char *)address; }
import "C"

import (
	"errors"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// Value panics, and returns no status that could say so.
//
//export Value
func Value() int32 {
	defer cabi.Recover()
	panic("no value")
}

// Text panics and returns NULL.
//
//export Text
func Text() *C.char {
	defer cabi.Recover()
	panic("no text")
}

// Nowhere returns a pointer to a text where nothing is mapped.
//
//export Nowhere
func Nowhere(address uint64) *C.char { return C.at(C.uint64_t(address)) }

// Status panics in a function that returns nothing but a status.
//
//export Status
func Status() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error { panic("no status") }))
}

// Result panics on the way to a scalar result.
//
//export Result
func Result(result *int32) C.hotso_status {
	return C.hotso_status(cabi.Value(result, func() (int32, error) { panic("no result") }))
}

// Nil dereferences a nil pointer: a panic that begins as a signal.
//
//export Nil
func Nil(result *int32) C.hotso_status {
	return C.hotso_status(cabi.Value(result, func() (int32, error) {
		var p *int32
		return *p, nil
	}))
}

// Fail returns an error.
//
//export Fail
func Fail() C.hotso_status {
	return C.hotso_status(cabi.Run(func() error { return errors.New("failed as told") }))
}

// FailText returns the error that it is given, in place of a text.
//
//export FailText
func FailText(message *C.hotso_cchar, messageLen C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	buffer := cabi.Out(unsafe.Pointer(out), uintptr(outCap), unsafe.Pointer(outLen))
	return C.hotso_status(cabi.Text(buffer, func() (string, error) {
		return "", errors.New(cabi.String(unsafe.Pointer(message), uintptr(messageLen)))
	}))
}

// Fine succeeds, unlike the others.
//
//export Fine
func Fine() int32 {
	defer cabi.Recover()
	return 1
}

func main() {}
