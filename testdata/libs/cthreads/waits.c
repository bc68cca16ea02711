/* Threads that wait for what never comes. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "cthreads.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, taken = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_spinlock_t spinlock;
static pthread_t first;
static mtx_t mtx;
static cnd_t cnd;
static sem_t sem;
static int word, pipes[2], listener, epoll;
static const struct timespec hour = {3600, 0};

static void in_usleep(void) {
    usleep(1000);
}

static void in_nanosleep(void) {
    nanosleep(&hour, 0);
}

static void in_cond(void) {
    pthread_mutex_lock(&mutex);
    for (;;)
        pthread_cond_wait(&cond, &mutex);
}

static void in_timed_cond(void) {
    struct timespec t;
    pthread_mutex_lock(&mutex);
    for (;;) {
        clock_gettime(CLOCK_REALTIME, &t);
        t.tv_nsec = t.tv_nsec / 2 + 500000000;
        pthread_cond_timedwait(&cond, &mutex, &t);
    }
}

static void in_mutex(void) {
    pthread_mutex_lock(&taken);
}

static void in_rwlock(void) {
    pthread_rwlock_rdlock(&rwlock);
}

static void in_barrier(void) {
    pthread_barrier_wait(&barrier);
}

static void in_spinlock(void) {
    pthread_spin_lock(&spinlock);
}

static void in_sem(void) {
    sem_wait(&sem);
}

static void in_join(void) {
    pthread_join(first, 0);
    pause();
}

static void in_cnd(void) {
    mtx_lock(&mtx);
    for (;;)
        cnd_wait(&cnd, &mtx);
}

static void in_thrd_sleep(void) {
    thrd_sleep(&hour, 0);
}

static void in_poll(void) {
    struct pollfd p = {pipes[0], POLLIN, 0};
    poll(&p, 1, -1);
}

static void in_ppoll(void) {
    struct pollfd p = {pipes[0], POLLIN, 0};
    sigset_t all;
    sigfillset(&all);
    ppoll(&p, 1, 0, &all);
}

static void in_select(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pipes[0], &set);
    select(pipes[0] + 1, &set, 0, 0, 0);
}

static void in_epoll(void) {
    struct epoll_event e;
    epoll_wait(epoll, &e, 1, -1);
}

static void in_read(void) {
    char c;
    (void)!read(pipes[0], &c, 1);
}

static void in_write(void) {
    static const char zeros[1 << 16];
    (void)!write(pipes[1], zeros, sizeof zeros);
}

static void in_accept(void) {
    accept(listener, 0, 0);
}

static void in_sigwait(void) {
    sigset_t all;
    int sig;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, 0);
    sigwait(&all, &sig);
}

static void in_futex(void) {
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0);
}

static void *again_and_again(void *f) {
    tick();
    for (;;)
        ((void (*)(void))f)();
    return 0;
}

static int prepare(void) {
    struct epoll_event e = {0};
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    pthread_barrier_init(&barrier, 0, 100);
    pthread_spin_init(&spinlock, 0);
    mtx_init(&mtx, mtx_plain);
    cnd_init(&cnd);
    sem_init(&sem, 0, 0);
    pthread_mutex_lock(&taken);
    pthread_rwlock_wrlock(&rwlock);
    pthread_spin_lock(&spinlock);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (pipe(pipes) != 0 || listener < 0 || bind(listener, (struct sockaddr *)&any, sizeof any) != 0 ||
        listen(listener, 1) != 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, pipes[0], &e) != 0)
        return errno;
    return 0;
}

/* Eight of a kind, and the one that is joined. */
static int start(void (*f)(void)) {
    pthread_t t;
    int err = prepare();
    if (!err)
        err = pthread_create(&first, 0, again_and_again, in_nanosleep);
    for (int i = 0; i < 7 && !err; i++)
        if ((err = pthread_create(&t, 0, again_and_again, f)) == 0)
            err = pthread_detach(t);
    while (!err && count_ticks() < 8)
        usleep(1000);
    close(epoll); /* Nobody knows of C code's epoll sets, so it is closed under those who wait for it. */
    return err;
}

#define WAIT(name)                                                                                           \
    static int start_##name(void) {                                                                          \
        return start(in_##name);                                                                             \
    }
#define WAITS(X)                                                                                             \
    X(usleep)                                                                                                \
    X(nanosleep)                                                                                             \
    X(cond)                                                                                                  \
    X(timed_cond)                                                                                            \
    X(mutex)                                                                                                 \
    X(rwlock)                                                                                                \
    X(barrier)                                                                                               \
    X(spinlock)                                                                                              \
    X(sem)                                                                                                   \
    X(join)                                                                                                  \
    X(cnd)                                                                                                   \
    X(thrd_sleep)                                                                                            \
    X(poll)                                                                                                  \
    X(ppoll)                                                                                                 \
    X(select)                                                                                                \
    X(epoll)                                                                                                 \
    X(read)                                                                                                  \
    X(write)                                                                                                 \
    X(accept)                                                                                                \
    X(sigwait)                                                                                               \
    X(futex)
WAITS(WAIT)
#define KIND(name) {#name, start_##name},
const kind wait_kinds[] = {WAITS(KIND){0, 0}};

static int inside_cond(void) {
    in_cond();
    return 0;
}

/* It has libc's lock of standard output, which the host's C code may want. */
static int locked(void) {
    flockfile(stdout);
    usleep(100000);
    funlockfile(stdout);
    return 0;
}

const kind call_kinds[] = {{"wait", inside_cond}, {"locked", locked}, {0, 0}};
