//go:build linux && (amd64 || arm64)

/* Destructors of C++ thread_local objects, and what else asks to run when a thread ends
 * by __cxa_thread_atexit (Itanium C++ ABI has it in libstdc++, glibc's implementation is
 * stdlib/cxa_thread_atexit_impl.c). glibc counts them, and keeps the image for as long as a
 * thread has one to run: a host's thread may live for ever.
 *
 * So they are ours. Each runs once:
 *
 *   on its own thread when that ends, by the host's stub (key.c), or by run in thread.c
 *   when the library stops: those of the host's threads, which are outside, on a thread of
 *   the library's
 *
 * or not at all: after a crash, and on a thread of the library's that is ended wherever it is.
 * The objects are in thread-local storage, which the dynamic linker frees. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "shim.h"

typedef void destructor(void *);

/* Weak: musl has no such function, and leaves it to libstdc++, which plain C has not. */
__attribute__((weak)) int __real___cxa_thread_atexit_impl(destructor *, void *, void *);
__attribute__((weak)) int __real___cxa_thread_atexit(destructor *, void *, void *);
int __real_pthread_setspecific(pthread_key_t, const void *);
int __real_pthread_key_delete(pthread_key_t);
int __real_pthread_key_create(pthread_key_t *, void (*)(void *));

typedef struct local {
    struct local *next;
    destructor *run;
    void *object;
} local;

/* What one thread has to run, the newest first. */
typedef struct locals {
    struct locals *next, *prev;
    local *first;
    int library;      /* it is a thread of the library's */
    uint32_t running; /* a futex: another thread runs one of them now */
} locals;

static hotso_lock locals_lock;
static locals *threads;
static pthread_key_t locals_key; /* a thread's own locals */
static int have_locals_key;

/* The calling thread's, made when it has none. The lock is held. */
static locals *mine(void) {
    if (!have_locals_key)
        have_locals_key = __real_pthread_key_create(&locals_key, NULL) == 0;
    if (!have_locals_key)
        return NULL;
    locals *l = pthread_getspecific(locals_key);
    if (l || !(l = calloc(1, sizeof *l)))
        return l;
    if (__real_pthread_setspecific(locals_key, l) != 0) {
        free(l);
        return NULL;
    }
    l->library = record()->thread != NULL;
    l->next = threads;
    if (threads)
        threads->prev = l;
    threads = l;
    return l;
}

static int add(destructor *run, void *object) {
    int err = -1;
    hotso_record *busy = busy_begin();
    /* On a thread that has not entered the library, as when a constructor runs during the load,
     * the stub would not find it: such an object is never destroyed. */
    if (!busy || has_lent_slot() || __atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE)) {
        busy_end(busy);
        return 0;
    }
    local *o = malloc(sizeof *o);
    lock(&locals_lock);
    locals *l = o ? mine() : NULL;
    if (l && key_mark_thread() == 0) {
        *o = (local){l->first, run, object};
        l->first = o;
        o = NULL;
        err = 0;
    }
    unlock(&locals_lock);
    free(o);
    busy_end(busy);
    return err;
}

int __wrap___cxa_thread_atexit_impl(destructor *run, void *object, void *image) {
    if (hosted())
        return add(run, object);
    if (__real___cxa_thread_atexit_impl)
        return __real___cxa_thread_atexit_impl(run, object, image);
    return __real___cxa_thread_atexit ? __real___cxa_thread_atexit(run, object, image) : -1;
}

int __wrap___cxa_thread_atexit(destructor *run, void *object, void *image) {
    return __wrap___cxa_thread_atexit_impl(run, object, image);
}

static void set_running(locals *l, uint32_t running) {
    __atomic_store_n(&l->running, running, __ATOMIC_RELEASE);
    if (!running)
        syscall(SYS_futex, &l->running, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Takes the newest of l and runs it; 0 if there was none. The lock is held, but not while
 * the destructor runs, which may add others. */
static int run_one(locals *l, hotso_record **busy) {
    local *o = l->first;
    if (!o)
        return 0;
    l->first = o->next;
    set_running(l, 1);
    unlock(&locals_lock);
    local was = *o;
    free(o);
    busy_end(*busy);
    was.run(was.object);
    *busy = busy_begin();
    lock(&locals_lock);
    set_running(l, 0);
    return 1;
}

static locals *current(void) {
    return have_locals_key ? pthread_getspecific(locals_key) : NULL;
}

/* On a thread that ends. What another thread runs of its now must be over first: then its
 * storage goes. */
void locals_end_thread(void) {
    hotso_record *busy = busy_begin();
    lock(&locals_lock);
    locals *l = current();
    while (l && (l->running || run_one(l, &busy))) {
        if (!l->running)
            continue;
        unlock(&locals_lock);
        syscall(SYS_futex, &l->running, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
        lock(&locals_lock);
    }
    if (l) {
        if (l->next)
            l->next->prev = l->prev;
        *(l->prev ? &l->prev->next : &threads) = l->next;
        __real_pthread_setspecific(locals_key, NULL);
        free(l);
    }
    unlock(&locals_lock);
    busy_end(busy);
}

/* Most libraries have none. */
int32_t hotso_have_locals(void) {
    hotso_record *busy = busy_begin();
    lock(&locals_lock);
    int have = threads != NULL;
    unlock(&locals_lock);
    busy_end(busy);
    return have;
}

/* When the library stops, on a thread of its: no call is inside. A destructor may use others,
 * and so make new ones on this thread. */
void hotso_end_locals(void) {
    if (!hosted())
        return; /* they are glibc's */
    hotso_record *busy = busy_begin();
    lock(&locals_lock);
    for (locals *l = threads; l;)
        l = !l->library && !l->running && run_one(l, &busy) ? threads : l->next;
    locals *own = current();
    while (own && run_one(own, &busy))
        ;
    unlock(&locals_lock);
    busy_end(busy);
}

/* By now every thread of the library has ended, and no thread of the host's is in the stub. */
void locals_release(hotso_unload_report *report) {
    while (threads) {
        locals *l = threads;
        threads = l->next;
        while (l->first) {
            local *o = l->first;
            l->first = o->next;
            free(o);
        }
        free(l);
    }
    if (!have_locals_key)
        return;
    report->keys++;
    if (STEP(KEYS) && __real_pthread_key_delete(locals_key) == 0)
        report->keys_deleted++;
    have_locals_key = 0;
}
