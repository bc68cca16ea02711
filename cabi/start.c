//go:build linux && (amd64 || arm64)

/* The first call into Go waits until the runtime has started (runtime/cgo/gcc_libinit.c).
 * A runtime that dies before, because it gets no memory or no thread, never says so: the
 * caller would wait for ever, and in libc, where it can't be ejected. So the host waits
 * here first, for either of the two. */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "shim.h"

void __real_x_cgo_notify_runtime_init_done(void *);

static uint32_t started; /* a futex */

void __wrap_x_cgo_notify_runtime_init_done(void *unused) {
    __real_x_cgo_notify_runtime_init_done(unused);
    __atomic_store_n(&started, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &started, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* 1 once the runtime has started, 0 if it has died before. */
__attribute__((visibility("default"), used)) int32_t hotso_wait_started(void) {
    while (hosted() && !__atomic_load_n(&started, __ATOMIC_ACQUIRE)) {
        struct timespec t = {0, 1000000};
        if (__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE))
            return 0;
        syscall(SYS_futex, &started, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
    }
    return 1;
}
