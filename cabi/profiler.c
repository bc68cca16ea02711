//go:build linux && (amd64 || arm64)

/* The timers of the Go runtime's profiler (runtime/pprof.StartCPUProfile): one for each thread that
 * runs Go code, the host's included, and ITIMER_PROF of the process for threads that have none. The
 * kernel keeps them when a thread ends. So while the profiler runs they are remembered, and what is
 * there at the end is deleted. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include "shim.h"

enum { TIMERS = 4096 }; /* threads of one library, and of the host's that were inside */

static int timers[TIMERS]; /* ids, in the order of making; the lock is that of apart.c */
static int count;
static struct itimerval interval; /* what ITIMER_PROF was set to; 0: stopped */

static long kernel(long number, const long *a) {
    long r;
#if defined(__x86_64__)
    __asm__ volatile("syscall"
                     : "=a"(r)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2])
                     : "rcx", "r11", "memory");
#else
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    r = x0;
#endif
    return r;
}

long profiler_timer(long number, const long *a) {
    if (number == SYS_timer_create && count == TIMERS)
        return -11; /* EAGAIN, as the kernel says beyond RLIMIT_SIGPENDING */
    long r = kernel(number, a);
    if (r != 0)
        return r;
    switch (number) {
    case SYS_timer_create:
        timers[count++] = *(int *)a[2];
        break;
    case SYS_timer_delete:
        for (int i = 0; i < count; i++)
            if (timers[i] == (int)a[0]) {
                timers[i] = timers[--count];
                break;
            }
        break;
    case SYS_setitimer:
        if (a[0] == ITIMER_PROF && a[1])
            interval = *(const struct itimerval *)a[1];
    }
    return r;
}

/* The host's profiler, which has a timer for each of its threads as well, may have set
 * ITIMER_PROF since: then its interval is another, or it does without. */
static int still_ours(void) {
    struct itimerval now;
    return timerisset(&interval.it_value) && getitimer(ITIMER_PROF, &now) == 0 && timerisset(&now.it_value) &&
           !timercmp(&now.it_interval, &interval.it_interval, !=);
}

/* By now every thread of the library has ended. */
void profiler_release(hotso_unload_report *report) {
    static const struct itimerval off;
    for (; count > 0; count--) {
        report->timers++;
        report->timers_deleted += kernel(SYS_timer_delete, (long[]){timers[count - 1], 0, 0}) == 0;
    }
    if (still_ours()) {
        report->timers++;
        report->timers_deleted += kernel(SYS_setitimer, (long[]){ITIMER_PROF, (long)&off, 0}) == 0;
    }
    memset(&interval, 0, sizeof interval);
}
