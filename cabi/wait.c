//go:build linux && (amd64 || arm64)

/* Waits of C code that may be left for good: the library is dying, and the thread ends, or
 * leaves its call.
 *
 * A thread that is interrupted in the library's own text holds no lock of libc's. In libc it
 * may: who waits there may be in malloc, in stdio, or in the dynamic linker, and wait for a
 * lock that it needs while it holds another. From outside nobody can tell. So the library's
 * own calls of functions that only wait come here first, and put a mark into the thread's
 * record for as long as the call takes. Of these functions we know that they
 *   - take no lock but the one that they are called for, which is the library's memory and
 *     goes with it (pthread_cond_wait: whether its mutex is taken or not does not matter);
 *   - allocate nothing, and call nothing of the library's back.
 * A thread may be taken out of one if, besides the mark,
 *   - it stands in a system call: so it is not in the dynamic linker, on its way into the
 *     function; and if the call opens something, it has not yet;
 *   - its stack is below the mark, so that it is in this call and not in a later one;
 *   - it holds nothing of the shim's, nor a lock of libc's over its own code: functions
 *     that give one away are counted below;
 *   - nobody has canceled it. A thread that is canceled in a wait runs its cleanup handlers
 *     from there, with the mark still in place; it is left to end by itself.
 * C code that waits in a function that another one calls back while it holds a lock is as
 * unsafe as it is in its own text: libc has flockfile, dl_iterate_phdr and fopencookie.
 *
 * Functions that are missing here are waited for, like stdio's and getaddrinfo. epoll_pwait2 is
 * missing because it is of glibc 2.35: every library would need that. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "shim.h"

hotso_record *wait_begin(hotso_wait *here, uintptr_t function, uint32_t busy) {
    hotso_record *r = hosted() ? record() : NULL;
    if (!r || r->owner != hotso_load_config.owner)
        return NULL;
    here->outer = r->wait;
    here->function = function;
    here->busy = busy;
    signal_fence();
    r->wait = here;
    signal_fence();
    return r;
}

void wait_end(hotso_record *r, const hotso_wait *here) {
    signal_fence();
    if (r)
        r->wait = here->outer;
}

enum { AT, BEHIND, NEITHER };

/* Where a program counter stands to a system call. */
static int stands(uintptr_t pc) {
#if defined(__x86_64__)
    const uint8_t *p = (const uint8_t *)pc; /* SYSCALL: 0F 05 */
    if (p[0] == 0x0f && p[1] == 0x05)
        return AT;
    return p[-2] == 0x0f && p[-1] == 0x05 ? BEHIND : NEITHER;
#else
    const uint32_t svc = 0xd4000001, *p = (const uint32_t *)pc; /* SVC #0 */
    return p[0] == svc ? AT : p[-1] == svc ? BEHIND : NEITHER;
#endif
}

int may_leave_wait(const hotso_record *r, uintptr_t pc, uintptr_t sp, int64_t result) {
    const hotso_wait *w = r->wait;
    if (!w || r->busy != w->busy || sp > (uintptr_t)w || own_code(w->function))
        return 0;
    if (r->thread && __atomic_load_n(&r->thread->canceled, __ATOMIC_ACQUIRE))
        return 0;
    switch (stands(pc)) {
    case AT:
        return 1;
    case BEHIND: /* what it has opened must be noted first */
        return w->busy == 0 || result == -EINTR;
    }
    return 0;
}

/* libc's functions that wait may have a cleanup handler for a cancellation (pthread_cond_wait
 * takes its mutex again there), in a list that longjmp goes through: what is left would be
 * called then, and on a thread of the host's later on. The frames are still there, and the
 * old functions for cleanup handlers let us see the list: see glibc's nptl/cleanup_compat.c. */
void _pthread_cleanup_push(struct _pthread_cleanup_buffer *, void (*)(void *), void *);
void _pthread_cleanup_pop(struct _pthread_cleanup_buffer *, int);

static void nothing(void *unused) {
    (void)unused;
}

void leave_wait(hotso_record *r) {
    struct _pthread_cleanup_buffer top;
    _pthread_cleanup_push(&top, nothing, NULL);
    while (top.__prev && (uintptr_t)top.__prev < (uintptr_t)r->wait)
        top.__prev = top.__prev->__prev;
    _pthread_cleanup_pop(&top, 0);
    r->wait = NULL;
}

/* A function that waits, by its name in libc. A libc that is older may lack it: then nobody
 * has called it. */
