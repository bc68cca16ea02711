//go:build linux && (amd64 || arm64)

/* pthread keys with a destructor: what runs in the library when a thread of
 * the host's ends. The Go runtime binds an M to each thread that calls it and
 * gives it back in such a destructor (runtime/cgo/gcc_libinit.c).
 *
 * glibc reads a destructor's address and then calls it; if the library were
 * unloaded between the two, the call would go to unmapped memory.
 * So all keys of the library share one real key, whose destructor is a
 * function in the host's text that is never unmapped: it asks the dispatch
 * table whether the library is still there, and keeps it there while it calls
 * us to run the destructors. */
#include <errno.h>
#include <stddef.h>
#include "shim.h"

int __real_pthread_key_create(pthread_key_t *, void (*)(void *));
int __real_pthread_key_delete(pthread_key_t);
int __real_pthread_setspecific(pthread_key_t, const void *);

enum { MAX_KEYS = 64 };

static hotso_lock keys_lock;
static struct {
    pthread_key_t key;
    void (*dtor)(void *);
    int used;
} keys[MAX_KEYS];
static pthread_key_t exit_key; /* set on threads that have a destructor to run */
static int have_exit_key;

static void run_destructors(void *value) {
    (void)value;
    locals_end_thread(); /* before those of keys, as glibc does it (nptl/pthread_create.c) */
    for (int i = 0; i < MAX_KEYS; i++) {
        if (!__atomic_load_n(&keys[i].used, __ATOMIC_ACQUIRE) || !keys[i].dtor)
            continue;
        void *v = pthread_getspecific(keys[i].key);
        if (!v)
            continue;
        __real_pthread_setspecific(keys[i].key, NULL);
        keys[i].dtor(v);
    }
}

/* Called by the host's stub when a thread ends. */
static void at_thread_exit(void *value) {
    guarded(run_destructors, value);
}

/* keys_lock is held. */
static void make_exit_key(void) {
    if (have_exit_key)
        return;
    entry()->key_dtor = (uint64_t)at_thread_exit;
    have_exit_key = __real_pthread_key_create(&exit_key, (void (*)(void *))entry()->key_stub) == 0;
}

int key_mark_thread(void) {
    lock(&keys_lock);
    make_exit_key();
    unlock(&keys_lock);
    return have_exit_key ? __real_pthread_setspecific(exit_key, entry()) : EAGAIN;
}

/* When a thread ends, glibc goes through its keys in ascending order, and forgets the value of each, also of
 * one without a destructor (nptl/nptl_deallocate_tsd.c). So only those behind exit_key still have theirs when
 * that one's turn comes; other versions that have left may have given back some before it. */
static int create_behind_exit_key(pthread_key_t *key) {
    pthread_key_t before;
    int err = __real_pthread_key_create(key, NULL);
    if (err || *key > exit_key)
        return err;
    before = *key;
    err = create_behind_exit_key(key);
    __real_pthread_key_delete(before);
    return err;
}

int __wrap_pthread_key_create(pthread_key_t *key, void (*dtor)(void *)) {
    if (!hosted() || !STEP(KEY_STUB))
        return __real_pthread_key_create(key, dtor);
    int err = EAGAIN;
    hotso_record *busy = busy_begin();
    lock(&keys_lock);
    make_exit_key();
    for (int i = 0; have_exit_key && i < MAX_KEYS; i++) {
        if (keys[i].used)
            continue;
        err = create_behind_exit_key(&keys[i].key);
        if (err == 0) {
            *key = keys[i].key;
            keys[i].dtor = dtor;
            __atomic_store_n(&keys[i].used, 1, __ATOMIC_RELEASE);
        }
        break;
    }
    unlock(&keys_lock);
    busy_end(busy);
    return err;
}

int __wrap_pthread_key_delete(pthread_key_t key) {
    if (hosted()) {
        hotso_record *busy = busy_begin();
        lock(&keys_lock);
        for (int i = 0; i < MAX_KEYS; i++)
            if (keys[i].used && keys[i].key == key)
                __atomic_store_n(&keys[i].used, 0, __ATOMIC_RELEASE);
        unlock(&keys_lock);
        busy_end(busy);
    }
    return __real_pthread_key_delete(key);
}

int __wrap_pthread_setspecific(pthread_key_t key, const void *value) {
    int err = __real_pthread_setspecific(key, value);
    if (err == 0 && value && hosted() && have_exit_key)
        err = __real_pthread_setspecific(exit_key, entry());
    return err;
}

/* By now every thread of the library has ended, and no thread of the host's is in the stub. */
void key_release(hotso_unload_report *report) {
    for (int i = 0; i < MAX_KEYS; i++) {
        if (!keys[i].used)
            continue;
        report->keys++;
        if (STEP(KEYS) && __real_pthread_key_delete(keys[i].key) == 0)
            report->keys_deleted++;
        keys[i].used = 0;
    }
    if (!have_exit_key)
        return;
    report->keys++;
    if (STEP(KEYS) && __real_pthread_key_delete(exit_key) == 0)
        report->keys_deleted++;
    have_exit_key = 0;
}
