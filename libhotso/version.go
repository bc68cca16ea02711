//go:build linux && cgo

package main

// #include "exports.h"
import "C"

import (
	"runtime/debug"
	"strings"
	"unsafe"
)

func init() {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return
	}
	to := unsafe.Slice((*byte)(unsafe.Pointer(&C.hotso_version)), len(C.hotso_version))
	clear(to)
	copy(to[:len(to)-1], strings.TrimPrefix(info.Main.Version, "v"))
}

// version_known returns when init has, as every export does.
//
//export version_known
func version_known() {}
