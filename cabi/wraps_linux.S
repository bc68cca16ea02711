//go:build cgo && linux && (amd64 || arm64)

/* The wrappers for the library's own copies of shared objects (objects.c), whose undefined symbols are
 * renamed to these. They can't be the wrappers themselves, which are hidden as all of the shim. Not in C: with
 * link-time optimization the compiler would not see who calls the wrappers. */
#include "wraps.h"

#if defined(__x86_64__)
#define JUMP jmp
#else
#define JUMP b
#endif
#define ENTRANCE(name) \
    .globl hotso_wrap_##name; .type hotso_wrap_##name, %function; hotso_wrap_##name: JUMP __wrap_##name; \
    .size hotso_wrap_##name, .-hotso_wrap_##name;

.text
WRAPS(ENTRANCE)

.section .note.GNU-stack, "", %progbits
