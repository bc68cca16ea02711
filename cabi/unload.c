//go:build linux && (amd64 || arm64)

/* The way out. The host calls hotso_unload on a thread of its own when no call is inside
 * the library, none can enter, and no thread of the host's is in the key stub. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "shim.h"

int __real_pthread_join(pthread_t, void **);

/* Makes the interrupted thread resume in f, on an unused part of its stack. */
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

void leave_from(void *context) {
    go_on_in(context, thread_leave, record()->thread->sp);
}

/* The host's dispatcher calls this for HOTSO_KILL_SIGNAL, on a thread that is
 * inside the library. It ends a thread of the library's, or ejects one of the
 * host's if the library is dead, but only if the library's own code was
 * interrupted, or a wait that holds nothing (wait.c). Anywhere else, above all in libc,
 * the thread may hold a lock that the process needs; it is signaled again later. The
 * kernel restores the alternate stack when the handler returns. */
void on_kill(int sig, void *info, void *context) {
    (void)sig;
    (void)info;
    ucontext_t *u = context;
    hotso_record *r = record();
    hotso_thread *t = r->thread;
#if defined(__x86_64__)
    uint64_t pc = (uint64_t)u->uc_mcontext.gregs[REG_RIP], number = (uint64_t)u->uc_mcontext.gregs[REG_RAX];
    uint64_t sp = (uint64_t)u->uc_mcontext.gregs[REG_RSP];
    int64_t result = (int64_t)number;
#else
    uint64_t pc = u->uc_mcontext.pc, number = u->uc_mcontext.regs[8], sp = u->uc_mcontext.sp;
    int64_t result = (int64_t)u->uc_mcontext.regs[0];
#endif
    if (!hosted() || r->owner != hotso_load_config.owner)
        return;
    uint32_t dying = __atomic_load_n(&hotso_dying, __ATOMIC_ACQUIRE);
    int code = r->busy == 0 && own_code(pc) && !noting((uintptr_t)pc, number, result);
    int wait = !code && may_leave_wait(r, pc, sp, result);
    /* The host signals all its threads to free the callers of one library. One of ours that is
     * starting has no way back yet. */
    if (t && __atomic_load_n(&t->state, __ATOMIC_ACQUIRE) == THREAD_RUNNING && endable(r) &&
        ((code && dying) || (wait && dying == DYING_IN_WAITS))) {
        if (wait)
            leave_wait(r);
        r->busy = 1; /* not twice */
        go_on_in(u, thread_leave, t->sp);
    } else if ((code || wait) && ejectable(r) && __atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE)) {
        if (wait)
            leave_wait(r);
        r->busy = 0;                                        /* what its wrapper has raised it to */
        go_on_in(u, eject, (uintptr_t)ejectable(r) - 1024); /* below the frame that holds the jump */
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

/* Whether a signal to the thread would only disturb it: until waits may be left. */
static int left_alone(const hotso_thread *t) {
    return hotso_dying != DYING_IN_WAITS && __atomic_load_n(&t->record->wait, __ATOMIC_RELAXED);
}

typedef struct roll {
    uint32_t living, asked; /* threads */
} roll;

/* Asks every living thread to end, but for those that are left alone. */
static roll ask(hotso_unload_report *report) {
    roll r = {0, 0};
    for (hotso_thread *t = thread_list(); t; t = t->next) {
        uint32_t state = __atomic_load_n(&t->state, __ATOMIC_ACQUIRE);
        if (state != THREAD_STARTING && state != THREAD_RUNNING)
            continue;
        if (r.living < HOTSO_UNLOAD_THREADS)
            report->ids[r.living] = t->tid;
        r.living++;
        if (state == THREAD_RUNNING && left_alone(t))
            continue;
        r.asked++; /* by now or by the next time */
        if (STEP(KILL) && state == THREAD_RUNNING && !__atomic_exchange_n(&t->signaled, 1, __ATOMIC_ACQ_REL))
            syscall(SYS_tgkill, getpid(), t->tid, HOTSO_KILL_SIGNAL);
    }
    return r;
}

/* A debugger may have kept signals of an earlier attempt for itself: gdb knows none of this number. One too
 * many does no harm. */
static void ask_again(void) {
    for (hotso_thread *t = thread_list(); t; t = t->next)
        __atomic_store_n(&t->signaled, 0, __ATOMIC_RELEASE);
}

/* Waits until as many threads have ended as are awaited, or for ns nanoseconds, less than a second. Only the
 * last of them wakes us (thread.c): each time costs a switch of processors, for which a busy machine takes
 * milliseconds. */
static void wait_ended(uint32_t awaited, int64_t ns) {
    __atomic_store_n(&hotso_awaited, awaited, __ATOMIC_SEQ_CST);
    for (int64_t until = now() + ns; ns > 0; ns = until - now()) {
        uint32_t ended = __atomic_load_n(&hotso_ended, __ATOMIC_SEQ_CST);
        if ((int32_t)(ended - awaited) >= 0)
            return;
        struct timespec t = {0, ns};
        syscall(SYS_futex, &hotso_ended, FUTEX_WAIT_PRIVATE, ended, &t, NULL, 0);
    }
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

/* How long threads of C code that wait may take to end by themselves, because a stop hook
 * has told them to. A dead library's will not. */
enum { PATIENCE_NS = 1000000 };

/* How long they may still take, in nanoseconds. When that is over, waits may be left. */
static int64_t patience_left(int64_t begin) {
    int64_t left = begin + PATIENCE_NS - now();
    if (left > 0 && !__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE))
        return left;
    __atomic_store_n(&hotso_dying, DYING_IN_WAITS, __ATOMIC_RELEASE);
    return 0;
}

/* A thread that was found outside the library's own code is asked again, at
 * growing intervals: it may stay in a system call for ever. While there are only threads that are left alone,
 * there is nothing to do. */
static uint32_t end_threads(hotso_unload_report *report, int64_t begin, int64_t deadline) {
    enum { FIRST_NS = 50000, MOST_NS = 1000000 };
    ask_again();
    for (int64_t ns = FIRST_NS;; ns += ns < MOST_NS ? ns / 2 : 0) {
        int was_patient = hotso_dying != DYING_IN_WAITS;
        int64_t patience = patience_left(begin);
        if (was_patient && !patience)
            ns = FIRST_NS; /* the threads that wait are asked for the first time */
        uint32_t ended = __atomic_load_n(&hotso_ended, __ATOMIC_ACQUIRE);
        roll r = ask(report);
        if (r.living == 0 || now() >= deadline)
            return r.living;
        wait_ended(ended + r.living, r.asked ? ns : patience);
    }
}

/* Has C code do what it wants to do at the end. What has not ended at half of the time is ended as threads
 * are: it may wait for a lock that one of them held. 0 if that can't be done. */
static int run_last(hotso_unload_report *report, int64_t deadline) {
    hotso_thread *t = exits_begin();
    if (!t)
        return 1;
    int64_t patience = now() / 2 + deadline / 2;
    for (;;) {
        uint32_t ended = __atomic_load_n(&hotso_ended, __ATOMIC_ACQUIRE);
        if (__atomic_load_n(&t->state, __ATOMIC_ACQUIRE) == THREAD_ENDED)
            break;
        if (now() >= patience) {
            exits_overdue();
            __atomic_store_n(&hotso_dying, DYING_IN_WAITS, __ATOMIC_RELEASE);
            ask(report);
        }
        if (now() >= deadline) {
            report->threads = 1;
            report->ids[0] = t->tid;
            return 0;
        }
        wait_ended(ended + 1, 1000000);
    }
    join_ended(report);
    return 1;
}

/* No thread may be in them. */
static int end_forks(int64_t deadline) {
    while (forks_running()) {
        if (now() >= deadline)
            return 0;
        sched_yield();
    }
    forks_forget();
    return 1;
}

hotso_status hotso_unload(int64_t timeout_ns, hotso_unload_report *report) {
    memset(report, 0, sizeof *report);
    /* A Go runtime has a thread and memory from its first moment on. If we saw
     * none, it got them in a way that we don't see, and we must not unmap its code. */
    if (!hosted() || (!threads_seen() && runtime_began()))
        return HOTSO_INVALID;
    /* One that was ended right after its load has not come to take memory. */
    if (!memory_seen() && thread_list() && !__atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE))
        return HOTSO_INVALID;
    int64_t begin = now();
    uint32_t alive = 0;
    __atomic_compare_exchange_n(&hotso_dying, &alive, DYING_IN_CODE, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    uint32_t living = end_threads(report, begin, begin + timeout_ns);
    if (living > 0) {
        report->threads = living;
        return HOTSO_TIMEOUT;
    }
    join_ended(report);
    if (!run_last(report, begin + timeout_ns))
        return HOTSO_TIMEOUT;
    if (!end_forks(begin + timeout_ns)) {
        report->threads = 0; /* they are not the reason */
        return HOTSO_TIMEOUT;
    }
    memory_ranges(report);
    report->threads_ns = now() - begin;
    return HOTSO_OK;
}

void hotso_release(hotso_unload_report *report) {
    int64_t begin = now();
    timer_release(report);
    profiler_release(report);
    key_release(report);
    locals_release(report);
    files_left(report);
    signals_asked(report);
    process_changed(report);
    heap_release(report);
    memory_release(report);
    thread_forget();
    exits_forget(report);
    report->memory_ns = now() - begin;
}
