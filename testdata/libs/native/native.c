#include "native.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/* Thread-local storage of the general dynamic model: each thread has its own count. */
static __thread int64_t local = 40;

int64_t count_local(void) {
    return ++local;
}

static void *blocked(void *fd) {
    FILE *f = fdopen(dup((int)(intptr_t)fd), "r");
    int c = getc(f);
    fclose(f);
    return (void *)(intptr_t)c;
}

static int32_t start(void *(*f)(void *), void *arg) {
    pthread_t t;
    int err = pthread_create(&t, 0, f, arg);
    return err ? err : pthread_detach(t);
}

/* A thread that waits in read(2), with a lock of libc's, for as long as nobody writes. */
int32_t start_read(int32_t fd) {
    return start(blocked, (void *)(intptr_t)fd);
}

static volatile uint64_t work;

static void *worker(void *unused) {
    (void)unused;
    for (;;)
        work++;
}

/* Threads that run in the library's own C code and never end. */
int32_t start_workers(int32_t n) {
    for (int32_t i = 0; i < n; i++)
        if (start(worker, 0) != 0)
            return -1;
    return 0;
}

/* A file that stays open. */
int32_t keep_file(const char *path) {
    return open(path, O_RDONLY | O_CLOEXEC);
}

void call_host(void *fn) {
    ((void (*)(void))fn)();
}
