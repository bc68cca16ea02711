/* Timers of each kind. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cthreads.h"

static int every_millisecond(struct sigevent *event, timer_t *id) {
    static const struct itimerspec often = {{0, 1000000}, {0, 1000000}};
    if (timer_create(CLOCK_MONOTONIC, event, id) != 0 || timer_settime(*id, 0, &often, 0) != 0)
        return errno;
    return 0;
}

static void expired(union sigval v) {
    if (v.sival_int == 42)
        tick();
}

static void expired_and_left(union sigval v) {
    expired(v);
    pthread_exit(0);
}

static int thread_timers(void) {
    timer_t id;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 42};
    event.sigev_notify_function = expired;
    int err = every_millisecond(&event, &id);
    if (err)
        return err;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 1 << 17);
    event.sigev_notify_attributes = &attr;
    event.sigev_notify_function = expired_and_left;
    err = every_millisecond(&event, &id);
    pthread_attr_destroy(&attr);
    struct itimerspec now;
    return err || timer_gettime(id, &now) != 0 || now.it_interval.tv_nsec != 1000000;
}

static void handled(int sig) {
    if (sig == SIGALRM || sig == SIGUSR1)
        tick();
}

/* By a signal that it names, and by the one that it gets if it names none. */
static int signal_timers(void) {
    timer_t id;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    signal(SIGUSR1, handled);
    signal(SIGALRM, handled);
    int err = every_millisecond(&event, &id);
    return err ? err : every_millisecond(NULL, &id);
}

static int quiet_timer(void) {
    timer_t id, gone;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    if (every_millisecond(&event, &gone) != 0 || timer_delete(gone) != 0)
        return errno;
    return every_millisecond(&event, &id);
}

const kind timer_kinds[] = {
    {"thread timers", thread_timers}, {"signal timers", signal_timers}, {"quiet timer", quiet_timer}, {0, 0}};
