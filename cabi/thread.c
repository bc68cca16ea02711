//go:build linux && (amd64 || arm64)

/* Threads that the library starts: remembered, so that they can be ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "shim.h"

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __real_pthread_join(pthread_t, void **);
int __real_pthread_detach(pthread_t);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);
void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_munmap(void *, size_t);

uint32_t hotso_dying, hotso_ended;

/* The list: entries come from blocks that are mapped behind the back of
 * memory.c, since they must outlive what it releases. */
#include <sys/mman.h>

enum { PER_BLOCK = 64 };

typedef struct block {
    struct block *next;
    hotso_thread threads[PER_BLOCK];
} block;

static hotso_lock list_lock;
static block *blocks;
static hotso_thread *list;

static hotso_thread *take_unused(void) {
    for (hotso_thread *t = list; t; t = t->next)
        if (t->state == THREAD_UNUSED)
            return t;
    block *b = __real_mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED)
        return NULL;
    b->next = blocks;
    blocks = b;
    for (int i = 0; i < PER_BLOCK; i++) {
        b->threads[i].next = list;
        list = &b->threads[i];
    }
    return list;
}

hotso_thread *thread_list(void) {
    return list;
}

void thread_forget(void) {
    list = NULL;
    while (blocks) {
        block *b = blocks;
        blocks = b->next;
        __real_munmap(b, sizeof *b);
    }
}

void thread_reap(void) {
    lock(&list_lock);
    for (hotso_thread *t = list; t; t = t->next) {
        if (t->theirs || __atomic_load_n(&t->state, __ATOMIC_ACQUIRE) != THREAD_ENDED)
            continue;
        __real_pthread_join(t->handle, NULL); /* at once: it is past its last instruction of ours */
        t->state = THREAD_UNUSED;
    }
    unlock(&list_lock);
}

/* The first frame of every thread of the library's, and the last. */
static void *run(void *arg) {
    hotso_thread *t = arg;
    void *volatile result = NULL; /* written between setjmp and longjmp */
    hotso_record *r = record();
    t->tid = (pid_t)syscall(SYS_gettid);
    t->sp = ((uintptr_t)__builtin_frame_address(0) - 4096) & ~(uintptr_t)15;
    adopt(r);
    r->thread = t;
    r->jump = &hotso_no_jump;
    r->depth = 1; /* a thread of the library's is always inside */
    signal_fence();
    if (_setjmp(t->leave) == 0) {
        __atomic_store_n(&t->state, THREAD_RUNNING, __ATOMIC_RELEASE);
        result = t->start(t->arg);
    }
    /* Nothing may interrupt the end: a handler would find a thread that is
     * half inside. */
    sigset_t all;
    sigfillset(&all);
    __real_pthread_sigmask(SIG_SETMASK, &all, NULL);
    r->depth = 0;
    r->jump = NULL;
    r->thread = NULL;
    __atomic_store_n(&t->state, THREAD_ENDED, __ATOMIC_RELEASE);
    if (__atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE)) {
        __atomic_fetch_add(&hotso_ended, 1, __ATOMIC_RELEASE);
        syscall(SYS_futex, &hotso_ended, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return result;
}

/* The kill handler lets an ended thread go on here, on its own stack. */
void thread_leave(void) {
    _longjmp(record()->thread->leave, 1);
}

/* The kill signal ends it. */
void thread_park(void) {
    for (;;) {
#if defined(__x86_64__)
        long r = SYS_pause;
        __asm__ volatile("syscall" : "+a"(r)::"rcx", "r11", "memory");
#else
        register long nr __asm__("x8") = SYS_ppoll;
        register long a __asm__("x0") = 0;
        register long b __asm__("x1") = 0;
        register long c __asm__("x2") = 0;
        register long d __asm__("x3") = 0;
        __asm__ volatile("svc 0" : "+r"(a) : "r"(nr), "r"(b), "r"(c), "r"(d) : "memory");
#endif
    }
}

/* Go starts its threads detached (runtime/cgo). We make those joinable, since
 * only pthread_join tells for certain that a thread has left our code. */
int __wrap_pthread_create(pthread_t *handle, const pthread_attr_t *attr, void *(*start)(void *), void *arg) {
    if (!hosted() || !STEP(WRAP_THREAD))
        return __real_pthread_create(handle, attr, start, arg);
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attr)
        pthread_attr_getdetachstate(attr, &detached);
    thread_reap();

    hotso_record *busy = busy_begin();
    lock(&list_lock);
    if (__atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE)) {
        unlock(&list_lock);
        busy_end(busy);
        thread_park();
    }
    hotso_thread *t = take_unused();
    if (!t) {
        unlock(&list_lock);
        busy_end(busy);
        return EAGAIN;
    }
    t->start = start;
    t->arg = arg;
    t->tid = 0;
    t->signaled = 0;
    t->theirs = detached == PTHREAD_CREATE_JOINABLE;
    t->state = THREAD_STARTING;
    pthread_attr_t own;
    if (attr) {
        own = *attr;
        pthread_attr_setdetachstate(&own, PTHREAD_CREATE_JOINABLE);
    }
    int err = __real_pthread_create(&t->handle, attr ? &own : NULL, run, t);
    if (err)
        t->state = THREAD_UNUSED;
    else
        *handle = t->handle;
    unlock(&list_lock);
    busy_end(busy);
    return err;
}

/* C code of the library joins or detaches a thread of its own. */
static void reaped(pthread_t handle) {
    hotso_record *busy = busy_begin();
    lock(&list_lock);
    for (hotso_thread *t = list; t; t = t->next)
        if (t->theirs && t->state != THREAD_UNUSED && pthread_equal(t->handle, handle))
            t->state = THREAD_UNUSED;
    unlock(&list_lock);
    busy_end(busy);
}

int __wrap_pthread_join(pthread_t handle, void **result) {
    int err = __real_pthread_join(handle, result);
    if (err == 0 && hosted())
        reaped(handle);
    return err;
}

/* From now on it is ours to join. */
int __wrap_pthread_detach(pthread_t handle) {
    if (!hosted())
        return __real_pthread_detach(handle);
    int found = 0;
    hotso_record *busy = busy_begin();
    lock(&list_lock);
    for (hotso_thread *t = list; t; t = t->next)
        if (t->theirs && t->state != THREAD_UNUSED && pthread_equal(t->handle, handle)) {
            t->theirs = 0;
            found = 1;
        }
    unlock(&list_lock);
    busy_end(busy);
    return found ? 0 : __real_pthread_detach(handle);
}
