//go:build linux && (amd64 || arm64)

/* The way out. The host calls hotso_unload on a thread of its own when no call
 * is inside and none can come, and no thread of its own is in the key stub. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "shim.h"

int __real_pthread_join(pthread_t, void **);

/* Lets the interrupted thread go on in f, on a free place of its stack. */
static void go_on_in(ucontext_t *u, void (*f)(void), uintptr_t sp) {
    sp &= ~(uintptr_t)15;
#if defined(__x86_64__)
    u->uc_mcontext.gregs[REG_RIP] = (greg_t)f;
    u->uc_mcontext.gregs[REG_RSP] = (greg_t)(sp - 8); /* as after a call: psABI 3.2.2 */
    u->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)0x400;  /* DF: Go's memmove sets it */
#else
    u->uc_mcontext.pc = (uint64_t)f;
    u->uc_mcontext.sp = sp;
#endif
}

/* The host's dispatcher calls this for HOTSO_KILL_SIGNAL, on a thread that is
 * inside the library. It ends a thread of the library's, or ejects one of the
 * host's if the library is dead, where that is safe: only where the library's own
 * code was interrupted. Anywhere else, in libc above all, the thread may hold a
 * lock that the process needs; it is tried again. The kernel restores the
 * alternate stack on the way back. */
void on_kill(int sig, void *info, void *context) {
    (void)sig;
    (void)info;
    ucontext_t *u = context;
    hotso_record *r = record();
    hotso_thread *t = r->thread;
#if defined(__x86_64__)
    uint64_t pc = (uint64_t)u->uc_mcontext.gregs[REG_RIP];
#else
    uint64_t pc = u->uc_mcontext.pc;
#endif
    if (r->owner != hotso_load_config.owner)
        return;
    int safe = r->busy == 0 && pc >= entry()->text_low && pc < entry()->text_high;
    /* The host signals all its threads to free the callers of one library. */
    if (safe && t && endable(r) && __atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE)) {
        r->busy = 1; /* not twice */
        go_on_in(u, thread_leave, t->sp);
    } else if (safe && ejectable(r) && __atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE)) {
        go_on_in(u, eject, (uintptr_t)ejectable(r) - 1024); /* under the frame that it is in */
        memcpy(&u->uc_sigmask, &r->mask, sizeof r->mask);
    }
    if (t)
        __atomic_store_n(&t->signaled, 0, __ATOMIC_RELEASE);
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* Asks every living thread to end; returns how many there are. */
static uint32_t ask(hotso_unload_report *report) {
    uint32_t living = 0;
    for (hotso_thread *t = thread_list(); t; t = t->next) {
        uint32_t state = __atomic_load_n(&t->state, __ATOMIC_ACQUIRE);
        if (state != THREAD_STARTING && state != THREAD_RUNNING)
            continue;
        if (living < HOTSO_UNLOAD_THREADS)
            report->ids[living] = t->tid;
        living++;
        if (STEP(KILL) && state == THREAD_RUNNING && !__atomic_exchange_n(&t->signaled, 1, __ATOMIC_ACQ_REL))
            syscall(SYS_tgkill, getpid(), t->tid, HOTSO_KILL_SIGNAL);
    }
    return living;
}

/* Waits until another thread has ended than those in seen, or for ns. */
static void wait_ended(uint32_t seen, int64_t ns) {
    struct timespec t = {0, ns};
    syscall(SYS_futex, &hotso_ended, FUTEX_WAIT_PRIVATE, seen, &t, NULL, 0);
}

static void join_ended(hotso_unload_report *report) {
    for (hotso_thread *t = thread_list(); t; t = t->next) {
        if (t->state != THREAD_ENDED)
            continue;
        if (report->threads < HOTSO_UNLOAD_THREADS)
            report->ids[report->threads] = t->tid;
        report->threads++;
        t->state = THREAD_UNUSED;
        if (STEP(JOIN) && __real_pthread_join(t->handle, NULL) == 0)
            report->threads_ended++;
    }
}

/* A thread that was met outside the library's own code is asked again, at
 * growing intervals: it may sit in a system call for ever. */
static uint32_t end_threads(hotso_unload_report *report, int64_t deadline) {
    for (int64_t ns = 50000;; ns += ns < 1000000 ? ns / 2 : 0) {
        uint32_t seen = __atomic_load_n(&hotso_ended, __ATOMIC_ACQUIRE);
        uint32_t living = ask(report);
        if (living == 0 || now() >= deadline)
            return living;
        wait_ended(seen, ns);
    }
}

hotso_status hotso_unload(int64_t timeout_ns, hotso_unload_report *report) {
    memset(report, 0, sizeof *report);
    /* A Go runtime has a thread and memory from its first moment on. If we saw
     * none it took them some other way, and we must not pull the rug. */
    if (!hosted() || !thread_list() || !memory_seen())
        return HOTSO_INVALID;
    int64_t begin = now();
    __atomic_store_n(&hotso_dying, 1, __ATOMIC_RELEASE);
    uint32_t living = end_threads(report, begin + timeout_ns);
    if (living > 0) {
        report->threads = living;
        return HOTSO_TIMEOUT;
    }
    join_ended(report);
    int64_t ended = now();
    report->threads_ns = ended - begin;
    key_release(report);
    files_left(report);
    memory_release(report);
    thread_forget();
    report->memory_ns = now() - ended;
    return HOTSO_OK;
}
