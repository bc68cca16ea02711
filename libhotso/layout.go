//go:build linux && cgo

package main

// #include "direct.h"
import "C"

import (
	"unsafe"

	"github.com/hotso/hotso/host/foreign"
)

// The build fails if the two are not laid out alike.
const (
	_ = -(unsafe.Sizeof(foreign.Value{}) ^ C.sizeof_hotsoh_value)
	_ = -(unsafe.Offsetof(foreign.Value{}.Integer) ^ unsafe.Offsetof(C.hotsoh_value{}.integer))
	_ = -(unsafe.Offsetof(foreign.Value{}.Number) ^ unsafe.Offsetof(C.hotsoh_value{}.number))
	_ = -(unsafe.Offsetof(foreign.Value{}.Data) ^ unsafe.Offsetof(C.hotsoh_value{}.data))
	_ = -(unsafe.Offsetof(foreign.Value{}.Length) ^ unsafe.Offsetof(C.hotsoh_value{}.length))
	_ = -(unsafe.Offsetof(foreign.Value{}.Buffer) ^ unsafe.Offsetof(C.hotsoh_value{}.buffer))
	_ = -(unsafe.Offsetof(foreign.Value{}.Capacity) ^ unsafe.Offsetof(C.hotsoh_value{}.capacity))
)

const (
	_ = -(unsafe.Offsetof(foreign.Direct{}.Dead) ^ unsafe.Offsetof(C.hotso_direct{}.dead))
	_ = -(unsafe.Offsetof(foreign.Direct{}.Words) ^ unsafe.Offsetof(C.hotso_direct{}.words))
	_ = -(unsafe.Offsetof(foreign.Direct{}.Returned) ^ unsafe.Offsetof(C.hotso_direct{}.returned))
	_ = -(unsafe.Offsetof(foreign.Direct{}.Capacity) ^ unsafe.Offsetof(C.hotso_direct{}.capacity))
	_ = -(unsafe.Offsetof(foreign.Direct{}.Extra) ^ unsafe.Offsetof(C.hotso_direct{}.extra))
	_ = -(unsafe.Offsetof(foreign.Direct{}.Kind) ^ unsafe.Offsetof(C.hotso_direct{}.kind))
)
