/* libhotso in a namespace of its own (dlmopen(3)), with a libc of its own.
 *
 * The locks of the dynamic linker, which there is one of, are taken and given back by the libc of the
 * program. While that has started no thread it takes the process for one with a single thread, and then gives
 * locks back without waking who waits (glibc, nptl/pthread_mutex_unlock.c); threads of the other libc wait
 * for ever. So one thread is started there before the Go runtime starts its own. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>

static void *nothing(void *unused) {
    return unused;
}

__attribute__((constructor(101))) static void begin(void) {
    void *libc = dlmopen(LM_ID_BASE, "libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (!libc)
        return; /* another libc, or none that is shared */
    __typeof__(&pthread_create) create = (__typeof__(&pthread_create))dlsym(libc, "pthread_create");
    __typeof__(&pthread_join) join = (__typeof__(&pthread_join))dlsym(libc, "pthread_join");
    pthread_t thread;
    if (create && join && create != pthread_create && create(&thread, NULL, nothing, NULL) == 0)
        join(thread, NULL);
    dlclose(libc);
}
