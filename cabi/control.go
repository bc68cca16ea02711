package cabi

// #include "cabi.h"
// extern volatile const hotso_description hotso_descriptor;
import "C"

import (
	"syscall"
	"time"
	"unsafe"

	"github.com/hotso/hotso/cabi/abi"
)

// The Go side of the control entries in entry.c. Their names are hidden; the
// C entries are what a host sees.

//export hotso_go_start
func hotso_go_start(timeout int64) int32 { return runStart(time.Duration(timeout)) }

//export hotso_go_health
func hotso_go_health(timeout int64) int32 { return runHealth(time.Duration(timeout)) }

//export hotso_go_stop
func hotso_go_stop(timeout int64) int32 { return runStop(time.Duration(timeout)) }

//export hotso_go_save
func hotso_go_save(timeout int64, out unsafe.Pointer, capacity uintptr, length unsafe.Pointer) int32 {
	switch {
	case hooks.save == nil:
		return abi.NoState
	case length == nil:
		return abi.OK
	}
	state, status := saveState(time.Duration(timeout))
	if status != abi.OK {
		return status
	}
	return fill(Out(out, capacity, length), unsafe.SliceData(state), len(state))
}

//export hotso_go_restore
func hotso_go_restore(timeout int64, state unsafe.Pointer, n uintptr) int32 {
	switch {
	case hooks.restore == nil:
		return abi.NoState
	case state == nil:
		return abi.OK
	}
	return restoreState(time.Duration(timeout), Bytes(state, n))
}

//export hotso_go_take
func hotso_go_take(status int32, out unsafe.Pointer, capacity uintptr, length unsafe.Pointer) int32 {
	return take(status, Out(out, capacity, length))
}

//export hotso_go_take_status
func hotso_go_take_status() int32 { return takePending() }

//export hotso_go_cancel
func hotso_go_cancel(called uintptr) { cancelCall(called) }

//export hotso_go_drill
func hotso_go_drill(kind unsafe.Pointer, n uintptr) int32 { return drill(String(kind, n)) }

//export hotso_go_stream_read
func hotso_go_stream_read(id uint64, out unsafe.Pointer, capacity uintptr, length unsafe.Pointer) int32 {
	return readStream(id, Out(out, capacity, length))
}

//export hotso_go_debug
func hotso_go_debug(what unsafe.Pointer, n uintptr, stream unsafe.Pointer) int32 {
	id, status := openDebug(String(what, n))
	*(*uint64)(stream) = id
	return status
}

//export hotso_go_stream_close
func hotso_go_stream_close(id uint64) { closeStream(id) }

// Name returns the name that hotso build stamped into this library.
func Name() string { return C.GoString((*C.char)(unsafe.Pointer(&C.hotso_descriptor.name[0]))) }

// Version returns the version that hotso build stamped into this library.
func Version() string { return C.GoString((*C.char)(unsafe.Pointer(&C.hotso_descriptor.version[0]))) }

// CString returns a malloc'd copy of s, ended by NUL, for an export that
// returns char *. The caller of the export owns it and frees it with
// hotso_free.
func CString(s string) unsafe.Pointer { return unsafe.Pointer(C.CString(s)) }

func pendingCount() *uint32 { return (*uint32)(unsafe.Pointer(&C.hotso_pending)) }

// threadID is stable during an export: its goroutine is locked to the thread
// that called it (runtime/cgocall.go, cgocallbackg).
func threadID() int { return syscall.Gettid() }
