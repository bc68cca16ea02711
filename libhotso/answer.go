//go:build linux && cgo

package main

// #cgo CFLAGS: -std=gnu11 -Wall -Wextra -fvisibility=hidden -I${SRCDIR}/../include
// #include <stdlib.h>
// #include "exports.h"
import "C"

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/hotso/hotso/host/foreign"
)

func init() {
	foreign.Allocate = func(size uintptr) unsafe.Pointer { return C.malloc(C.size_t(max(size, 1))) }
	foreign.Free = func(p unsafe.Pointer) { C.free(p) }
	foreign.FreeResult = func(p unsafe.Pointer) { C.hotso_free_result(p) }
	foreign.Threads(threads)
	foreign.Masked(func(load func()) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var old C.sigset_t
		C.hotso_mask(&old)
		defer C.hotso_unmask(&old)
		load()
	})
}

// threads yields the ids of the threads of the program's that have called.
func threads(yield func(id int)) {
	for t := (*C.hotso_thread)(atomic.LoadPointer((*unsafe.Pointer)(unsafe.Pointer(&C.hotso_threads)))); t != nil; t = t.next {
		if id := atomic.LoadInt32((*int32)(unsafe.Pointer(&t.id))); id != 0 {
			yield(int(id))
		}
	}
}

// fail tells C of an error, if there is one.
func fail(err error, e **C.hotsoh_error) C.hotsoh_status {
	if err == nil {
		return C.HOTSOH_OK
	}
	f := foreign.FaultOf(err)
	text := append([]byte(f.Text), 0) // so that there is a first byte
	return C.hotso_fail(e, C.hotsoh_status(f.Status), C.int32_t(f.Code),
		(*C.char)(unsafe.Pointer(&text[0])), C.size_t(len(f.Text)),
		(*C.char)(unsafe.Pointer(&f.JSON[0])), C.size_t(len(f.JSON)))
}

// answer runs f, and lets no panic out.
func answer(e **C.hotsoh_error, f func() error) C.hotsoh_status {
	return fail(guarded(f), e)
}

func guarded(f func() error) (err error) {
	defer recovered(&err)
	return f()
}

// recovered is deferred.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v\n%s", foreign.ErrInternal, r, debug.Stack())
	}
}

// apart is answer for what loads or unloads libraries: not on a thread of the program's, whose stack may be small, and
// which may go away.
func apart(e **C.hotsoh_error, f func() error) C.hotsoh_status {
	done := make(chan error, 1)
	go func() { done <- guarded(f) }()
	return fail(<-done, e)
}

// text gives a text to C, if it is wanted and there is one.
func text(b []byte, to **C.char) error {
	if to == nil {
		return nil
	}
	*to = nil
	if b == nil {
		return nil
	}
	p := C.malloc(C.size_t(len(b) + 1))
	if p == nil {
		return foreign.ErrNoMemory
	}
	bytes := unsafe.Slice((*byte)(p), len(b)+1)
	copy(bytes, b)
	bytes[len(b)] = 0
	*to = (*C.char)(p)
	return nil
}

// give is text for a result that may come beside an error, which counts more.
func give(b []byte, err error, to **C.char) error {
	if failed := text(b, to); err == nil {
		return failed
	}
	return err
}

func duration(ns C.int64_t) time.Duration { return time.Duration(ns) }

func options(timeout C.int64_t, key *C.char, length C.size_t) (context.Context, context.CancelFunc) {
	return foreign.Context(duration(timeout), keyOf(key, length))
}

func keyOf(key *C.char, length C.size_t) string {
	return string(unsafe.Slice((*byte)(unsafe.Pointer(key)), length))
}

// values are C's, field by field as package foreign has them: see layout.go.
func values(p *C.hotsoh_value, count C.uint32_t) []foreign.Value {
	return unsafe.Slice((*foreign.Value)(unsafe.Pointer(p)), count)
}

// callback is a C function as package foreign calls it.
func callback(f C.hotsoh_callback, user unsafe.Pointer) foreign.Callback {
	return func(args []foreign.Value, result *foreign.Value) int32 {
		return int32(C.hotso_call_back(f, user, (*C.hotsoh_value)(unsafe.Pointer(unsafe.SliceData(args))), C.uint32_t(len(args)),
			(*C.hotsoh_value)(unsafe.Pointer(result))))
	}
}
