/* All ways to wait for a thread, and to end one: what they return is what libc says. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "cthreads.h"

#define EXPECT(condition)                                                                                    \
    if (!(condition))                                                                                        \
        return __LINE__;

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pthread_t self;
static int cleaned;

static void *seven(void *unused) {
    (void)unused;
    return (void *)7;
}

static void *exits(void *unused) {
    (void)unused;
    pthread_exit((void *)8);
}

static void *when_let(void *unused) {
    pthread_mutex_lock(&held);
    pthread_mutex_unlock(&held);
    return unused;
}

static void clean(void *unused) {
    (void)unused;
    cleaned++;
}

static void *for_ever(void *unused) {
    pthread_cleanup_push(clean, 0);
    for (;;)
        sleep(3600);
    pthread_cleanup_pop(1);
    return unused;
}

static void *joins_itself(void *unused) {
    (void)unused;
    return (void *)(intptr_t)pthread_join(self, 0);
}

static void *joins(void *other) {
    void *r;
    pthread_join(*(pthread_t *)other, &r);
    return r;
}

static int eleven(void *unused) {
    (void)unused;
    return 11;
}

static int leaves11(void *unused) {
    (void)unused;
    thrd_exit(-12);
}

static struct timespec in(clockid_t clock, long ns) {
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += ns;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static int join(void) {
    pthread_t t;
    void *r = 0;
    EXPECT(pthread_create(&t, 0, seven, 0) == 0 && pthread_join(t, &r) == 0 && r == (void *)7)
    EXPECT(pthread_create(&t, 0, exits, 0) == 0 && pthread_join(t, &r) == 0 && r == (void *)8)
    pthread_mutex_lock(&held);
    EXPECT(pthread_create(&self, 0, when_let, 0) == 0)
    EXPECT(pthread_tryjoin_np(self, &r) == EBUSY)
    struct timespec soon = in(CLOCK_REALTIME, 1000000);
    EXPECT(pthread_timedjoin_np(self, &r, &soon) == ETIMEDOUT)
    soon = in(CLOCK_MONOTONIC, 1000000);
    EXPECT(pthread_clockjoin_np(self, &r, CLOCK_MONOTONIC, &soon) == ETIMEDOUT)
    pthread_mutex_unlock(&held);
    EXPECT(pthread_timedjoin_np(self, &r, 0) == 0)
    EXPECT(pthread_create(&t, 0, seven, 0) == 0)
    int err;
    while ((err = pthread_tryjoin_np(t, &r)) == EBUSY)
        usleep(100);
    EXPECT(err == 0 && r == (void *)7)
    pthread_mutex_lock(&held);
    EXPECT(pthread_create(&t, 0, when_let, 0) == 0 && pthread_detach(t) == 0)
    pthread_mutex_unlock(&held);
    EXPECT(pthread_create(&self, 0, joins_itself, 0) == 0 && pthread_join(self, &r) == 0)
    EXPECT(r == (void *)EDEADLK)
    return 0;
}

static int cancel(void) {
    pthread_t t, other;
    void *r = 0;
    cleaned = 0;
    EXPECT(pthread_create(&t, 0, for_ever, 0) == 0)
    EXPECT(pthread_create(&other, 0, joins, &t) == 0)
    EXPECT(pthread_cancel(other) == 0 && pthread_join(other, &r) == 0 && r == PTHREAD_CANCELED)
    EXPECT(pthread_cancel(t) == 0 && pthread_join(t, &r) == 0 && r == PTHREAD_CANCELED && cleaned == 1)
    return 0;
}

static int join11(void) {
    thrd_t t;
    int r = 0;
    EXPECT(thrd_create(&t, eleven, 0) == thrd_success && thrd_join(t, &r) == thrd_success && r == 11)
    EXPECT(thrd_create(&t, leaves11, 0) == thrd_success && thrd_join(t, &r) == thrd_success && r == -12)
    EXPECT(thrd_create(&t, eleven, 0) == thrd_success && thrd_join(t, 0) == thrd_success)
    return 0;
}

static void *fills_8k(void *unused) {
    volatile char here[8 << 10];
    (void)unused;
    memset((char *)here, 1, sizeof here);
    return (void *)(intptr_t)here[sizeof here - 1];
}

/* The smallest stack there is: it is all for the thread, whatever the host has there, too. */
static int small_stack(void) {
    pthread_t t;
    pthread_attr_t attr;
    void *r = 0;
    pthread_attr_init(&attr);
    EXPECT(pthread_attr_setstacksize(&attr, 16 << 10) == 0)
    EXPECT(pthread_create(&t, &attr, fills_8k, 0) == 0 && pthread_join(t, &r) == 0 && r == (void *)1)
    return 0;
}

/* Whether handlers of signals have room at the end of the calling thread's stack. */
int has_room(void) {
    pthread_attr_t attr;
    void *lowest = 0;
    size_t size = 0;
    stack_t room = {0};
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &lowest, &size);
        pthread_attr_destroy(&attr);
    }
    return sigaltstack(NULL, &room) == 0 && !(room.ss_flags & SS_DISABLE) &&
           (char *)room.ss_sp > (char *)lowest && (char *)room.ss_sp < (char *)lowest + size;
}

static void *fills_500k(void *unused) {
    volatile char here[500 << 10];
    (void)unused;
    memset((char *)here, 1, sizeof here);
    return (void *)(intptr_t)has_room();
}

static int room_with(pthread_attr_t *attr) {
    pthread_t t;
    void *r = (void *)-1;
    return pthread_create(&t, attr, fills_500k, 0) == 0 && pthread_join(t, &r) == 0 ? (int)(intptr_t)r : -1;
}

/* It takes nothing of what C code asks for. */
static int room(void) {
    enum { SIZE = 1 << 20 };
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    EXPECT(room_with(NULL) == 1)
    EXPECT(room_with(&attr) == 1)
    EXPECT(pthread_attr_setstacksize(&attr, 512 << 10) == 0 && room_with(&attr) == 1)
    void *own = aligned_alloc(4096, SIZE);
    EXPECT(own && pthread_attr_setstack(&attr, own, SIZE) == 0 && room_with(&attr) == 0)
    pthread_attr_destroy(&attr);
    free(own);
    return 0;
}

const kind join_kinds[] = {{"small stack", small_stack}, {"room", room},     {"join", join},
                           {"cancel", cancel},           {"join11", join11}, {0, 0}};
