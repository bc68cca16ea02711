/* Threads by all names that C has for them. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <threads.h>
#include "cthreads.h"

static int spin11(void *unused) {
    for (;;)
        tick();
    return unused != 0;
}

static int c11(void) {
    thrd_t t;
    return thrd_create(&t, spin11, 0);
}

static int c11_detached(void) {
    thrd_t t;
    int err = thrd_create(&t, spin11, 0);
    return err ? err : thrd_detach(t);
}

static void *leave(void *unused) {
    tick();
    pthread_exit(unused);
}

/* Threads that have left by pthread_exit when the unload comes, joined by nobody. */
static int exited(void) {
    pthread_t t;
    for (int i = 0; i < 3; i++)
        if (pthread_create(&t, 0, leave, 0) != 0)
            return EAGAIN;
    return 0;
}

static void *poll_on(void *unused) {
    for (;;)
        if (poll(NULL, 0, 1000) < 0 && errno == EINTR)
            tick();
    return unused;
}

/* Two that count how often a signal interrupts them. */
static int polls(void) {
    pthread_t t;
    for (int i = 0; i < 2; i++)
        if (pthread_create(&t, 0, poll_on, 0) != 0)
            return EAGAIN;
    return 0;
}

const kind thread_kinds[] = {
    {"c11", c11}, {"c11 detached", c11_detached}, {"exited", exited}, {"polls", polls}, {0, 0}};
