//go:build linux && (amd64 || arm64)

/* Threads that the library's C code ends and waits for itself. The wait is for a semaphore
 * of ours; pthread_join is called when the thread has left the library's code, and returns
 * at once. A thread can be taken out of the first at any moment, but not of the second,
 * after which nobody else could join (glibc's joinid). */
#define _GNU_SOURCE
#include <errno.h>
#include "shim.h"

int __real_pthread_join(pthread_t, void **);
int __real_pthread_detach(pthread_t);
int __real_pthread_cancel(pthread_t);
__attribute__((weak)) int __real_pthread_tryjoin_np(pthread_t, void **);
__attribute__((weak)) int __real_pthread_timedjoin_np(pthread_t, void **, const struct timespec *);
__attribute__((weak)) int __real_pthread_clockjoin_np(pthread_t, void **, clockid_t, const struct timespec *);
__attribute__((weak)) int sem_clockwait(sem_t *, clockid_t, const struct timespec *);

/* The library's C code's own thread of that handle. The list's lock is held. Once it is
 * joined the handle may be another thread's, and ours is not in use any more. */
static hotso_thread *theirs(pthread_t handle) {
    for (hotso_thread *t = thread_list(); t; t = t->next)
        if (t->theirs && t->state != THREAD_UNUSED && pthread_equal(t->handle, handle))
            return t;
    return NULL;
}

/* NULL if libc is to answer: it is no thread of ours, or the calling one. EINVAL if another
 * thread is joining it, as in glibc. */
static hotso_thread *begin(pthread_t handle, int *err) {
    *err = 0;
    if (!hosted() || pthread_equal(handle, pthread_self()))
        return NULL;
    hotso_record *busy = busy_begin();
    lock(&hotso_list_lock);
    hotso_thread *t = theirs(handle);
    if (t && t->joining)
        *err = EINVAL;
    else if (t)
        t->joining = 1;
    unlock(&hotso_list_lock);
    busy_end(busy);
    return t;
}

/* Also called if the thread that waits is canceled. */
static void give_up(void *arg) {
    hotso_thread *t = arg;
    hotso_record *busy = busy_begin();
    lock(&hotso_list_lock);
    t->joining = 0;
    unlock(&hotso_list_lock);
    busy_end(busy);
}

static int end(hotso_thread *t, pthread_t handle, void **result) {
    hotso_record *busy = busy_begin(); /* or the unload might join it once more */
    int err = thread_join_ended(handle, result);
    lock(&hotso_list_lock);
    t->joining = 0;
    if (err == 0)
        t->state = THREAD_UNUSED;
    unlock(&hotso_list_lock);
    busy_end(busy);
    return err;
}

typedef struct limit {
    clockid_t clock;
    const struct timespec *until; /* NULL: for ever */
} limit;

/* 0 once the thread has left, or an error. */
static int wait_for(hotso_thread *t, limit l) {
    int r;
    do {
        if (!l.until)
            r = sem_wait(&t->ended);
        else if (l.clock == CLOCK_REALTIME)
            r = sem_timedwait(&t->ended, l.until);
        else
            r = sem_clockwait(&t->ended, l.clock, l.until);
    } while (r != 0 && errno == EINTR);
    return r == 0 ? 0 : errno;
}

static int join(hotso_thread *t, pthread_t handle, void **result, limit l, int err) {
    if (err)
        return err;
    pthread_cleanup_push(give_up, t);
    err = wait_for(t, l);
    pthread_cleanup_pop(err != 0);
    return err ? err : end(t, handle, result);
}

/* Exit functions run when all other threads have ended, and been joined (exits.c). */
static int all_ended(void **result) {
    if (!__atomic_load_n(&hotso_leaving, __ATOMIC_ACQUIRE))
        return 0;
    if (result)
        *result = NULL;
    return 1;
}

int __wrap_pthread_join(pthread_t handle, void **result) {
    int err;
    if (all_ended(result))
        return 0;
    hotso_thread *t = begin(handle, &err);
    return t ? join(t, handle, result, (limit){0, NULL}, err) : __real_pthread_join(handle, result);
}

int __wrap_pthread_timedjoin_np(pthread_t handle, void **result, const struct timespec *until) {
    int err;
    if (all_ended(result))
        return 0;
    hotso_thread *t = begin(handle, &err);
    return t ? join(t, handle, result, (limit){CLOCK_REALTIME, until}, err)
             : __real_pthread_timedjoin_np(handle, result, until);
}

int __wrap_pthread_clockjoin_np(pthread_t handle, void **result, clockid_t clock,
                                const struct timespec *until) {
    int err;
    if (all_ended(result))
        return 0;
    hotso_thread *t = begin(handle, &err);
    return t ? join(t, handle, result, (limit){clock, until}, err)
             : __real_pthread_clockjoin_np(handle, result, clock, until);
}

int __wrap_pthread_tryjoin_np(pthread_t handle, void **result) {
    int err;
    if (all_ended(result))
        return 0;
    hotso_thread *t = begin(handle, &err);
    if (!t)
        return __real_pthread_tryjoin_np(handle, result);
    if (err)
        return err;
    if (sem_trywait(&t->ended) == 0)
        return end(t, handle, result);
    give_up(t);
    return EBUSY;
}

/* From now on it is ours to join. A thread may detach itself. */
int __wrap_pthread_detach(pthread_t handle) {
    if (!hosted())
        return __real_pthread_detach(handle);
    if (all_ended(NULL))
        return 0;
    hotso_record *busy = busy_begin();
    lock(&hotso_list_lock);
    hotso_thread *t = theirs(handle);
    if (t && !t->joining)
        t->theirs = 0;
    unlock(&hotso_list_lock);
    busy_end(busy);
    return t ? 0 : __real_pthread_detach(handle);
}

/* A thread that is canceled runs its cleanup handlers, in the middle of a wait: see wait.c. */
int __wrap_pthread_cancel(pthread_t handle) {
    hotso_record *busy = hosted() ? busy_begin() : NULL;
    if (hosted()) {
        lock(&hotso_list_lock);
        for (hotso_thread *t = thread_list(); t; t = t->next)
            if (t->state != THREAD_UNUSED && pthread_equal(t->handle, handle))
                __atomic_store_n(&t->canceled, 1, __ATOMIC_RELEASE);
        unlock(&hotso_list_lock);
    }
    int err = __real_pthread_cancel(handle);
    busy_end(busy);
    return err;
}
