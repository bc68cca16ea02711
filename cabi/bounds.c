//go:build linux && (amd64 || arm64)

/* The bounds of a thread's stack, for which the Go runtime asks in every call from C that arrives on a stack
 * which is not the thread's (callbackUpdateSystemStack in runtime/cgocall.go): fibers and coroutines, and
 * koffi, by which Node calls. glibc reads them from /proc/self/maps for the first thread
 * (pthread_getattr_np(3)), which took a tenth of a millisecond in Node. They don't change for as long as the
 * process lives, so once is enough. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "shim.h"

void __real_x_cgo_getstackbound(uintptr_t bounds[2]);
void __wrap_x_cgo_getstackbound(uintptr_t bounds[2]);

static pthread_t first; /* set once the bounds are */
static uintptr_t bounds_of_first[2];

void __wrap_x_cgo_getstackbound(uintptr_t bounds[2]) {
    pthread_t self = pthread_self();
    if (__atomic_load_n(&first, __ATOMIC_ACQUIRE) == self) {
        bounds[0] = bounds_of_first[0];
        bounds[1] = bounds_of_first[1];
        return;
    }
    __real_x_cgo_getstackbound(bounds);
    if (syscall(SYS_gettid) == getpid() && bounds[0]) {
        bounds_of_first[0] = bounds[0];
        bounds_of_first[1] = bounds[1];
        __atomic_store_n(&first, self, __ATOMIC_RELEASE);
    }
}
