#define _GNU_SOURCE
#include "unseen.h"
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int create_function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

static void *sleeping(void *file) {
    while (access(file, F_OK) != 0)
        usleep(1000);
    free(file);
    return NULL;
}

static void *running(void *file) {
    for (unsigned long n = 0;; n++)
        if (n % 1000000 == 0 && access(file, F_OK) == 0)
            break;
    free(file);
    return NULL;
}

static volatile long interrupted;

static void *counting(void *unused) {
    for (;;)
        if (poll(NULL, 0, 10000) < 0 && errno == EINTR)
            interrupted++;
    return unused;
}

int counting_start(void) {
    pthread_t t;
    return pthread_create(&t, NULL, counting, NULL);
}

long counting_interrupted(void) {
    return interrupted;
}

/* Found by name as the program runs, so that no option of the linker's has a hand in it. */
int unseen_start(const char *kind, const char *file) {
    create_function *create = (create_function *)dlsym(RTLD_DEFAULT, "pthread_create");
    void *(*wait)(void *) = (void *(*)(void *))dlsym(RTLD_DEFAULT, "sem_wait");
    pthread_attr_t attr;
    pthread_t t;
    sigset_t all, before;
    void *(*start)(void *) = strcmp(kind, "running") == 0 ? running : sleeping;
    void *arg = strdup(file);
    int err;
    if (strcmp(kind, "elsewhere") == 0) { /* in libc, for ever */
        start = wait;
        arg = calloc(1, 64);
    }
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    if (strcmp(kind, "small stack") == 0)
        pthread_attr_setstacksize(&attr, 64 << 10);
    sigfillset(&all);
    if (strcmp(kind, "blocking signals") == 0)
        pthread_sigmask(SIG_SETMASK, &all, &before);
    err = create(&t, &attr, start, arg);
    if (strcmp(kind, "blocking signals") == 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}