#define WAIT(type, name, params, args)                                                                       \
    __attribute__((weak)) type __real_##name params;                                                         \
    type __wrap_##name params {                                                                              \
        hotso_wait here;                                                                                     \
        hotso_record *waiting = wait_begin(&here, (uintptr_t)__real_##name, 0);                              \
        type result = __real_##name args;                                                                    \
        wait_end(waiting, &here);                                                                            \
        return result;                                                                                       \
    }

/* The same for one that is given a set of signals: those to wait for, or those that are
 * blocked meanwhile. The kill signal is never among them. */
#define WAIT_SIGNALS(type, name, params, args)                                                               \
    __attribute__((weak)) type __real_##name params;                                                         \
    type __wrap_##name params {                                                                              \
        hotso_wait here;                                                                                     \
        sigset_t but;                                                                                        \
        hotso_record *waiting = wait_begin(&here, (uintptr_t)__real_##name, 0);                              \
        if (waiting && set) {                                                                                \
            but = *set;                                                                                      \
            sigdelset(&but, HOTSO_KILL_SIGNAL);                                                              \
            set = &but;                                                                                      \
        }                                                                                                    \
        type result = __real_##name args;                                                                    \
        wait_end(waiting, &here);                                                                            \
        return result;                                                                                       \
    }

typedef const struct timespec time_spec;

WAIT(int, nanosleep, (time_spec * t, struct timespec *left), (t, left))
WAIT(int, clock_nanosleep, (clockid_t c, int flags, time_spec *t, struct timespec *left), (c, flags, t, left))
WAIT(int, usleep, (useconds_t t), (t))
WAIT(unsigned, sleep, (unsigned t), (t))
WAIT(int, thrd_sleep, (time_spec * t, struct timespec *left), (t, left))
WAIT(int, sched_yield, (void), ())

WAIT(int, pthread_mutex_lock, (pthread_mutex_t * m), (m))
WAIT(int, pthread_mutex_timedlock, (pthread_mutex_t * m, time_spec *t), (m, t))
WAIT(int, pthread_mutex_clocklock, (pthread_mutex_t * m, clockid_t c, time_spec *t), (m, c, t))
WAIT(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *m), (c, m))
WAIT(int, pthread_cond_timedwait, (pthread_cond_t * c, pthread_mutex_t *m, time_spec *t), (c, m, t))
WAIT(int, pthread_cond_clockwait, (pthread_cond_t * c, pthread_mutex_t *m, clockid_t k, time_spec *t),
     (c, m, k, t))
WAIT(int, pthread_rwlock_rdlock, (pthread_rwlock_t * l), (l))
WAIT(int, pthread_rwlock_wrlock, (pthread_rwlock_t * l), (l))
WAIT(int, pthread_rwlock_timedrdlock, (pthread_rwlock_t * l, time_spec *t), (l, t))
WAIT(int, pthread_rwlock_timedwrlock, (pthread_rwlock_t * l, time_spec *t), (l, t))
WAIT(int, pthread_rwlock_clockrdlock, (pthread_rwlock_t * l, clockid_t c, time_spec *t), (l, c, t))
WAIT(int, pthread_rwlock_clockwrlock, (pthread_rwlock_t * l, clockid_t c, time_spec *t), (l, c, t))
WAIT(int, pthread_barrier_wait, (pthread_barrier_t * b), (b))
WAIT(int, sem_wait, (sem_t * s), (s))
WAIT(int, sem_timedwait, (sem_t * s, time_spec *t), (s, t))
WAIT(int, sem_clockwait, (sem_t * s, clockid_t c, time_spec *t), (s, c, t))
WAIT(int, mtx_lock, (mtx_t * m), (m))
WAIT(int, mtx_timedlock, (mtx_t * m, time_spec *t), (m, t))
WAIT(int, cnd_wait, (cnd_t * c, mtx_t *m), (c, m))
WAIT(int, cnd_timedwait, (cnd_t * c, mtx_t *m, time_spec *t), (c, m, t))

WAIT(int, poll, (struct pollfd * p, nfds_t n, int ms), (p, n, ms))
WAIT_SIGNALS(int, ppoll, (struct pollfd * p, nfds_t n, time_spec *t, const sigset_t *set), (p, n, t, set))
WAIT(int, select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *t), (n, r, w, e, t))
WAIT_SIGNALS(int, pselect, (int n, fd_set *r, fd_set *w, fd_set *e, time_spec *t, const sigset_t *set),
             (n, r, w, e, t, set))
