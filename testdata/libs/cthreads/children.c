/* Children without exec. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cthreads.h"

static volatile int handled;
static int file; /* the parent's; a child closes it */

static void handler(int sig, siginfo_t *info, void *context) {
    (void)sig, (void)info, (void)context;
    handled++;
}

static void *seven(void *unused) {
    (void)unused;
    return (void *)7;
}

/* What a child does, and exits with: 7 if all is as in any process. */
static int work(void *unused) {
    (void)unused;
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    pthread_t t;
    void *r = 0;
    alarm(20);
    close(file);
    void *p = mmap(0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || munmap(p, 4096) != 0)
        return 1;
    if (sigaction(SIGUSR2, &act, 0) != 0 || raise(SIGUSR2) != 0 || handled != 1)
        return 2;
    if (pthread_create(&t, 0, seven, 0) != 0 || pthread_join(t, &r) != 0)
        return 3;
    return (int)(intptr_t)r;
}

static int fault(void) {
    alarm(20);
    *(volatile int *)16 = 1;
    return 1;
}

/* 0 if the child has exited with 7. */
static int ended(pid_t child) {
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return __LINE__;
    return WIFEXITED(status) && WEXITSTATUS(status) == 7 ? 0 : status | 1 << 16;
}

static int by_fork(void) {
    file = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    pid_t child = fork();
    if (child == 0)
        _exit(work(0));
    return ended(child);
}

static int by_vfork(void) {
    file = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    pid_t child = vfork();
    if (child == 0)
        _exit(work(0));
    return ended(child);
}

static int by_clone(void) {
    static char stack[1 << 16] __attribute__((aligned(16)));
    file = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    return ended(clone(work, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, 0));
}

static int by_forkpty(void) {
    int terminal;
    file = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
    pid_t child = forkpty(&terminal, 0, 0, 0);
    if (child == 0)
        _exit(work(0));
    int err = ended(child);
    close(terminal);
    return err;
}

/* It ends, by whatever: not by its alarm. */
static int by_fault(void) {
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(fault());
    if (child < 0 || waitpid(child, &status, 0) != child)
        return __LINE__;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? __LINE__ : 0;
}

const kind child_kinds[] = {{"fork", by_fork},       {"vfork", by_vfork}, {"child of clone", by_clone},
                            {"forkpty", by_forkpty}, {"fault", by_fault}, {0, 0}};
