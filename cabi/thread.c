//go:build linux && (amd64 || arm64)

/* Threads that the library starts: remembered, so that they can be ended. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "shim.h"

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __real_pthread_join(pthread_t, void **);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);
int __real_sigaltstack(const stack_t *, stack_t *);
void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_munmap(void *, size_t);

uint32_t hotso_dying, hotso_ended, hotso_awaited;

/* Entries of the list come from blocks that memory.c does not know of, since they must
 * outlive what it releases. */
#include <sys/mman.h>

enum { PER_BLOCK = 64 };

typedef struct block {
    struct block *next;
    hotso_thread threads[PER_BLOCK];
} block;

static uint32_t asked; /* for a thread, whether it came or not */
hotso_lock hotso_list_lock;
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
        __atomic_store_n(&list, &b->threads[i], __ATOMIC_RELEASE); /* for hotso_threads */
    }
    return list;
}

hotso_thread *thread_list(void) {
    return list;
}

/* The list only grows, and its entries stay where they are until the library is unloaded. */
uint32_t hotso_threads(int32_t *ids, uint32_t cap) {
    uint32_t n = 0;
    for (hotso_thread *t = __atomic_load_n(&list, __ATOMIC_ACQUIRE); t && n < cap; t = t->next)
        if (__atomic_load_n(&t->state, __ATOMIC_ACQUIRE) == THREAD_RUNNING)
            ids[n++] = t->tid;
    return n;
}

int threads_seen(void) {
    return asked;
}

void thread_forget(void) {
    list = NULL;
    while (blocks) {
        block *b = blocks;
        blocks = b->next;
        __real_munmap(b, sizeof *b);
    }
}

/* Waits for no more than the thread's key destructors: it has left the library's code, or
 * calls it once more from there. pthread_join is a cancellation point; a thread of C code
 * that is canceled must not leave from here. */
int thread_join_ended(pthread_t handle, void **result) {
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    int err = __real_pthread_join(handle, result);
    pthread_setcancelstate(before, NULL);
    return err;
}

static hotso_thread *take_ended(void) {
    for (hotso_thread *t = list; t; t = t->next)
        if (!t->theirs && !t->joining && __atomic_load_n(&t->state, __ATOMIC_ACQUIRE) == THREAD_ENDED) {
            t->joining = 1;
            return t;
        }
    return NULL;
}

/* The lock is not held while a thread is joined, whose destructors may want it. */
void thread_reap(void) {
    hotso_record *busy = busy_begin();
    hotso_thread *t = NULL;
    do {
        lock(&hotso_list_lock);
        if (t)
            t->state = THREAD_UNUSED;
        t = take_ended();
        unlock(&hotso_list_lock);
        if (t)
            thread_join_ended(t->handle, NULL);
    } while (t);
    busy_end(busy);
}

/* A stack that overflows has no room for the handler of the fault: for that there is some at its upper end,
 * above all that C code puts there. Go's threads have their own. C code's handlers of faults run there as
 * well, and have had the whole stack before. */
enum { HANDLER_ROOM = 1 << 16 };

static void take_room(void *room) {
    const stack_t stack = {.ss_sp = room, .ss_size = HANDLER_ROOM};
    __real_sigaltstack(&stack, NULL);
}

static void leave_room(void) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    __real_sigaltstack(&none, NULL);
}

/* Nothing may interrupt the end: a handler would find a thread that is half inside. What faults is a key's
 * destructor (key.c). */