WAIT(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms), (fd, e, n, ms))
WAIT_SIGNALS(int, epoll_pwait, (int fd, struct epoll_event *e, int n, int ms, const sigset_t *set),
             (fd, e, n, ms, set))

WAIT(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
WAIT(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n))
WAIT(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
WAIT(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))
WAIT(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags))
WAIT(ssize_t, recvfrom, (int fd, void *p, size_t n, int flags, struct sockaddr *a, socklen_t *l),
     (fd, p, n, flags, a, l))
WAIT(ssize_t, send, (int fd, const void *p, size_t n, int flags), (fd, p, n, flags))
WAIT(ssize_t, sendto, (int fd, const void *p, size_t n, int flags, const struct sockaddr *a, socklen_t l),
     (fd, p, n, flags, a, l))
WAIT(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
WAIT(int, connect, (int fd, const struct sockaddr *a, socklen_t l), (fd, a, l))
WAIT(int, flock, (int fd, int op), (fd, op))
WAIT(ssize_t, msgrcv, (int q, void *p, size_t n, long type, int flags), (q, p, n, type, flags))
WAIT(int, msgsnd, (int q, const void *p, size_t n, int flags), (q, p, n, flags))
WAIT(int, semop, (int s, struct sembuf *ops, size_t n), (s, ops, n))
WAIT(int, semtimedop, (int s, struct sembuf *ops, size_t n, time_spec *t), (s, ops, n, t))
WAIT(ssize_t, mq_receive, (mqd_t q, char *p, size_t n, unsigned *prio), (q, p, n, prio))
WAIT(ssize_t, mq_timedreceive, (mqd_t q, char *p, size_t n, unsigned *prio, time_spec *t), (q, p, n, prio, t))
WAIT(int, mq_send, (mqd_t q, const char *p, size_t n, unsigned prio), (q, p, n, prio))

WAIT(pid_t, wait, (int *status), (status))
WAIT(pid_t, waitpid, (pid_t p, int *status, int options), (p, status, options))
WAIT(pid_t, wait3, (int *status, int options, struct rusage *u), (status, options, u))
WAIT(pid_t, wait4, (pid_t p, int *status, int options, struct rusage *u), (p, status, options, u))
WAIT(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options), (type, id, info, options))

WAIT(int, pause, (void), ())
WAIT_SIGNALS(int, sigsuspend, (const sigset_t *set), (set))
WAIT_SIGNALS(int, sigwait, (const sigset_t *set, int *sig), (set, sig))
WAIT_SIGNALS(int, sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info))
WAIT_SIGNALS(int, sigtimedwait, (const sigset_t *set, siginfo_t *info, time_spec *t), (set, info, t))

/* In libc it would turn round and round, where nobody may take it out. */
__attribute__((weak)) int __real_pthread_spin_lock(pthread_spinlock_t *);

int __wrap_pthread_spin_lock(pthread_spinlock_t *l) {
    if (!hosted())
        return __real_pthread_spin_lock(l);
    int err;
    while ((err = pthread_spin_trylock(l)) == EBUSY)
        ;
    return err;
}

/* Locks of libc's that the library's code holds while it runs. */
void __real_flockfile(FILE *);
int __real_ftrylockfile(FILE *);
void __real_funlockfile(FILE *);
int __real_dl_iterate_phdr(int (*)(struct dl_phdr_info *, size_t, void *), void *);

void __wrap_flockfile(FILE *f) {
    if (hosted())
        busy_begin();
    __real_flockfile(f);
}

int __wrap_ftrylockfile(FILE *f) {
    hotso_record *busy = hosted() ? busy_begin() : NULL;
    int r = __real_ftrylockfile(f);
    if (r != 0)
        busy_end(busy);
    return r;
}

void __wrap_funlockfile(FILE *f) {
    __real_funlockfile(f);
    hotso_record *r = hosted() ? record() : NULL;
    if (r && r->owner == hotso_load_config.owner && r->busy > 0)
        busy_end(r);
}

int __wrap_dl_iterate_phdr(int (*f)(struct dl_phdr_info *, size_t, void *), void *arg) {
    hotso_record *busy = hosted() ? busy_begin() : NULL;
    int r = __real_dl_iterate_phdr(f, arg);
    busy_end(busy);
    return r;
}
