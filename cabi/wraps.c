//go:build linux && (amd64 || arm64)

#include "wraps.h"

/* For hosts to read in the file: what the library does by these is undone. */
#define NAME(name) #name " "
__attribute__((visibility("default"), used)) const char hotso_wraps[] =
    "crosscall2 x_cgo_notify_runtime_init_done x_cgo_sys_thread_create x_cgo_getstackbound "
    "x_cgo_bindm x_cgo_sigaction " WRAPS(NAME);
