#define _GNU_SOURCE
#include "faults.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct sigaction previous[65];
static _Atomic int64_t seen;
static char *page; /* reads of it fault on purpose, as a safepoint poll of a JVM does */

/* Ours if the address is in the page: let the read succeed. Else it is for whoever was before. */
static void handle(int sig, siginfo_t *info, void *context) {
    char *at = info->si_addr;
    if (page && at >= page && at < page + 4096) {
        seen++;
        mprotect(page, 4096, PROT_READ);
        return;
    }
    if (previous[sig].sa_flags & SA_SIGINFO)
        previous[sig].sa_sigaction(sig, info, context);
    else if (previous[sig].sa_handler == SIG_DFL)
        signal(sig, SIG_DFL);
    else if (previous[sig].sa_handler != SIG_IGN)
        previous[sig].sa_handler(sig);
}

static void *sleeper(void *unused) {
    stack_t s = {.ss_size = 64 << 10};
    (void)unused;
    s.ss_sp = malloc(s.ss_size);
    sigaltstack(&s, NULL);
    for (;;)
        pause();
    return NULL;
}

int faults_start(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGPIPE, SIGXFSZ, SIGUSR2, SIGQUIT};
    pthread_t t;
    page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return -1;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction a = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
        sigemptyset(&a.sa_mask);
        if (sigaction(signals[i], &a, &previous[signals[i]]) != 0)
            return -1;
    }
    return pthread_create(&t, NULL, sleeper, NULL) || pthread_detach(t) ? -1 : 0;
}

int64_t faults_work(int64_t n) {
    static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&one);
    for (int64_t i = 0; i < n; i++) {
        mprotect(page, 4096, PROT_NONE);
        (void)*(volatile char *)page;
    }
    pthread_mutex_unlock(&one);
    return seen;
}
