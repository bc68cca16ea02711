//go:build linux && (amd64 || arm64)

/* Signal handlers. Under a hotso host the library never touches the process's:
 * its own go to the host's dispatch table, which hands on what concerns it.
 * What it asks for beyond those six signals, for instance through os/signal,
 * it does not get: they are the host's. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include "shim.h"

int __real_sigaction(int, const struct sigaction *, struct sigaction *);
int __real_pthread_sigmask(int, const sigset_t *, sigset_t *);

static int index_of(int sig) {
    switch (sig) {
    case SIGSEGV:
        return HOTSO_SEGV;
    case SIGBUS:
        return HOTSO_BUS;
    case SIGFPE:
        return HOTSO_FPE;
    case SIGPIPE:
        return HOTSO_PIPE;
    case SIGURG:
        return HOTSO_URG;
    case SIGPROF:
        return HOTSO_PROF;
    }
    return -1;
}

/* The old action is always SIG_DFL: the library's runtime keeps it to forward
 * signals to, and the dispatcher does that. */
int __wrap_sigaction(int sig, const struct sigaction *act, struct sigaction *old) {
    if (!hosted() || !STEP(SIGNALS))
        return __real_sigaction(sig, act, old);
    if (old)
        memset(old, 0, sizeof *old);
    int i = index_of(sig);
    if (i < 0 || !act)
        return 0;
    uint64_t handler = (uint64_t)act->sa_sigaction;
    if (!(act->sa_flags & SA_SIGINFO) || act->sa_handler == SIG_IGN)
        handler = 0; /* SIG_DFL, SIG_IGN, or a C handler that can't take what we pass */
    __atomic_store_n(&entry()->handlers[i], handler, __ATOMIC_RELEASE);
    return 0;
}

/* A thread that blocks the kill signal could not be ended: C code often has its
 * threads block all signals. */
int __wrap_pthread_sigmask(int how, const sigset_t *set, sigset_t *old) {
    sigset_t but;
    if (set && hosted() && how != SIG_UNBLOCK) {
        but = *set;
        sigdelset(&but, HOTSO_KILL_SIGNAL);
        set = &but;
    }
    return __real_pthread_sigmask(how, set, old);
}

int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old) {
    int err = __wrap_pthread_sigmask(how, set, old);
    if (err == 0)
        return 0;
    errno = err;
    return -1;
}