static void finish(void *arg) {
    hotso_thread *t = arg;
    hotso_record *r = record();
    sigset_t all;
    sigfillset(&all);
    without_faults(&all);
    __real_pthread_sigmask(SIG_BLOCK, &all, NULL); /* and what is blocked already: timer.c */
    if (t->room)
        leave_room();
    r->depth = 0;
    r->wait = NULL;
    r->jump = NULL;
    r->thread = NULL;
    __atomic_store_n(&t->state, THREAD_ENDED, __ATOMIC_RELEASE);
    sem_post(&t->ended); /* the last use of t: whoever joins the thread frees it */
    if (__atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE)) {
        uint32_t ended = __atomic_add_fetch(&hotso_ended, 1, __ATOMIC_SEQ_CST);
        if ((int32_t)(ended - __atomic_load_n(&hotso_awaited, __ATOMIC_SEQ_CST)) >= 0)
            syscall(SYS_futex, &hotso_ended, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

/* The first frame of every thread of the library's, and the last. C code may leave from
 * deeper down: by pthread_exit, or when it is canceled. Either runs the cleanup handler. */
static void *run(void *arg) {
    hotso_thread *t = arg;
    void *volatile result = NULL; /* written between setjmp and longjmp */
    hotso_record *r = record();
    t->tid = (pid_t)syscall(SYS_gettid);
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    if (t->room)
        take_room((void *)(frame = (uintptr_t)__builtin_alloca(HANDLER_ROOM)));
    t->sp = (frame - 4096) & ~(uintptr_t)15;
    adopt(r);
    r->thread = t;
    t->record = r;
    r->jump = &hotso_no_jump;
    r->depth = 1; /* a thread of the library's is always inside */
    signal_fence();
    lock(&hotso_list_lock); /* until whoever creates the thread has its handle, as in glibc */
    unlock(&hotso_list_lock);
    pthread_cleanup_push(finish, arg);
    if (_setjmp(t->leave) == 0) {
        __atomic_store_n(&t->state, THREAD_RUNNING, __ATOMIC_RELEASE);
        result = t->start(t->arg);
        locals_end_thread();
    }
    pthread_cleanup_pop(1);
    return result;
}

/* Where the kill handler sends a thread that is to end; it runs on the thread's own stack. */
void thread_leave(void) {
    _longjmp(record()->thread->leave, 1);
}

/* Waits for the kill signal, which ends the thread. */
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

/* An entry may have been another thread's. */
static void prepare(hotso_thread *t, void *(*start)(void *), void *arg, int theirs, int room) {
    t->start = start;
    t->arg = arg;
    t->tid = 0;
    t->signaled = 0;
    t->joining = 0;
    t->canceled = 0;
    t->bound = 0;
    sem_init(&t->ended, 0, 0);
    t->theirs = (uint32_t)theirs;
    t->room = (uint32_t)room;
    t->state = THREAD_STARTING;
}

/* C code may bring the memory of a stack. That is left as it is. */
static int brings_stack(const pthread_attr_t *attr) {
    void *lowest;
    size_t size;
    return pthread_attr_getstack(attr, &lowest, &size) == 0 && (uintptr_t)lowest + size != 0;
}

/* Whether C code starts it, and its stack is large enough to give something away. Go asks for its threads
 * detached, and for nothing else (runtime/cgo, _cgo_sys_thread_start and x_cgo_sys_thread_create): it would
 * take the room as its own handlers' (runtime/signal_unix.go, minitSignalStack), and overlook that the stack
 * is shorter by that. C code that asks for just the same has no room. */
static int can_give_room(const pthread_attr_t *attr, int detached) {
    enum { ENOUGH = 512 << 10 };
    size_t size, usual;
    pthread_attr_t none;
    pthread_attr_init(&none);
    pthread_attr_getstacksize(&none, &usual);
    pthread_attr_destroy(&none);
    if (!attr)
        return usual >= ENOUGH;
    pthread_attr_getstacksize(attr, &size);
    return size >= ENOUGH && !(size == usual && detached == PTHREAD_CREATE_DETACHED) && !brings_stack(attr);
}

/* What C code asks for is to be left of a stack. A thread's static TLS is taken out of it, and the host's
 * slots are a large part of that, too large for a small stack: with less than its TLS, a thread is not even
 * started (glibc, nptl/allocatestack.c). The room for handlers is at its end. */
static void widen(pthread_attr_t *attr, int room) {
    enum { SMALL = 256 << 10 };
    size_t size;
    pthread_attr_getstacksize(attr, &size); /* which knows the default, too */
    if (brings_stack(attr))
        return;
    size_t more = size < SMALL ? HOTSO_SLOTS_SIZE : room ? HANDLER_ROOM : 0;
    if (more)
        pthread_attr_setstacksize(attr, size + more);
}

/* Go starts its threads detached (runtime/cgo). We make those joinable, since
 * only pthread_join tells for certain that a thread has left our code. */
int __wrap_pthread_create(pthread_t *handle, const pthread_attr_t *attr, void *(*start)(void *), void *arg) {
    if (!hosted() || !STEP(WRAP_THREAD))
        return __real_pthread_create(handle, attr, start, arg);
    int detached = PTHREAD_CREATE_JOINABLE;
    if (attr)
        pthread_attr_getdetachstate(attr, &detached);
    int room = can_give_room(attr, detached);
    __atomic_store_n(&asked, 1, __ATOMIC_RELAXED);
    thread_reap();

    hotso_record *busy = busy_begin();
    lock(&hotso_list_lock);
    if (__atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE)) {
        unlock(&hotso_list_lock);
        busy_end(busy);
        if (__atomic_load_n(&hotso_leaving, __ATOMIC_ACQUIRE))
            return EAGAIN;
        thread_park();
    }
    hotso_thread *t = take_unused();
    if (!t) {
        unlock(&hotso_list_lock);
        busy_end(busy);
        return EAGAIN;
    }
    prepare(t, start, arg, detached == PTHREAD_CREATE_JOINABLE, room);
    pthread_attr_t own;
    if (attr) {
        own = *attr;
        pthread_attr_setdetachstate(&own, PTHREAD_CREATE_JOINABLE);
        widen(&own, room);
    }
    sigset_t mask;
    int masked = inherit_mask(&mask);
    int err = __real_pthread_create(&t->handle, attr ? &own : NULL, run, t);
    if (masked)
        __real_pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (err)
        t->state = THREAD_UNUSED;
    else
        *handle = t->handle;
    unlock(&hotso_list_lock);
    busy_end(busy);
    return err;
}

pid_t thread_id(pthread_t handle) {
    for (;; sched_yield()) {
        pid_t id = 0;
        uint32_t state = THREAD_UNUSED;
        hotso_record *busy = busy_begin();
        lock(&hotso_list_lock);
        for (hotso_thread *t = list; t && state == THREAD_UNUSED; t = t->next)
            if (t->state != THREAD_UNUSED && pthread_equal(t->handle, handle)) {
                state = __atomic_load_n(&t->state, __ATOMIC_ACQUIRE);
                id = t->tid;
            }
        unlock(&hotso_list_lock);
        busy_end(busy);
        if (state != THREAD_STARTING)
            return id;
    }
}

hotso_thread *thread_last(void *(*start)(void *)) {
    hotso_thread *t = take_unused();
    if (!t)
        return NULL;
    prepare(t, start, NULL, 0, 0);
    if (__real_pthread_create(&t->handle, NULL, run, t) == 0)
        return t;
    t->state = THREAD_UNUSED;
    return NULL;
}
