//go:build linux && (amd64 || arm64)

/* Functions that C code wants called when the library leaves: atexit(3) and its like, the
 * destructors of C++, which compilers register with __cxa_atexit (Itanium C++ ABI, 3.3.6), and
 * those of the image (DT_FINI_ARRAY). dlclose would run them when the library's threads and memory
 * are gone, on a thread of the host's. So they are remembered here and run at the unload, on
 * a last thread of the library's, when its other threads have ended and nothing is unmapped
 * yet. A fault of the library's code, abort and exit end that thread. After a crash none of
 * them runs: what they would tidy up is in no state that they know.
 *
 * The Go runtime has ended by then. A call into Go returns at once, without a result; a thread
 * that is joined has ended; a new one can't be had. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "shim.h"

int __real_atexit(void (*)(void));
int __real___cxa_at_quick_exit(void (*)(void *), void *);
int __real_on_exit(void (*)(int, void *), void *);
int __real___cxa_atexit(void (*)(void *), void *, void *);
int __real_sigaltstack(const stack_t *, stack_t *);
void *__real_mmap(void *, size_t, int, int, int, off_t);
int __real_munmap(void *, size_t);

typedef struct exit_function {
    struct exit_function *next;
    enum { PLAIN, WITH_STATUS, WITH_ARGUMENT, UNUSED } kind;
    int quick; /* for quick_exit(3), which no unload is */
    union {
        void (*plain)(void);
        void (*with_status)(int, void *);
        void (*with_argument)(void *);
    };
    void *arg;
} exit_function;

enum { PER_BLOCK = 64 };

typedef struct block {
    struct block *next;
    exit_function functions[PER_BLOCK];
} block;

uint32_t hotso_leaving;

static hotso_lock exits_lock;
static exit_function *newest, *unused;
static block first, *blocks = NULL; /* not of malloc's, which they may be called for */
static int used_first, begun;
static char error[512];

/* exits_lock is held. */
static exit_function *take_unused(void) {
    block *b = &first;
    if (used_first && !unused) {
        b = __real_mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (b == MAP_FAILED)
            return NULL;
        b->next = blocks;
        blocks = b;
    }
    if (!unused) {
        used_first = 1;
        for (int i = 0; i < PER_BLOCK; i++) {
            b->functions[i].next = unused;
            unused = &b->functions[i];
        }
    }
    exit_function *e = unused;
    unused = e->next;
    return e;
}

static int remember(exit_function f) {
    hotso_record *busy = busy_begin();
    lock(&exits_lock);
    exit_function *e = take_unused();
    if (e) {
        *e = f;
        e->next = newest;
        newest = e;
    }
    unlock(&exits_lock);
    busy_end(busy);
    return e ? 0 : -1;
}

/* In a child, too: exit(3) of its C code runs them (end.c). */
static int remembers(void) {
    return hotso_load_config.owner != 0;
}

int __wrap_atexit(void (*f)(void)) {
    return remembers() ? remember((exit_function){.kind = PLAIN, .plain = f}) : __real_atexit(f);
}

int __wrap_on_exit(void (*f)(int, void *), void *arg) {
    return remembers() ? remember((exit_function){.kind = WITH_STATUS, .with_status = f, .arg = arg})
                       : __real_on_exit(f, arg);
}

int __wrap___cxa_atexit(void (*f)(void *), void *arg, void *dso) {
    return remembers() ? remember((exit_function){.kind = WITH_ARGUMENT, .with_argument = f, .arg = arg})
                       : __real___cxa_atexit(f, arg, dso);
}

/* at_quick_exit(3) calls it, from the part of libc that is in every image (libc_nonshared.a). */
int __wrap___cxa_at_quick_exit(void (*f)(void *), void *dso) {
    return remembers() ? remember((exit_function){.kind = WITH_ARGUMENT, .quick = 1, .with_argument = f})
                       : __real___cxa_at_quick_exit(f, dso);
}

/* Takes the newest, until there is none: they may register others. */
static exit_function take(int quick) {
    exit_function f = {.kind = UNUSED};
    hotso_record *busy = busy_begin();
    lock(&exits_lock);
    for (exit_function **e = &newest; *e; e = &(*e)->next)
        if ((*e)->quick == quick) {
            exit_function *taken = *e;
            f = *taken;
            *e = taken->next;
            taken->next = unused;
            unused = taken;
            break;
        }
    unlock(&exits_lock);
    busy_end(busy);
    return f;
}

void run_exits(int status, int quick) {
    for (;;) {
        exit_function f = take(quick);
        switch (f.kind) {
        case PLAIN:
            f.plain();
            break;
        case WITH_STATUS:
            f.with_status(status, f.arg);
            break;
        case WITH_ARGUMENT:
            f.with_argument(f.arg);
            break;
        case UNUSED:
            return;
        }
    }
}

/* The order is dlclose's. */
static void *run_all(void *unused) {
    static char room[1 << 15]; /* a stack that overflowed has none for a handler */
    const stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    __real_sigaltstack(&stack, NULL);
    record()->missed = 1; /* has calls into Go look at hotso_leaving, see enter.c */
    run_finis();
    run_exits(0, 0);
    objects_end();
    return unused;
}

void exits_failed(const char *why, va_list args) {
    if (!error[0])
        vsnprintf(error, sizeof error, why, args);
}

static void failed(const char *why, ...) {
    va_list args;
    va_start(args, why);
    exits_failed(why, args);
    va_end(args);
}

/* A fault of the library's code on that thread. */
static void on_fault(int sig, siginfo_t *info, void *context) {
    failed("signal %d, address %p", sig, info->si_addr);
    leave_from(context);
}

/* No other thread is inside, so nobody else's signals go this way. */
static void take_signals(void) {
    for (int i = 0; i < HOTSO_HANDLED; i++) {
        uint64_t handler = i == HOTSO_SEGV || i == HOTSO_BUS || i == HOTSO_FPE ? (uint64_t)on_fault : 0;
        if (i != HOTSO_KILL)
            __atomic_store_n(&entry()->handlers[i], handler, __ATOMIC_RELEASE);
    }
}

/* What every image has in DT_FINI_ARRAY is of no interest: that of the compiler, which has libc
 * call what was registered there, and that of cplusplus.c, without the C++ library. */
enum { OF_NO_INTEREST = 2 };

static int nothing_to_run(void) {
    return !newest && !objects_here() && !cplusplus_here() && hotso_load_config.finis_n <= OF_NO_INTEREST;
}

/* The thread that runs them, if it has not been there yet; NULL if there is nothing to run. */
hotso_thread *exits_begin(void) {
    if (begun || __atomic_load_n(&entry()->crashed, __ATOMIC_ACQUIRE) || nothing_to_run())
        return NULL;
    begun = 1;
    take_signals();
    __atomic_store_n(&hotso_leaving, 1, __ATOMIC_RELEASE);
    hotso_thread *t = thread_last(run_all);
    if (!t)
        failed("no thread for them");
    return t;
}

void exits_overdue(void) {
    failed("they did not end in time");
}

void exits_forget(hotso_unload_report *report) {
    report->exit_error = error;
    while (blocks) {
        block *b = blocks;
        blocks = b->next;
        __real_munmap(b, sizeof *b);
    }
}
