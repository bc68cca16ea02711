//go:build linux && (amd64 || arm64)

/* Threads by their names in C11. In glibc these functions start and join threads inside
 * libc, where no wrapper of pthread_create is asked. Here they are made of those that we
 * have wrapped. A library that brings functions of these names by itself (tinycthread) keeps
 * them: they call pthread_create, and their results are numbered in another way. */
#include <errno.h>
#include <stdlib.h>
#include <threads.h>
#include "shim.h"

int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __wrap_pthread_join(pthread_t, void **);
int __wrap_pthread_detach(pthread_t);
__attribute__((weak)) int __real_thrd_create(thrd_t *, thrd_start_t, void *);
__attribute__((weak)) int __real_thrd_join(thrd_t, int *);
__attribute__((weak)) int __real_thrd_detach(thrd_t);

typedef struct call {
    thrd_start_t f;
    void *arg;
} call;

static void *start(void *arg) {
    call c = *(call *)arg;
    free(arg);
    return (void *)(intptr_t)c.f(c.arg);
}

static int result_of(int err) {
    return err == 0 ? thrd_success : err == ENOMEM || err == EAGAIN ? thrd_nomem : thrd_error;
}

int __wrap_thrd_create(thrd_t *thread, thrd_start_t f, void *arg) {
    if (!hosted() || own_code((uintptr_t)__real_thrd_create))
        return __real_thrd_create(thread, f, arg);
    call *c = malloc(sizeof *c);
    if (!c)
        return thrd_nomem;
    *c = (call){f, arg};
    int err = __wrap_pthread_create(thread, NULL, start, c);
    if (err)
        free(c);
    return result_of(err);
}

/* The result of one that left by thrd_exit is in the pointer, too (nptl/thrd_exit.c). */
int __wrap_thrd_join(thrd_t thread, int *result) {
    if (!hosted() || own_code((uintptr_t)__real_thrd_join))
        return __real_thrd_join(thread, result);
    void *r;
    int err = __wrap_pthread_join(thread, &r);
    if (err == 0 && result)
        *result = (int)(intptr_t)r;
    return result_of(err);
}

int __wrap_thrd_detach(thrd_t thread) {
    if (!hosted() || own_code((uintptr_t)__real_thrd_detach))
        return __real_thrd_detach(thread);
    return result_of(__wrap_pthread_detach(thread));
}
