#define _GNU_SOURCE
#include "csignals.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

sighandler_t sysv_signal(int, sighandler_t);
int sighold(int), sigrelse(int), sigignore(int), siginterrupt(int, int);

#define CHECK(x)                                                                                             \
    if (!(x))                                                                                                \
    return __LINE__

static volatile int hits, last;

static void count(int sig) {
    hits++;
    last = sig;
}

static void *volatile told;

static void count_info(int sig, siginfo_t *info, void *context) {
    count(sig);
    told = info->si_signo == sig && info->si_pid == getpid() ? context : NULL;
}

static void *asleep(void *unused) {
    pause();
    return unused;
}

/* Handlers of every kind: they are kept, told again, and called for what is raised here. */
int ask(void) {
    struct sigaction info = {.sa_sigaction = count_info, .sa_flags = SA_SIGINFO}, old;
    hits = 0;
    CHECK(signal(SIGWINCH, count) == SIG_DFL);
    CHECK(signal(SIGWINCH, SIG_IGN) == count);
    CHECK(signal(SIGWINCH, count) == SIG_IGN);
    CHECK(raise(SIGWINCH) == 0 && hits == 1 && last == SIGWINCH);
    CHECK(sigaction(SIGTERM, &info, &old) == 0 && old.sa_handler == SIG_DFL);
    CHECK(kill(getpid(), SIGTERM) == 0 && hits == 2 && last == SIGTERM && told);
    CHECK(sigaction(SIGTERM, NULL, &old) == 0 && old.sa_sigaction == count_info &&
          old.sa_flags == SA_SIGINFO);
    pthread_t other;
    CHECK(pthread_create(&other, NULL, asleep, NULL) == 0);
    CHECK(pthread_kill(other, SIGTERM) == ENOTSUP && hits == 2); /* no handler is called there */
    CHECK(sysv_signal(SIGUSR1, count) == SIG_DFL);
    CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0 && hits == 3);
    CHECK(signal(SIGUSR1, SIG_IGN) == SIG_DFL); /* it was used up */
    CHECK(raise(SIGUSR1) == 0 && hits == 3);
    CHECK(signal(SIGKILL, count) == SIG_ERR && errno == EINVAL);
    CHECK(sigaction(77, NULL, NULL) == -1 && errno == EINVAL);
    return 0;
}

int ask_more(void) {
    stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16}, old;
    struct itimerval soon = {.it_value = {.tv_usec = 1}};
    struct sigaction a;
    CHECK(sigset(SIGUSR2, count) == SIG_DFL);
    CHECK(sigset(SIGUSR2, ((sighandler_t)2)) == count); /* SIG_HOLD */
    CHECK(sigset(SIGUSR2, SIG_DFL) == ((sighandler_t)2));
    CHECK(sigignore(SIGUSR2) == 0 && raise(SIGUSR2) == 0);
    CHECK(sighold(SIGUSR2) == 0 && sigrelse(SIGUSR2) == 0);
    CHECK(siginterrupt(SIGUSR2, 0) == 0 && sigaction(SIGUSR2, NULL, &a) == 0 && a.sa_flags & SA_RESTART);
    CHECK(sigaltstack(&stack, &old) == 0 && old.ss_flags == SS_DISABLE);
    CHECK(sigaltstack(NULL, &old) == 0 && old.ss_sp != stack.ss_sp);
    free(stack.ss_sp);
    CHECK(alarm(1) == 0);
    CHECK(setitimer(ITIMER_PROF, &soon, NULL) == -1 && errno == EPERM);
    return 0;
}

static void *mask_of_this(void *set) {
    pthread_sigmask(SIG_BLOCK, NULL, set);
    return NULL;
}

/* Blocks all signals, as if for the time in which it starts a thread, and does not unblock them. */
int block(void) {
    sigset_t all, got, theirs;
    pthread_t t;
    sigfillset(&all);
    CHECK(pthread_sigmask(SIG_BLOCK, &all, NULL) == 0);
    CHECK(sigprocmask(SIG_BLOCK, NULL, &got) == 0 && sigismember(&got, SIGTERM));
    CHECK(pthread_create(&t, NULL, mask_of_this, &theirs) == 0 && pthread_join(t, NULL) == 0);
    CHECK(sigismember(&theirs, SIGTERM) && sigismember(&theirs, SIGUSR1));
    return 0;
}

static sigjmp_buf out;

static void leave(int sig) {
    count(sig);
    siglongjmp(out, 1);
}

/* Own faults go to the own handler, also those of what is called. A wrapper of the shim's is left, too:
 * otherwise the thread would count as busy in it for ever, and could not be ended. */
int fault(void) {
    struct sigaction a = {.sa_handler = leave};
    hits = 0;
    CHECK(sigaction(SIGSEGV, &a, NULL) == 0);
    return fault_again();
}

static void *volatile bad = (void *)8;

int fault_again(void) {
    hits = 0;
    if (sigsetjmp(out, 1) == 0)
        *(volatile int *)bad = 1;
    if (sigsetjmp(out, 1) == 0)
        hits += strlen(bad) == 0;
    if (sigsetjmp(out, 1) == 0)
        fclose(bad);
    CHECK(hits == 3 && last == SIGSEGV);
    return 0;
}

static int beside;
static sem_t faulted;

static void *fault_and_stay(void *unused) {
    beside = fault_again();
    sem_post(&faulted);
    for (;;)
        pause();
    return unused;
}

int fault_beside(void) {
    pthread_t t;
    sem_init(&faulted, 0, 0);
    CHECK(pthread_create(&t, NULL, fault_and_stay, NULL) == 0);
    sem_wait(&faulted);
    return beside;
}

static void hang(int sig) {
    (void)sig;
    for (;;)
        ;
}

int replace_fault_handler(void) {
    CHECK(signal(SIGSEGV, hang) != SIG_ERR);
    CHECK(signal(SIGFPE, hang) == SIG_DFL);
    CHECK(signal(SIGPIPE, hang) == SIG_DFL);
    CHECK(signal(SIGURG, hang) == SIG_DFL);
    CHECK(signal(SIGPROF, SIG_IGN) == SIG_DFL);
    return 0;
}

int handle_abort(void) {
    CHECK(signal(SIGABRT, leave) == SIG_DFL);
    if (sigsetjmp(out, 1) == 0)
        abort();
    CHECK(last == SIGABRT);
    return 0;
}
