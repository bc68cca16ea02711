/* The threads that call libhotso. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "_cgo_export.h"
#include "exports.h"

uint64_t hotso_released;
hotso_thread *hotso_threads;
HOTSO_THREAD_LOCAL hotso_thread *hotso_me;
static HOTSO_THREAD_LOCAL int calling_back;
static pthread_key_t key;

static void leave(void *thread) {
    hotso_thread *t = thread;
    hotso_forget_error();
    hotso_me = NULL;
    __atomic_store_n(&t->id, 0, __ATOMIC_RELEASE);
}

__attribute__((constructor(102))) static void begin(void) {
    if (pthread_key_create(&key, leave) != 0)
        abort(); /* a process has 1024 */
}

/* A thread that calls while it is called back may be one of a library's, and is not met. */
void hotso_meet(void) {
    if (calling_back)
        return;
    int32_t id = (int32_t)syscall(SYS_gettid);
    hotso_thread *t;
    for (t = __atomic_load_n(&hotso_threads, __ATOMIC_ACQUIRE); t; t = t->next) {
        int32_t nobody = 0;
        if (__atomic_load_n(&t->id, __ATOMIC_RELAXED) == 0 &&
            __atomic_compare_exchange_n(&t->id, &nobody, id, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            break;
    }
    if (!t) {
        if (!(t = calloc(1, sizeof *t)))
            return; /* it is met by its next call */
        t->id = id;
        t->next = __atomic_load_n(&hotso_threads, __ATOMIC_ACQUIRE);
        while (
            !__atomic_compare_exchange_n(&hotso_threads, &t->next, t, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            ;
    }
    if (pthread_setspecific(key, t) == 0) {
        sigset_t kill; /* who is inside when a library dies is freed by it: abi.KillSignal */
        sigemptyset(&kill);
        sigaddset(&kill, SIGSTKFLT);
        pthread_sigmask(SIG_UNBLOCK, &kill, NULL);
        hotso_me = t;
        thread_met();
    } else
        __atomic_store_n(&t->id, 0, __ATOMIC_RELEASE);
}

hotsoh_status hotso_call_back(hotsoh_callback callback, void *user, const hotsoh_value *args, uint32_t count,
                              hotsoh_value *result) {
    calling_back++;
    hotsoh_status s = callback(user, args, count, result);
    calling_back--;
    return s;
}
