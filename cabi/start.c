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

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);
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

extern void hotso_go_bind(void);

static uint32_t entered; /* a futex: 1 once a call into Go has come back */

static void *enter(void *unused) {
    hotso_go_bind();
    __atomic_store_n(&entered, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &entered, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    return unused;
}

/* A thread that takes none of the host's signals. */
static int start_thread(void) {
    pthread_t thread;
    pthread_attr_t attr;
    sigset_t all, before;
    sigfillset(&all);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    __real_pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = __real_pthread_create(&thread, &attr, enter, NULL);
    __real_pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attr);
    return err == 0;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Nothing outside of Go tells when the init functions have ended, and a call that waits for them waits
 * for ever if one of them does. So another thread makes the first call, which can be left. Where there is
 * no thread to be had, the caller waits itself. */
int started_within(int64_t timeout_ns) {
    static uint32_t asked;
    if (!__atomic_exchange_n(&asked, 1, __ATOMIC_ACQ_REL) && !start_thread()) {
        __atomic_store_n(&asked, 0, __ATOMIC_RELEASE);
        return 1;
    }
    int64_t begin = now(), left = timeout_ns;
    while (!__atomic_load_n(&entered, __ATOMIC_ACQUIRE)) {
        struct timespec t = {left / 1000000000, left % 1000000000};
        if (left <= 0)
            return 0;
        syscall(SYS_futex, &entered, FUTEX_WAIT_PRIVATE, 0, &t, NULL, 0);
        left = timeout_ns - (now() - begin);
    }
    return 1;
}
