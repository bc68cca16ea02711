// go:build linux && (amd64 || arm64)

/* The way out. The host calls hotso_unload on a thread of its own when no call
 * is inside and none can come, and no thread of its own is in the key stub. */
#define _GNU_SOURCE
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
    if (safe && t && __atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE)) {
        r->busy = 1; /* not twice */
        go_on_in(u, thread_leave, t->sp);
    } else if (safe && r->jump && __atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE)) {
        go_on_in(u, eject, (uintptr_t)r->jump - 1024); /* under the frame that it is in */
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
        if (living < HOTSO_BLOCKERS)
            report->blockers[living] = t->tid;
        living++;
        if (state == THREAD_RUNNING && !__atomic_exchange_n(&t->signaled, 1, __ATOMIC_ACQ_REL))
            syscall(SYS_tgkill, getpid(), t->tid, HOTSO_KILL_SIGNAL);
    }
    return living;
}

static void nap(int64_t ns) {
    struct timespec t = {0, ns};
    nanosleep(&t, NULL);
}

static int end_threads(hotso_unload_report *report, int64_t deadline) {
    int64_t ns = 20000;
    uint32_t living;
    while ((living = ask(report)) > 0 && now() < deadline) {
        nap(ns);
        if (ns < 1000000)
            ns += ns / 2;
    }
    for (hotso_thread *t = thread_list(); t; t = t->next)
        if (t->state == THREAD_ENDED) {
            __real_pthread_join(t->handle, NULL);
            t->state = THREAD_UNUSED;
            report->threads_ended++;
        }
    report->threads_left = living;
    return living == 0 ? 0 : -1;
}

hotso_status hotso_unload(int64_t timeout_ns, hotso_unload_report *report) {
    memset(report, 0, sizeof *report);
    if (!hosted())
        return HOTSO_INVALID;
    int64_t begin = now();
    __atomic_store_n(&hotso_dying, 1, __ATOMIC_RELEASE);
    if (end_threads(report, begin + timeout_ns) != 0)
        return HOTSO_TIMEOUT;
    int64_t ended = now();
    report->threads_ns = ended - begin;
    report->keys = key_release();
    memory_release(&report->mappings, &report->bytes);
    thread_forget();
    report->memory_ns = now() - ended;
    return HOTSO_OK;
}
