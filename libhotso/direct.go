//go:build linux && cgo

package main

// #include "direct.h"
import "C"

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/hotso/hotso/host/foreign"
)

// directs keeps alive what the places of threads refer to, by place.
var directs sync.Map // unsafe.Pointer to *foreign.Direct

func init() {
	foreign.OnReleased = func(h foreign.Handle) {
		atomic.AddUint64((*uint64)(unsafe.Pointer(&C.hotso_released)), 1)
		C.hotso_unpoint(C.hotsoh_function(h))
	}
}

// thread_met has the runtime make this thread its own: a library that finds a signal stack uses that, and
// would else leave one of its own behind.
//
//export thread_met
func thread_met() {}

// assign gives the place of the calling thread a way to call the function directly, if there is one.
func assign(h handle, place *C.hotso_place) {
	released := atomic.LoadUint64((*uint64)(unsafe.Pointer(&C.hotso_released)))
	if old, ok := directs.Load(unsafe.Pointer(place)); ok {
		d := old.(*foreign.Direct)
		switch {
		case d.Inside():
			return // this is a call in a callback of that
		case place.function == h && d.Good() && foreign.IsFunction(foreign.Handle(h)):
			place.released = C.uint64_t(released)
			return
		}
		unassign(place)
	}
	d := foreign.DirectOf(foreign.Handle(h))
	if d == nil {
		place.function, place.skip = C.uint64_t(h), 1000
		return
	}
	directs.Store(unsafe.Pointer(place), d)
	place.function, place.released = C.uint64_t(h), C.uint64_t(released)
	place.direct = (*C.struct_hotso_direct)(unsafe.Pointer(d))
}

// unassign clears the place.
func unassign(place *C.hotso_place) *foreign.Direct {
	d, _ := directs.LoadAndDelete(unsafe.Pointer(place))
	place.direct, place.function = nil, 0
	direct := d.(*foreign.Direct)
	direct.Drop()
	return direct
}

func directOf(place *C.hotso_place) *foreign.Direct {
	d, _ := directs.Load(unsafe.Pointer(place))
	return d.(*foreign.Direct)
}

// direct_settle is for a thread that has left a closed gate.
//
//export direct_settle
func direct_settle(place *C.hotso_place) { directOf(place).Settle() }

// direct_fail ends a call that has not gone as ever.
//
//export direct_fail
func direct_fail(place *C.hotso_place, result *C.uint64_t, e **C.hotsoh_error) status {
	return answer(e, func() error {
		err := foreign.DirectFail(directOf(place), unsafe.Pointer(result))
		unassign(place) // its frame may be the dead library's now, or its results are large
		return err
	})
}

// direct_large ends a call whose result, of n elements, does not fit the caller's buffer.
//
//export direct_large
func direct_large(place *C.hotso_place, n C.uint64_t, result *C.uint64_t, e **C.hotsoh_error) status {
	return answer(e, func() error { return foreign.DirectLarge(directOf(place), uint64(n), unsafe.Pointer(result)) })
}
