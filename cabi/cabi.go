package cabi

// The flags of every library that links this package, each with its reason.
//
//   -fvisibility=hidden  keeps the shim's helpers out of the dynamic symbol
//                        table, so the names of two libraries never clash. The
//                        control entries of entry.c are marked HOTSO_EXPORT.
//   -I include           the public headers; the C files must agree with them.
//   -std=gnu11           atomics by builtins, typeof-free; gnu for the syscalls.
//   -Wall -Wextra        a warning in a shim that runs in signal handlers is a bug.
//                        It is an error for us (in a test), but not for those who
//                        build a library with a compiler that warns about more.

// #cgo CFLAGS: -I${SRCDIR}/../include -fvisibility=hidden -std=gnu11 -O2 -Wall -Wextra -Wno-unused-parameter
import "C"

// go mod vendor leaves out directories that hold no imported package. This one holds the headers.
import _ "github.com/hotso/hotso/include"
