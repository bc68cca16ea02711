//go:build linux && (amd64 || arm64)

/* What the C++ library keeps for itself, when it is linked into the library: memory for
 * exceptions when malloc has none (libsupc++/eh_alloc.cc), 73 kB at each load. It frees that
 * only for leak checkers, who call this function. */
#include "shim.h"

__attribute__((weak)) void hotso_cplusplus_free(void) __asm__("_ZN9__gnu_cxx9__freeresEv");

int cplusplus_here(void) {
    return own_code((uintptr_t)hotso_cplusplus_free); /* not that of the process's libstdc++.so */
}

/* Priority 101 runs it after all other destructors of the image: they may throw. */
__attribute__((destructor(101))) static void free_cplusplus(void) {
    if (hosted() && cplusplus_here())
        hotso_cplusplus_free();
}
