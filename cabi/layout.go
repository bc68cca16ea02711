package cabi

// #include <stddef.h>
// #include "shim.h"
// enum {
//   hotso_off_abi = offsetof(hotso_description, abi),
//   hotso_off_flags = offsetof(hotso_description, flags),
//   hotso_off_name = offsetof(hotso_description, name),
//   hotso_off_version = offsetof(hotso_description, version),
// };
import "C"

import "github.com/hotso/hotso/cabi/abi"

// Each line fails the build where C and package abi disagree.
var (
	_ [C.sizeof_hotso_description]byte = [abi.DescriptorSize]byte{}
	_ [C.hotso_off_abi]byte            = [abi.DescriptorABI]byte{}
	_ [C.hotso_off_flags]byte          = [abi.DescriptorFlags]byte{}
	_ [C.hotso_off_name]byte           = [abi.DescriptorName]byte{}
	_ [C.hotso_off_version]byte        = [abi.DescriptorVersion]byte{}
	_ [C.HOTSO_ABI_VERSION]byte        = [abi.Version]byte{}
	_ [C.sizeof_hotso_config]byte      = [abi.ConfigSize]byte{}

	_ [C.HOTSO_TOO_SMALL]byte = [abi.TooSmall]byte{}
	_ [C.HOTSO_ERROR]byte     = [abi.Error]byte{}
	_ [C.HOTSO_PANIC]byte     = [abi.Panic]byte{}
	_ [C.HOTSO_INVALID]byte   = [abi.Invalid]byte{}
	_ [C.HOTSO_GONE]byte      = [abi.Gone]byte{}
	_ [C.HOTSO_TIMEOUT]byte   = [abi.Timeout]byte{}
	_ [C.HOTSO_NO_STATE]byte  = [abi.NoState]byte{}
	_ [C.HOTSO_END]byte       = [abi.End]byte{}
	_ [C.HOTSO_FORKED]byte    = [abi.Forked]byte{}
)
