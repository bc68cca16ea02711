//go:build linux && (amd64 || arm64)

/* Timers of the library's C code. They are the process's, and outlive who made them: each
 * is remembered, and deleted when the library leaves.
 *
 * A signal is raised by a thread of the library's: sent to the process it would be the host's.
 *
 * For SIGEV_THREAD glibc has a thread of its own, for the process and for good, which
 * starts a thread for each expiration (sysdeps/unix/sysv/linux/timer_routines.c). We see
 * neither. So here a thread of the library's does the same: the kernel sends it the signal
 * that glibc uses for that, which nobody else can send or block, and it starts a thread of
 * the library's. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "shim.h"

int __wrap_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);
__attribute__((weak)) int __real_timer_create(clockid_t, struct sigevent *, timer_t *);
__attribute__((weak)) int __real_timer_delete(timer_t);
int __wrap_raise(int);

enum {
    TIMER_SIGNAL = 32, /* SIGTIMER, internal-signals.h */
    SETXID_SIGNAL = 33 /* by which setuid(2) reaches all threads, and waits for them */
};

/* What a thread is started with when a timer has expired. */
typedef struct notice {
    void (*f)(union sigval);
    union sigval value;
    size_t stack; /* 0: as usual */
    sigset_t mask;
} notice;

typedef struct timer {
    struct timer *next;
    timer_t id;
    int name; /* what the signal carries; never used again, as an address would be */
    notice notice;
} timer;

static hotso_lock timers_lock;
static timer *timers;
static int last_name;
static pid_t waiter; /* the thread that the signals go to; a futex */

static void *notify(void *arg) {
    notice n = *(notice *)arg;
    free(arg);
    __real_pthread_sigmask(SIG_SETMASK, &n.mask, NULL);
    n.f(n.value);
    return NULL;
}

/* A copy of what there is to do, for the thread that does it; NULL if the timer is gone. */
static notice *notice_of(int name) {
    notice *n = NULL;
    hotso_record *busy = busy_begin();
    lock(&timers_lock);
    for (timer *t = timers; t && !n; t = t->next)
        if (t->name == name && (n = malloc(sizeof *n)))
            *n = t->notice;
    unlock(&timers_lock);
    busy_end(busy);
    return n;
}

static void expired(int name) {
    notice *n = notice_of(name);
    pthread_attr_t attr;
    pthread_t thread;
    if (!n || pthread_attr_init(&attr) != 0)
        return;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (n->stack)
        pthread_attr_setstacksize(&attr, n->stack);
    if (__wrap_pthread_create(&thread, &attr, notify, n) != 0)
        free(n); /* this expiration is lost, as in glibc */
    pthread_attr_destroy(&attr);
}

/* libc's functions for signal sets leave TIMER_SIGNAL out. */
static uint64_t bit(int sig) {
    return UINT64_C(1) << (sig - 1);
}

static void *wait_for_signals(void *unused) {
    uint64_t blocked = ~bit(HOTSO_KILL_SIGNAL) & ~bit(SETXID_SIGNAL), wanted = bit(TIMER_SIGNAL);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked);
    pid_t none = 0;
    if (!__atomic_compare_exchange_n(&waiter, &none, (pid_t)syscall(SYS_gettid), 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        return NULL; /* another one was faster */
    syscall(SYS_futex, &waiter, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    for (;;) {
        siginfo_t info;
        if (syscall(SYS_rt_sigtimedwait, &wanted, &info, NULL, sizeof wanted) == TIMER_SIGNAL &&
            info.si_code == SI_TIMER)
            expired(info.si_value.sival_int);
    }
    return unused;
}

static pid_t start_waiter(void) {
    pthread_t thread;
    pid_t w = __atomic_load_n(&waiter, __ATOMIC_ACQUIRE);
    if (w)
        return w;
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return 0;
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    int err = __wrap_pthread_create(&thread, &attr, wait_for_signals, NULL);
    pthread_attr_destroy(&attr);
    if (err)
        return 0;
    while ((w = __atomic_load_n(&waiter, __ATOMIC_ACQUIRE)) == 0)
        syscall(SYS_futex, &waiter, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    return w;
}

/* A signal for the process would be the host's. */
static void raise_signal(union sigval sig) {
    __wrap_raise(sig.sival_int);
}

/* Turns an event for a thread, or a signal, into one for our waiter; 0 if there is none. */
static int redirect(struct sigevent *event, notice *n) {
    if (event->sigev_notify == SIGEV_THREAD) {
        n->f = event->sigev_notify_function;
        n->value = event->sigev_value;
    } else {
        n->f = raise_signal;
        n->value.sival_int = event->sigev_signo;
    }
    if (event->sigev_notify == SIGEV_THREAD && event->sigev_notify_attributes)
        pthread_attr_getstacksize((pthread_attr_t *)event->sigev_notify_attributes, &n->stack);
    __real_pthread_sigmask(SIG_BLOCK, NULL, &n->mask);
    event->sigev_notify = SIGEV_THREAD_ID;
    event->sigev_signo = TIMER_SIGNAL;
    event->_sigev_un._tid = start_waiter();
    return event->_sigev_un._tid != 0;
}

int __wrap_timer_create(clockid_t clock, struct sigevent *event, timer_t *id) {
    if (!hosted() || own_code((uintptr_t)__real_timer_create))
        return __real_timer_create(clock, event, id);
    struct sigevent own = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM}; /* timer_create(2) */
    notice n = {0};
    if (event)
        own = *event;
    event = &own;
    int thread = own.sigev_notify != SIGEV_NONE;
    if (thread) {
        if (!redirect(&own, &n)) {
            errno = EAGAIN;
            return -1;
        }
    }
    hotso_record *busy = busy_begin();
    timer *t = malloc(sizeof *t);
    lock(&timers_lock);
    int r = -1;
    if (t) {
        *t = (timer){timers, 0, ++last_name, n};
        if (thread)
            event->sigev_value.sival_int = t->name;
        r = __real_timer_create(clock, event, id);
    }
    if (r == 0) {
        t->id = *id;
        timers = t;
    }
    unlock(&timers_lock);
    if (r != 0)
        free(t);
    busy_end(busy);
    return r;
}

int __wrap_timer_delete(timer_t id) {
    if (!hosted() || own_code((uintptr_t)__real_timer_delete))
        return __real_timer_delete(id);
    timer *gone = NULL;
    hotso_record *busy = busy_begin();
    lock(&timers_lock);
    int r = __real_timer_delete(id);
    for (timer **t = &timers; r == 0 && *t; t = &(*t)->next)
        if ((*t)->id == id) {
            gone = *t;
            *t = gone->next;
            break;
        }
    unlock(&timers_lock);
    free(gone);
    busy_end(busy);
    return r;
}

/* By now every thread of the library has ended. */
void timer_release(hotso_unload_report *report) {
    for (timer *t = timers; t; t = timers) {
        timers = t->next;
        report->timers++;
        if (STEP(TIMERS) && __real_timer_delete(t->id) == 0)
            report->timers_deleted++;
        free(t);
    }
}
