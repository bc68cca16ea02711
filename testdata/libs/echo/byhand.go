package main

// #include <stdbool.h>
// #include "cabi.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi"
)

// Exports written by hand work beside those of hotso gen. These are the ones that it
// can't write: CString is a name of cgo's, Mixed has too many parameters, and Later
// sleeps before it reads its argument.

// CString returns s, up to a NUL, in memory that the caller frees.
//
//export CString
func CString(s *C.hotso_cchar, n C.size_t) *C.char {
	defer cabi.Recover()
	return (*C.char)(cabi.CString(cabi.String(unsafe.Pointer(s), uintptr(n))))
}

// Later reads its argument a while after the call began: the caller must keep it
// alive.
//
//export Later
func Later(s *C.hotso_cchar, n C.size_t, out *C.char, outCap C.size_t, outLen *C.size_t) C.hotso_status {
	return C.hotso_status(cabi.Text(buffer(unsafe.Pointer(out), outCap, outLen), func() (string, error) {
		time.Sleep(time.Millisecond)
		return cabi.String(unsafe.Pointer(s), uintptr(n)), nil
	}))
}

// Mixed prints its arguments: more of them than there are registers, of every
// class.
//
//export Mixed
func Mixed(a int8, x float32, b uint16, s *C.hotso_cchar, sLen C.size_t, y float64, c bool, d int64,
	p *C.hotso_cbyte, pLen C.size_t, e uint32, out *C.char, outCap C.size_t, outLen *C.size_t,
) C.hotso_status {
	return C.hotso_status(cabi.Text(buffer(unsafe.Pointer(out), outCap, outLen), func() (string, error) {
		return fmt.Sprintf("%d %g %d %q %g %t %d %x %d", a, x, b, cabi.String(unsafe.Pointer(s), uintptr(sLen)),
			y, c, d, cabi.Bytes(unsafe.Pointer(p), uintptr(pLen)), e), nil
	}))
}

func buffer(out unsafe.Pointer, capacity C.size_t, length *C.size_t) cabi.Buffer {
	return cabi.Out(out, uintptr(capacity), unsafe.Pointer(length))
}
