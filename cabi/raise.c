//go:build linux && (amd64 || arm64)

/* Signals that the library's C code sends. What is for another process passes; what is for
 * this one never reaches the kernel, as the process's handlers are the host's: by default
 * a signal ends the process, and so it ends the library instead. One that its receiver
 * blocks stays pending there, for sigwait(3) and its like. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include "offsets.h"
#include "shim.h"

int __real_raise(int);
int __real_kill(pid_t, int);
int __real_killpg(pid_t, int);
int __real_tgkill(pid_t, pid_t, int);
int __real_sigqueue(pid_t, int, const union sigval);
int __real_pthread_kill(pthread_t, int);
int __real_pthread_sigqueue(pthread_t, int, const union sigval);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);
int __real_open(const char *, int, ...);
int __real_close(int);

void call_handler(int sig) {
    ucontext_t here;
    siginfo_t info = {.si_signo = sig, .si_code = SI_TKILL};
    info.si_pid = getpid();
    info.si_uid = getuid();
    getcontext(&here);
    run_handler(sig, &info, &here);
}

/* What is not named here ends the process by default (signal(7)). */
static int ignored(int sig) {
    return sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH;
}

static int stops(int sig) {
    return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* 32 and 33 are libc's own. */
static int valid(int sig) {
    return sig > 0 && sig <= 64 && sig != 32 && sig != 33;
}

static int blocked_here(int sig) {
    sigset_t mask;
    return __real_pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0 && sigismember(&mask, sig) == 1;
}

/* Reads what the kernel tells of a thread. */
static const char *about(pid_t tid, const char *file, char *text, size_t size) {
    snprintf(text, size, "/proc/self/task/%d/%s", tid, file);
    hotso_record *busy = busy_begin();
    int fd = __real_open(text, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
    if (fd >= 0)
        __real_close(fd);
    busy_end(busy);
    text[n > 0 ? n : 0] = 0;
    return text;
}

/* Whether another thread blocks it, or waits for it: in sigwait(3), the kernel unblocks what is
 * waited for. */
static int blocked_by(pid_t tid, int sig) {
    char text[4096];
    const char *mask = strstr(about(tid, "status", text, sizeof text), "\nSigBlk:");
    if (mask && strtoull(mask + strlen("\nSigBlk:"), NULL, 16) >> (sig - 1) & 1)
        return 1;
    return strtol(about(tid, "syscall", text, sizeof text), NULL, 10) == SYS_rt_sigtimedwait;
}

/* A signal for this process, or this thread. Returns 0 or an errno. A handler of C code's
 * runs before that, as raise(3) has it. */
static int take(int sig, const char *what) {
    struct sigaction action;
    switch (c_action(sig, &action)) {
    case ACTION_HANDLER:
        call_handler(sig);
        return 0;
    case ACTION_IGNORE:
        return 0;
    }
    if (stops(sig))
        return EPERM;
    if (ignored(sig))
        return 0;
    end_library(HOTSO_CRASH_SIGNAL | (uint32_t)sig << 8, "C code called %s with signal %d (%s)", what, sig,
                strsignal(sig));
}

static int result(int err) {
    if (err == 0)
        return 0;
    errno = err;
    return -1;
}

/* Also if it goes to a group of processes that this one is in. */
static int to_us(pid_t pid) {
    return pid == getpid() || pid == 0 || pid == -1 || pid == -getpgrp();
}

static int ours(pid_t pid, int sig) {
    return contained() && valid(sig) && to_us(pid);
}

int __wrap_raise(int sig) {
    if (!ours(getpid(), sig) || blocked_here(sig))
        return __real_raise(sig);
    return result(take(sig, "raise"));
}

int __wrap_gsignal(int sig) {
    return __wrap_raise(sig);
}

/* The kernel would give it to any thread that does not block it, which are the host's. So one
 * that this thread blocks stays pending here. */
int __wrap_kill(pid_t pid, int sig) {
    if (!ours(pid, sig))
        return __real_kill(pid, sig);
    return blocked_here(sig) ? __real_raise(sig) : result(take(sig, "kill"));
}

int __wrap_killpg(pid_t group, int sig) {
    if (group < 0 || !ours(-group, sig))
        return __real_killpg(group, sig);
    return __wrap_kill(-group, sig);
}

int __wrap_sigqueue(pid_t pid, int sig, const union sigval value) {
    if (!ours(pid, sig))
        return __real_sigqueue(pid, sig, value);
    return blocked_here(sig) ? result(__real_pthread_sigqueue(pthread_self(), sig, value))
                             : result(take(sig, "sigqueue"));
}

/* The same for another thread: a handler is not called there, and must not be called here. */
static int take_at_another(int sig, const char *what) {
    struct sigaction action;
    return c_action(sig, &action) == ACTION_HANDLER ? ENOTSUP : take(sig, what);
}

int __wrap_tgkill(pid_t pid, pid_t tid, int sig) {
    if (pid == getpid() && tid == gettid())
        return __wrap_raise(sig);
    if (pid != getpid() || !ours(pid, sig) || blocked_by(tid, sig))
        return __real_tgkill(pid, tid, sig);
    return result(take_at_another(sig, "tgkill"));
}

/* Whether a thread blocks a signal; one that we don't know does not. */
static int blocked_at(pthread_t thread, int sig) {
    if (pthread_equal(thread, pthread_self()))
        return blocked_here(sig);
    pid_t tid = thread_id(thread);
    return tid && blocked_by(tid, sig);
}

int __wrap_pthread_kill(pthread_t thread, int sig) {
    if (!ours(getpid(), sig) || blocked_at(thread, sig))
        return __real_pthread_kill(thread, sig);
    return pthread_equal(thread, pthread_self()) ? take(sig, "pthread_kill")
                                                 : take_at_another(sig, "pthread_kill");
}

int __wrap_pthread_sigqueue(pthread_t thread, int sig, const union sigval value) {
    if (!ours(getpid(), sig) || blocked_at(thread, sig))
        return __real_pthread_sigqueue(thread, sig, value);
    return pthread_equal(thread, pthread_self()) ? take(sig, "pthread_sigqueue")
                                                 : take_at_another(sig, "pthread_sigqueue");
}
