//go:build linux && (amd64 || arm64)

/* Functions that C code wants called around fork(2), whoever in the process calls it. libc
 * knows only of three functions of ours, which call them as long as the library lives. libc
 * forgets those three together with the exit functions of the image, in __cxa_finalize (glibc,
 * stdlib/cxa_finalize.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include "shim.h"

int __real___register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);
extern void __cxa_finalize(void *);
extern void *__dso_handle __attribute__((visibility("hidden")));

typedef struct fork_functions {
    struct fork_functions *older;
    void (*prepare)(void), (*parent)(void), (*child)(void);
} fork_functions;

static fork_functions *newest; /* only grows */
static uint32_t registered;    /* with libc */
static uint32_t running;

/* A dead library's locks may be held for good. */
static int alive(void) {
    return !__atomic_load_n(&hotso_dying, __ATOMIC_SEQ_CST) &&
           !__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE);
}

static void prepare(void) {
    __atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
    if (alive())
        for (fork_functions *f = __atomic_load_n(&newest, __ATOMIC_ACQUIRE); f; f = f->older)
            if (f->prepare)
                f->prepare();
    __atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
}

static void run_parents(const fork_functions *f) {
    if (!f)
        return;
    run_parents(f->older);
    if (f->parent)
        f->parent();
}

static void parent(void) {
    __atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
    if (alive())
        run_parents(__atomic_load_n(&newest, __ATOMIC_ACQUIRE));
    __atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
}

static void run_children(const fork_functions *f) {
    if (!f)
        return;
    run_children(f->older);
    if (f->child)
        f->child();
}

static void child(void) {
    if (alive())
        run_children(__atomic_load_n(&newest, __ATOMIC_ACQUIRE));
}

int __wrap___register_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void),
                             void *dso) {
    if (!hosted())
        return __real___register_atfork(before, in_parent, in_child, dso);
    fork_functions *f = malloc(sizeof *f);
    if (!f)
        return ENOMEM;
    *f = (fork_functions){__atomic_load_n(&newest, __ATOMIC_ACQUIRE), before, in_parent, in_child};
    while (!__atomic_compare_exchange_n(&newest, &f->older, f, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        ;
    if (__atomic_exchange_n(&registered, 1, __ATOMIC_ACQ_REL))
        return 0;
    return __real___register_atfork(prepare, parent, child, &__dso_handle);
}

int __wrap_pthread_atfork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void)) {
    return __wrap___register_atfork(before, in_parent, in_child, &__dso_handle);
}

/* Whether a thread is in one of them. */
int forks_running(void) {
    return __atomic_load_n(&running, __ATOMIC_SEQ_CST) != 0;
}

void forks_forget(void) {
    if (registered)
        __cxa_finalize(&__dso_handle);
    while (newest) {
        fork_functions *f = newest;
        newest = f->older;
        free(f);
    }
}
